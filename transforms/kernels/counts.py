"""Counts of resolved rows: tables of values by verdict, of reasons, of flags and of duplicates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reason import NAMES
from schemas.verdict import Verdict

VERDICTS = [verdict.value for verdict in Verdict]


class Cell(NamedTuple):
    """A place in one of the tally's tables."""

    table: str
    row: str | None
    column: str


Counts = dict[Cell, int]


def read_verdicts(column: pa.ChunkedArray) -> np.ndarray:
    """Place of each row's verdict in `VERDICTS`.

    >>> read_verdicts(pa.chunked_array([["duplicate", "kept"]])).tolist()
    [2, 0]
    """
    names, codes = code(column)
    verdicts: np.ndarray = np.array([VERDICTS.index(str(name)) for name in names], np.int64)[codes]
    return verdicts


def read_numbers(column: pa.ChunkedArray) -> np.ndarray:
    """Values of a column of whole numbers or booleans, 0 or False for null.

    >>> read_numbers(pa.chunked_array([[7, None]])).tolist()
    [7, 0]
    """
    none = pa.scalar(0, pa.uint8()).cast(column.type)
    numbers: np.ndarray = pc.fill_null(column, none).to_numpy()
    return numbers


def count_by_verdict(table: str, column: pa.ChunkedArray, verdicts: np.ndarray) -> Counts:
    """Count each value of a column, null among them, by verdict.

    >>> counts = count_by_verdict("verb", pa.chunked_array([["write", None, "write"]]), np.array([0, 0, 0]))
    >>> counts[Cell("verb", "write", "kept")], counts[Cell("verb", None, "kept")], len(counts)
    (2, 1, 2)
    """
    names, codes = code(column)
    width = len(VERDICTS)
    counts = np.bincount(codes * width + verdicts, minlength=len(names) * width)
    filled = np.flatnonzero(counts).tolist()
    return {Cell(table, names[at // width], VERDICTS[at % width]): int(counts[at]) for at in filled}


def count_lost(rows: pa.Table) -> Counts:
    """Count per source the entries that cannot be read, their rows, and entries of unknown size."""
    counts: Counts = {}
    for source, lost in zip(rows["source"].to_pylist(), rows["rows_lost"].to_pylist(), strict=True):
        for column, more in (("entries", 1), ("rows", lost or 0), ("unknown", int(lost is None))):
            cell = Cell("lost", source, column)
            counts[cell] = counts.get(cell, 0) + more
    return _filled(counts)


def count_reasons(bits: np.ndarray, names: Sequence[str] = NAMES) -> Counts:
    """Count rows by rejecting reason: in all, alone, as the first, and by each two reasons together.

    >>> empty, language = (1 << NAMES.index(name) for name in ("output_empty", "language"))
    >>> counts = count_reasons(np.array([empty | language, language, 0], np.uint64))
    >>> [counts[Cell("reason", "language", column)] for column in ("all", "alone", "first")]
    [2, 1, 1]
    >>> counts[Cell("together", "output_empty", "language")]
    1
    """
    masks, rows = np.unique(bits, return_counts=True)
    lowest = masks & (~masks + np.uint64(1))
    counts: Counts = {}
    for at, name in _named(names):
        bit = np.uint64(1 << at)
        chosen = {"all": (masks & bit) != 0, "alone": masks == bit, "first": lowest == bit}
        counts |= {Cell("reason", name, how): int(rows[where].sum()) for how, where in chosen.items()}
    return _filled(counts | _count_together(masks, rows, names))


def _count_together(masks: np.ndarray, rows: np.ndarray, names: Sequence[str]) -> Counts:
    """Count rows by each two of their reasons."""
    found = np.bitwise_or.reduce(masks[(masks & (masks - np.uint64(1))) != 0], initial=0)
    marks = [(name, (masks & np.uint64(1 << at)) != 0) for at, name in _named(names) if int(found) >> at & 1]
    return {
        Cell("together", one, other): int(rows[both & as_well].sum())
        for (one, both), (other, as_well) in combinations(marks, 2)
    }


def count_flags(bits: np.ndarray, verdicts: np.ndarray, names: Sequence[str] = NAMES) -> Counts:
    """Count rows by flag and verdict."""
    counts: Counts = {}
    for code, verdict in enumerate(VERDICTS):
        masks, rows = np.unique(bits[verdicts == code], return_counts=True)
        for at, name in _named(names):
            marked = (masks & np.uint64(1 << at)) != 0
            counts[Cell("flag", name, verdict)] = int(rows[marked].sum())
    return _filled(counts)


def _named(names: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The bits that are in use, and the names of their reasons."""
    return ((at, name) for at, name in enumerate(names) if name)


def count_duplicates(exact: np.ndarray, near: np.ndarray) -> Counts:
    """Count the rows of two masks: exact and near duplicates."""
    kinds = {"exact": exact, "near": near}
    return _filled({Cell("duplicate", kind, "rows"): int(rows.sum()) for kind, rows in kinds.items()})


def count_references(sources: pa.ChunkedArray, exact: np.ndarray) -> Counts:
    """Count the rows that fell to each reference set, exact and near duplicates apart.

    >>> counts = count_references(pa.chunked_array([["old", "old"]]), np.array([True, False]))
    >>> counts[Cell("reference", "old", "exact")], counts[Cell("reference", "old", "near")]
    (1, 1)
    """
    counts: Counts = {}
    for kind, mask in (("exact", exact), ("near", ~exact)):
        for entry in pc.value_counts(sources.filter(pa.array(mask)).combine_chunks()).to_pylist():
            counts[Cell("reference", entry["values"], kind)] = entry["counts"]
    return counts


def code(column: pa.ChunkedArray) -> tuple[list[str | None], np.ndarray]:
    """Distinct values, null among them, and the place of each row's value in them (int64)."""
    coded = pc.dictionary_encode(column.combine_chunks(), null_encoding="encode")
    return coded.dictionary.to_pylist(), coded.indices.to_numpy().astype(np.int64)


def _filled(counts: Counts) -> Counts:
    return {cell: rows for cell, rows in counts.items() if rows}
