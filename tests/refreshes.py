"""Input that changes from one refresh to the next."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from tests.releases import Release, Row
from tests.rows import CROWD, WORDS

Place = tuple[str, int]
"""A file and a row in it."""


@dataclass
class Shards:
    """Files of rows of a crowd, some of which change."""

    folder: Path
    rng: Random

    @property
    def pattern(self) -> str:
        """Glob of the files."""
        return f"{self.folder}/*.parquet"

    def change(self, share: float) -> None:
        """Change a share of the rows: words of either text, or all of another row."""
        for path in sorted(self.folder.iterdir()):
            rows = pq.read_table(path).to_pylist()
            for at in self.rng.sample(range(len(rows)), max(1, round(share * len(rows)))):
                rows[at] = self._changed(rows[at], rows)
            pq.write_table(pa.Table.from_pylist(rows, schema=CROWD), path, row_group_size=30)

    def _changed(self, row: Row, rows: list[Row]) -> Row:
        kind = self.rng.randrange(4)
        if kind == 0:
            return dict(self.rng.choice(rows))
        if kind == 1:
            return {**row, "output": f"{row['output']} {self.rng.choice(WORDS.split())}"}
        field = self.rng.choice(["instruction", "output"])
        words = row[field].split(" ")
        for _ in range(self.rng.choice([1, 2, 20])):
            words[self.rng.randrange(len(words))] = self.rng.choice(WORDS.split())
        return {**row, field: " ".join(words)}


def by_place(release: Release) -> dict[Place, Row]:
    """Ledger lines of a release by file and row."""
    return {(line["file"], line["row"]): line for line in release.lines()}


def survivor(line: Row) -> Place:
    """Where the survivor of a duplicate stands."""
    return line["survivor_file"], line["survivor_row"]
