"""What is planted in the sample, and the record of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.sample.rows import Row

KINDS: dict[str, str] = {
    "placeholder": "The output holds a placeholder that nobody filled in.",
    "placeholder_mention": "Only looks like a placeholder: a form to fill in, notes on TODO, Spanish todo.",
    "ellipsis": "The output has three dots in plain prose.",
    "exact_duplicate": "Every text field is byte-identical to the original's.",
    "exact_variant": "Equal to the original after normalisation only: case, width, composition.",
    "near_duplicate": "Similarity with the original is 0.82 to 0.97.",
    "near_miss": "Similarity with the original is 0.60 to 0.78, too little to be a duplicate at 0.8.",
    "chain": "B or C of a chain A, B, C: each like the one before and shorter, C unlike A.",
    "many_answers": "The prompt is the original's, the output another one.",
    "instruction_too_short": "The instruction has fewer than five characters and fewer than two tokens.",
    "instruction_undetermined": "Instruction and output have too few letters to tell a language.",
    "instruction_long": "The instruction has 1,001 to 32,000 characters.",
    "instruction_too_long": "The instruction has more than 32,000 characters.",
    "instruction_null": "The instruction is null.",
    "output_empty": "The output is null, empty or white space.",
    "no_end_punctuation": "The instruction lost its final punctuation.",
    "other_language": "Output and instruction differ in language, and no translation is asked for.",
}
"""Every kind of plant and its one-line meaning."""


@dataclass(frozen=True)
class Plant:
    """One planted row; `of` and `similarity` are for those that go back to another row."""

    kind: str
    id: str
    of: str | None
    similarity: float | None


@dataclass(frozen=True)
class Plants:
    """The ground truth of a sample: how many rows it has, and the planted ones by id."""

    rows: int
    planted: tuple[Plant, ...]

    @classmethod
    def among(cls, rows: Iterable[Row]) -> Plants:
        """Record the planted rows of a sample."""
        rows = sorted(rows, key=lambda row: row.id)
        found = (Plant(row.plant, row.id, row.plant_of, row.similarity) for row in rows if row.plant)
        return cls(len(rows), tuple(found))

    def of_kind(self, kind: str) -> list[Plant]:
        """List the plants of one kind, by id."""
        if kind not in KINDS:
            raise KeyError(f"no kind of plant is called {kind!r}; there are {', '.join(KINDS)}")
        return [plant for plant in self.planted if plant.kind == kind]

    def ids(self, kind: str) -> list[str]:
        """Give the ids of the planted rows of one kind."""
        return [plant.id for plant in self.of_kind(kind)]
