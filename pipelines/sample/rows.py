"""One row of the sample, and its columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import pyarrow as pa

from schemas.example import INPUT, INSTRUCTION, OUTPUT

FIRST_DAY = date(2024, 1, 1)
AUTHOR_GROUPS = ("editors", "students", "volunteers", "teachers")

META = pa.struct(
    [
        ("author_group", pa.string()),
        ("score", pa.float64()),
        ("language", pa.string()),
        ("review", pa.struct([("rounds", pa.int32()), ("remarks", pa.list_(pa.string()))])),
    ],
)
COLUMNS = pa.schema(
    [
        ("id", pa.string()),
        (INSTRUCTION, pa.string()),
        (INPUT, pa.string()),
        (OUTPUT, pa.string()),
        ("collection", pa.string()),
        ("created", pa.date32()),
        ("difficulty", pa.int8()),
        ("tags", pa.list_(pa.string())),
        ("meta", META),
        ("plant", pa.string()),
        ("plant_of", pa.string()),
    ],
)
"""The columns of a shard; `meta.language` is the language of the instruction."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row; `similarity` with the row `plant_of` is known to the sample, not to its files."""

    id: str
    instruction: str | None
    input: str | None
    output: str | None
    language: str
    collection: str
    difficulty: int
    tags: tuple[str, ...]
    plant: str | None = None
    plant_of: str | None = None
    similarity: float | None = None

    def record(self, rng: Random) -> dict[str, object]:
        """Values by column, with chance for those that nobody planted."""
        remarks = rng.sample(["checked", "shortened", "sources added", "spelling"], rng.randrange(3))
        return {
            "id": self.id,
            INSTRUCTION: self.instruction,
            INPUT: self.input,
            OUTPUT: self.output,
            "collection": self.collection,
            "created": FIRST_DAY + timedelta(days=rng.randrange(500)),
            "difficulty": self.difficulty,
            "tags": list(self.tags),
            "meta": {
                "author_group": rng.choice(AUTHOR_GROUPS),
                "score": round(rng.uniform(0.4, 1.0), 3),
                "language": self.language,
                "review": {"rounds": len(remarks), "remarks": remarks} if remarks else None,
            },
            "plant": self.plant,
            "plant_of": self.plant_of,
        }
