"""The ledgers of two releases, spilled by record id so that any number of rows takes little memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.releases.parts import open_table
from pipelines.releases.release import Release
from schemas.verdict import Verdict
from transforms.kernels.rows import as_words, from_hex
from transforms.steps.write import VERDICTS

PARTITION_ROWS = 2_000_000
"""Rows of both ledgers in a partition: some 110 bytes of memory each while they are matched."""

LINE = np.dtype([("high", "<u8"), ("low", "<u8"), ("outcome", "<u4"), ("file", "<u4"), ("row", "<u8")])
"""What is spilled of a ledger row: 32 bytes."""

_HELD_ROWS = 1_000_000
"""Rows that are gathered before they are spilled, so that not every row group comes to every file."""

EXACT, NEAR = "exact_duplicate", "near_duplicate"
_COLUMNS = ("source", "file", "row", "record_id", "verdict", "reasons", "exact")


class Codes(dict[str, int]):
    """Numbers for names, each given the next when it is first met."""

    def __missing__(self, name: str) -> int:
        """Give the next number."""
        self[name] = len(self)
        return self[name]

    def of(self, column: pa.ChunkedArray | pa.Array) -> np.ndarray:
        """Number of each name of a column (uint32)."""
        coded = (
            column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        ).dictionary_encode()
        numbers = np.array([self[name] for name in coded.dictionary.to_pylist()], np.uint32)
        return np.asarray(numbers[coded.indices.to_numpy()])

    @property
    def names(self) -> list[str]:
        """The names, by number."""
        return list(self)


@dataclass
class Spilled:
    """The rows of a ledger that have a record id, in files by partition; how many lines have none."""

    folder: Path
    partitions: int
    outcomes: Codes
    files: Codes = field(default_factory=Codes)
    unreadable: int = 0

    def add(self, release: Release) -> None:
        """Add the rows of a release."""
        held: list[np.ndarray] = []
        for table in read_lines(release):
            readable = table.filter(pc.is_valid(table["record_id"]))
            self.unreadable += len(table) - len(readable)
            held.append(self._lines(readable))
            if sum(map(len, held)) >= _HELD_ROWS:
                self._spill(np.concatenate(held))
                held = []
        self._spill(np.concatenate([np.empty(0, LINE), *held]))

    def _spill(self, lines: np.ndarray) -> None:
        """Add some rows to the files of their partitions, one file after another."""
        where = lines["high"] >> np.uint64(64 - 16) if self.partitions > 1 else np.zeros(len(lines))
        parts = (where * self.partitions).astype(np.uint64) >> np.uint64(16)
        order = np.argsort(parts, kind="stable")
        found, starts = np.unique(parts[order], return_index=True)
        for at, mine in zip(found.tolist(), np.split(order, starts[1:]), strict=False):
            with self._path(at).open("ab") as file:
                file.write(lines[mine].tobytes())

    def _path(self, partition: int) -> Path:
        return self.folder / f"{partition:05d}"

    def _lines(self, table: pa.Table) -> np.ndarray:
        lines = np.empty(len(table), LINE)
        if len(table):
            words = as_words(from_hex(table["record_id"].combine_chunks()))
            lines["high"], lines["low"] = words[:, 0], words[:, 1]
            lines["outcome"] = self.outcomes.of(name_outcomes(table))
            places = pc.binary_join_element_wise(table["source"], table["file"], "\0")
            lines["file"], lines["row"] = self.files.of(places), table["row"].to_numpy()
        return lines

    def partition(self, at: int) -> np.ndarray:
        """The rows of a partition, in the order of the ledger."""
        path = self._path(at)
        return np.fromfile(path, LINE) if path.exists() else np.empty(0, LINE)


def read_lines(release: Release) -> Iterator[pa.Table]:
    """What is compared of a ledger, a row group at a time."""
    for path in release.parts(VERDICTS):
        with open_table(path) as parquet:
            for group in range(parquet.metadata.num_row_groups):
                yield parquet.read_row_group(group, list(_COLUMNS), use_threads=False)


def name_outcomes(table: pa.Table) -> pa.ChunkedArray:
    """What became of each row: `kept`, a kind of duplicate, or its reasons joined by a plus."""
    verdict = table["verdict"]
    kinds = pc.if_else(pc.fill_null(table["exact"], False), EXACT, NEAR)  # noqa: FBT003 — what null stands for
    reasons = pc.binary_join(table["reasons"], "+")
    duplicate = pc.equal(verdict, Verdict.DUPLICATE.value)
    rejected = pc.equal(verdict, Verdict.REJECTED.value)
    return pc.if_else(rejected, reasons, pc.if_else(duplicate, kinds, verdict))
