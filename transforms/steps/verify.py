"""Near-duplicates: candidates' shingles meet in a partition, are compared exactly, and survivors chosen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.recipe import Dedup
from transforms.kernels.arrays import spread
from transforms.kernels.counts import Cell
from transforms.kernels.shingles import Shingles
from transforms.kernels.similarity import Edges, find_deciding_edges
from transforms.kernels.survivors import NOBODY, Survivors, choose, replay
from transforms.kernels.tally import Tally
from transforms.steps.keyed import RANKING, REFERENCE, Keyed, by_priority, numbers, split, tiers, to_units
from transforms.steps.unit_rows import PARTS, UnitRows

FATES, GAINED, EDGES, TALLIES = "fates", "gained", "edges", "tallies"
_STEPS = 20
"""A what-if is counted for every twentieth between the least stored similarity and 1."""


def levels_of(dedup: Dedup) -> list[float]:
    """Thresholds that a what-if is counted at, the least stored similarity first.

    >>> levels_of(Dedup(threshold=0.88, what_if_min=0.82))
    [0.82, 0.85, 0.88, 0.9, 0.95, 1.0]
    """
    steps = [step / _STEPS for step in range(1, _STEPS + 1)]
    return sorted({dedup.stored_from, dedup.threshold, *(step for step in steps if step > dedup.stored_from)})


def shingle_sets(rows: UnitRows, found: pa.Table | None, copied: pa.Table | None) -> Iterator[Keyed]:
    """Shingles, priority and copies of the unit's candidates, by partition."""
    if found is None:
        return
    found = found.sort_by([("partition", "ascending"), ("row", "ascending")])
    wanted = numbers(found, "row").astype(np.int64)
    columns = {
        **rows.contenders(rows.at(wanted)),
        "component": found["component"],
        "copies": _copies_of(wanted, copied),
        **rows.shingles(wanted),
    }
    yield from split(numbers(found, "partition"), pa.table(columns))


def _copies_of(rows: np.ndarray, copied: pa.Table | None) -> pa.LargeListArray:
    """The copies of each row, as a list column of references."""
    if copied is None:
        return pa.LargeListArray.from_arrays(np.zeros(len(rows) + 1, np.int64), pa.array([], pa.uint64()))
    copied = copied.sort_by([("row", "ascending"), ("copy", "ascending")])
    owners, copies = numbers(copied, "row").astype(np.int64), numbers(copied, "copy")
    starts, ends = (np.searchsorted(owners, rows, side) for side in ("left", "right"))
    offsets = np.concatenate([[0], np.cumsum(ends - starts)])
    return pa.LargeListArray.from_arrays(offsets, copies[spread(starts, ends - starts)])


def verify(element: Keyed, dedup: Dedup) -> tuple[Iterator[tuple[str, Keyed]], Tally]:
    """The fates of a partition's rows and their copies, how many fell to each survivor, and the edges.

    And a tally of the rows that would fall at each level.
    """
    table = element[1]
    order, protected = by_priority(table), tiers(table) == REFERENCE
    parts = [as_shingles(table, name) for name in PARTS if name in table.column_names]
    edges = find_deciding_edges(numbers(table, "component"), parts, levels_of(dedup), order, protected)
    fates = _fates(table, choose(order, edges.from_level(dedup.threshold)))
    return chain(fates, _edges(table, order, edges)), _what_if(order, edges, dedup)


def as_shingles(table: pa.Table, name: str) -> Shingles:
    """The shingles in a list column of a table."""
    lists = table[name].combine_chunks()
    offsets = lists.offsets.to_numpy()
    return Shingles(lists.values.to_numpy()[offsets[0] : offsets[-1]], offsets - offsets[0])


def _fates(table: pa.Table, survivors: Survivors) -> Iterator[tuple[str, Keyed]]:
    fallen = np.flatnonzero(survivors.rows != NOBODY)
    copies = table["copies"].combine_chunks().take(pa.array(fallen))
    counts = np.diff(copies.offsets.to_numpy())
    references = numbers(table, "ref")
    refs = np.concatenate([references[fallen], copies.flatten().to_numpy()])
    which = np.concatenate([fallen, np.repeat(fallen, counts)])
    survivor = survivors.rows[which]
    columns: dict[str, Any] = {
        "survivor": references[survivor],
        "survivor_id": table["record_id"].take(pa.array(survivor)),
        "similarity": survivors.similarities[which],
        **{name: table[name].take(pa.array(survivor)) for name in RANKING},
    }
    for keyed in to_units(refs, columns):
        yield FATES, keyed
    winners, gained = np.unique(survivor, return_counts=True)
    for keyed in to_units(references[winners], {"gained": gained}):
        yield GAINED, keyed


def _edges(table: pa.Table, order: np.ndarray, edges: Edges) -> Iterator[tuple[str, Keyed]]:
    """Each edge to the unit of its row of lower priority, with the ranks of both in their component."""
    rank = _ranks(numbers(table, "component"), order)
    up = rank[edges.firsts] < rank[edges.seconds]
    above, below = np.where(up, edges.firsts, edges.seconds), np.where(up, edges.seconds, edges.firsts)
    references = numbers(table, "ref")
    columns = {
        "above": references[above],
        "above_rank": rank[above].astype(np.uint32),
        "below_rank": rank[below].astype(np.uint32),
        "similarity": edges.similarities,
    }
    for keyed in to_units(references[below], columns):
        yield EDGES, keyed


def _ranks(component: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Place of each row in its component's order of priority, the highest first."""
    together = order[np.argsort(component[order], kind="stable")]
    _, starts, counts = np.unique(component[together], return_index=True, return_counts=True)
    rank = np.empty(len(order), np.int64)
    rank[together] = np.arange(len(order)) - np.repeat(starts, counts)
    return rank


def _what_if(order: np.ndarray, edges: Edges, dedup: Dedup) -> Tally:
    """How many distinct contents would fall at each level."""
    levels = levels_of(dedup)
    fallen = replay(order, edges, levels).sum(1).tolist()
    cells = {f"{level:.12g}": rows for level, rows in zip(levels, fallen, strict=True)}
    return Tally({Cell("what_if", level, "fallen"): rows for level, rows in cells.items() if rows})
