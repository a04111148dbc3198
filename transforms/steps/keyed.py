"""Tables on their way to a key: a unit, a bucket or a partition, each an int."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.plan import REF_BITS
from schemas.verdict import WON_BY
from transforms.kernels.arrays import mark_repeated, run_starts
from transforms.kernels.rows import as_words

Keyed = tuple[int, pa.Table]

TIER_BITS = 24
REFERENCE, RELEASED, INPUT = range(3)
"""Tiers of priority: rows of reference sets, rows of the release before, and all others.

A row's rank is `tier << TIER_BITS | rank of its source`.
"""

RANKING = ("rank", "quality", "content_hash")
"""Columns that tell which of two rows of different contents comes first."""

_ROW = np.uint64((1 << REF_BITS) - 1)


def split(keys: np.ndarray, table: pa.Table) -> Iterator[Keyed]:
    """The table's rows by key, in their order.

    >>> [(key, rows["a"].to_pylist()) for key, rows in split(np.array([1, 0, 1]), pa.table({"a": [7, 8, 9]}))]
    [(0, [8]), (1, [7, 9])]
    """
    if len(keys) == 0:
        return
    if (keys[1:] < keys[:-1]).any():
        # Sorted by counting, where keys are few.
        order = np.argsort(keys.astype(np.uint16) if keys.max() < 1 << 16 else keys, kind="stable")
        keys, table = keys[order], table.take(pa.array(order))
    starts = run_starts(keys)
    for start, end in zip(starts, [*starts[1:], len(keys)], strict=True):
        yield int(keys[start]), table.slice(start, end - start)


def refs(unit: int, rows: np.ndarray) -> np.ndarray:
    """References (uint64) to rows of a unit."""
    return np.asarray(np.uint64(unit << REF_BITS) | rows.astype(np.uint64))


def unit_of(references: np.ndarray) -> np.ndarray:
    """Unit of each reference."""
    return references >> np.uint64(REF_BITS)


def row_of(references: np.ndarray) -> np.ndarray:
    """Row in its unit of each reference (int64)."""
    return (references & _ROW).astype(np.int64)


def to_units(references: np.ndarray, columns: Mapping[str, Any]) -> Iterator[Keyed]:
    """Columns about rows, for the units that the rows are in; `row` is the row in the unit."""
    row = pa.array(row_of(references).astype(np.uint32))
    return split(unit_of(references), pa.table({"row": row, **columns}))


def numbers(table: pa.Table, name: str) -> np.ndarray:
    """A column of numbers."""
    return np.asarray(table[name].to_numpy())


def words(table: pa.Table, name: str) -> np.ndarray:
    """A column of 16-byte hashes as uint64 of shape (rows, 2)."""
    return as_words(table[name].combine_chunks())


def by_priority(table: pa.Table, rank: np.ndarray | None = None) -> np.ndarray:
    """Row numbers by the priority order: tier and source, quality, content, record, whole row, position.

    Another `rank` may stand for tier and source.
    """
    content, record = words(table, "content_hash"), words(table, "record_id")
    ranks = numbers(table, "rank") if rank is None else rank
    firsts = (content[:, 0], numbers(table, "quality"), ranks)
    order = np.lexsort(firsts)
    # Few rows are alike in what comes first, and sorting by all of it takes several times as long.
    tied = np.logical_and.reduce([mark_repeated(key[order]) for key in firsts])
    if tied.any():
        rows = order[tied]
        rest = (record[:, 1], record[:, 0], content[:, 1])
        own = (numbers(table, "ref"), numbers(table, "row_hash"))
        order[tied] = rows[np.lexsort([key[rows] for key in (*own, *rest, *firsts)])]
    return order


def tiers(table: pa.Table) -> np.ndarray:
    """Tier of each row."""
    return numbers(table, "rank") >> TIER_BITS


def won_by(table: pa.Table, winners: np.ndarray, losers: np.ndarray) -> np.ndarray:
    """Number in `WON_BY` (uint8) of what each winner outranks its loser by, both rows of a table."""
    tier, source = tiers(table), numbers(table, "rank") & ((1 << TIER_BITS) - 1)
    only = tier[winners] < tier[losers]
    if only.any():
        place = np.empty(len(table), np.int64)
        place[by_priority(table, source)] = np.arange(len(table))
        only &= place[winners] > place[losers]
    differs = [column[winners] != column[losers] for column in (source, numbers(table, "quality"))]
    choices = [tier[winners] == REFERENCE, only, *differs]
    codes = [WON_BY.index(name) for name in ("reference", "released", "source", "quality")]
    return np.select(choices, codes, WON_BY.index("content")).astype(np.uint8)
