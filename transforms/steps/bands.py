"""Candidates: rows that share a band with another, by connected component."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from transforms.kernels import components
from transforms.kernels.bands import band_hashes, plan_bands
from transforms.kernels.minhash import PERMUTATIONS
from transforms.steps import tables
from transforms.steps.job import Job
from transforms.steps.judge import Judged
from transforms.steps.keyed import Keyed, UnitRows, numbers, refs, split, to_units, words

ROWS_PER_PARTITION = 4096


def band_keys(unit: int, judged: Judged, copies: pa.Table | None, job: Job) -> Iterator[Keyed]:
    """Band hashes of the unit's rows that still stand, by band bucket."""
    rows = UnitRows(unit, judged)
    standing = rows.standing(copies)
    if len(standing) == 0:
        return
    signatures = _signatures(judged, words(rows.identity, "content_hash")[standing])
    hashes = band_hashes(signatures, plan_bands(job.recipe.dedup.threshold)).ravel()
    references = np.tile(refs(unit, rows.row[standing]), len(hashes) // len(standing))
    table = pa.table({"hash": hashes, "ref": references})
    yield from split(hashes % np.uint64(job.plan.buckets), table)


def _signatures(judged: Judged, contents: np.ndarray) -> np.ndarray:
    """Signature of each content, uint32 of shape (contents, 128)."""
    stored = tables.load(judged.signatures).combine_chunks()
    at = _find(words(stored, "content_hash"), contents)
    raw = stored["signature"].combine_chunks()
    values = np.frombuffer(raw.buffers()[1], "<u4", len(raw) * PERMUTATIONS, raw.offset * 4 * PERMUTATIONS)
    return np.asarray(values.reshape(-1, PERMUTATIONS)[at])


def _find(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each 128-bit number stands in a list that holds them all."""
    order = np.lexsort((known[:, 1], known[:, 0]))
    low = np.searchsorted(known[order, 0], wanted[:, 0], "left")
    high = np.searchsorted(known[order, 0], wanted[:, 0], "right")
    for row in np.flatnonzero(high - low > 1):
        low[row] += np.searchsorted(known[order[low[row] : high[row]], 1], wanted[row, 1])
    found = order[np.minimum(low, len(known) - 1)]
    if (known[found] != wanted).any():
        raise tables.DamagedError("the cache's entries of a unit do not belong together; delete the cache")
    return found


def link(element: Keyed) -> Keyed:
    """Forest of the rows that share a band in one bucket, all for one key."""
    forest = components.link_equal(numbers(element[1], "hash"), numbers(element[1], "ref"))
    return 0, pa.table({"row": forest.rows, "root": forest.roots})


def candidates(element: Keyed) -> Iterator[Keyed]:
    """Every row of every component of the whole forest, to its unit."""
    forest = components.Forest(numbers(element[1], "row"), numbers(element[1], "root"))
    found = components.partition(components.merge(forest), ROWS_PER_PARTITION)
    columns = {"component": found.components, "partition": found.partitions.astype(np.uint32)}
    yield from to_units(found.rows, columns)
