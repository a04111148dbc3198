"""Near-duplicates: candidates' shingles meet in a partition, are compared exactly, and survivors chosen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.recipe import Recipe
from transforms.kernels.shingles import PART_TAGS, Shingles, shingle
from transforms.kernels.similarity import find_edges
from transforms.kernels.survivors import NOBODY, Survivors, choose
from transforms.steps.examine import parts_of
from transforms.steps.job import Job
from transforms.steps.judge import Judged
from transforms.steps.keyed import Keyed, UnitRows, by_priority, numbers, split, to_units
from transforms.steps.parquet import UnitReader, texts_of

FATES, GAINED = "fates", "gained"
_PARTS = ("prompt", "output")


def shingle_sets(
    unit: int, judged: Judged, found: pa.Table | None, copied: pa.Table | None, job: Job
) -> Iterator[Keyed]:
    """Shingles, priority and copies of the unit's candidates, read once more, by partition."""
    if found is None:
        return
    found = found.sort_by("row")
    wanted = numbers(found, "row").astype(np.int64)
    rows = UnitRows(unit, judged)
    reader = UnitReader(job.plan, job.plan.units[unit])
    columns = {
        **rows.candidates_for(job.plan, job.recipe, rows.at(wanted)),
        "component": found["component"],
        "copies": _copies_of(wanted, copied),
        **_shingle_rows(reader, wanted, job.recipe),
    }
    yield from split(numbers(found, "partition"), pa.table(columns))


def _shingle_rows(reader: UnitReader, rows: np.ndarray, recipe: Recipe) -> dict[str, pa.Array]:
    """Shingles of some rows of a unit, a list column for each part."""
    pieces: dict[str, list[pa.Array]] = {}
    for batch in _read_rows(reader, rows):
        parts = parts_of(texts_of(reader.columns, batch), recipe)
        for name, part, tag in zip(_PARTS, parts, PART_TAGS, strict=False):
            found = shingle(part, tag)
            pieces.setdefault(name, []).append(pa.LargeListArray.from_arrays(found.offsets, found.values))
    return {name: pa.concat_arrays(lists) for name, lists in pieces.items()}


def _read_rows(reader: UnitReader, rows: np.ndarray) -> Iterator[pa.RecordBatch]:
    """The text columns of some rows of a unit, ascending."""
    for group in range(*reader.unit.groups):
        at = reader.rows_before(group)
        inside = rows[(rows >= at) & (rows < at + reader.group_rows(group))] - at
        if len(inside) == 0:
            continue
        passed = 0
        for batch in reader.slices(group, list(reader.columns.values())):
            here = inside[(inside >= passed) & (inside < passed + len(batch))] - passed
            passed += len(batch)
            if len(here):
                yield batch.take(pa.array(here))


def _copies_of(rows: np.ndarray, copied: pa.Table | None) -> pa.LargeListArray:
    """The copies of each row, as a list column of references."""
    if copied is None:
        return pa.LargeListArray.from_arrays(np.zeros(len(rows) + 1, np.int64), pa.array([], pa.uint64()))
    copied = copied.sort_by([("row", "ascending"), ("copy", "ascending")])
    owners, copies = numbers(copied, "row").astype(np.int64), numbers(copied, "copy")
    mine = np.isin(owners, rows)
    owners, copies = owners[mine], copies[mine]
    offsets = np.append(np.searchsorted(owners, rows), len(owners))
    return pa.LargeListArray.from_arrays(offsets, copies)


def verify(element: Keyed, recipe: Recipe) -> Iterator[tuple[str, Keyed]]:
    """The fates of a partition's rows and their copies: the survivor of each, and how many fell to it."""
    table = element[1].sort_by("ref").combine_chunks()
    parts = [_as_shingles(table, name) for name in _PARTS if name in table.column_names]
    edges = find_edges(numbers(table, "component"), parts, recipe.dedup.threshold)
    survivors = choose(by_priority(table), edges)
    yield from _fates(table, survivors)


def _as_shingles(table: pa.Table, name: str) -> Shingles:
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
    }
    for keyed in to_units(refs, columns):
        yield FATES, keyed
    winners, gained = np.unique(survivor, return_counts=True)
    for keyed in to_units(references[winners], {"gained": gained}):
        yield GAINED, keyed
