"""Tables on their way to a key: a unit, a bucket or a partition, each an int."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.plan import REF_BITS, Plan
from schemas.recipe import Recipe
from transforms.kernels.rows import as_words
from transforms.steps import tables
from transforms.steps.judge import Judged

Keyed = tuple[int, pa.Table]

_ROW = np.uint64((1 << REF_BITS) - 1)


def split(keys: np.ndarray, table: pa.Table) -> Iterator[Keyed]:
    """The table's rows by key, in their order.

    >>> [(key, rows["a"].to_pylist()) for key, rows in split(np.array([1, 0, 1]), pa.table({"a": [7, 8, 9]}))]
    [(0, [8]), (1, [7, 9])]
    """
    if len(keys) == 0:
        return
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    table = table.take(pa.array(order))
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


class UnitRows:
    """The readable rows of a judged unit."""

    def __init__(self, unit: int, judged: Judged) -> None:
        """Load what was found of the unit."""
        self.unit = unit
        self.judged = judged
        self.all = tables.load(judged.judgement)
        self.judgement = self.all.filter(self.all["row"].is_valid())
        self.row = numbers(self.judgement, "row")
        self.identity = tables.load(judged.identity)

    def at(self, rows: np.ndarray) -> np.ndarray:
        """Positions among the readable rows of rows of the unit."""
        return np.searchsorted(self.row, rows)

    def standing(self, copies: pa.Table | None = None) -> np.ndarray:
        """Positions of the rows that no rule rejects, leaving out those that are copies."""
        standing = numbers(self.judgement, "reasons") == 0
        if copies is not None:
            standing[self.at(numbers(copies, "row"))] = False
        return np.flatnonzero(standing)

    def candidates_for(self, plan: Plan, recipe: Recipe, positions: np.ndarray) -> dict[str, Any]:
        """Reference, priority and identity of some rows: columns for `by_priority`."""
        taken = pa.array(positions)
        lengths = numbers(self.judgement, "output_chars")[positions]
        source = plan.files[plan.units[self.unit].file].source
        longest = recipe.dedup.order == "longest_output"
        return {
            "ref": refs(self.unit, self.row[positions]),
            "rank": np.full(len(positions), plan.sources[source].rank, np.uint32),
            "quality": -lengths if longest else refs(self.unit, self.row[positions]).astype(np.int64),
            **{name: self.identity[name].take(taken) for name in self.identity.column_names},
        }


def by_priority(table: pa.Table) -> np.ndarray:
    """Row numbers by the priority order: source, quality, content, record, whole row, position."""
    content, record = words(table, "content_hash"), words(table, "record_id")
    ties = (record[:, 1], record[:, 0], content[:, 1], content[:, 0])
    own = (numbers(table, "ref"), numbers(table, "row_hash"))
    return np.lexsort((*own, *ties, numbers(table, "quality"), numbers(table, "rank")))
