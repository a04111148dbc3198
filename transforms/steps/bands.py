"""Candidates: rows that share a band with another, by connected component."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from transforms.kernels import components
from transforms.kernels.bands import band_hashes, bands_of
from transforms.steps.keyed import Keyed, numbers, refs, split, to_units
from transforms.steps.unit_rows import UnitRows

ROWS_PER_PARTITION = 4096


def band_keys(rows: UnitRows, *removed: pa.Table | None) -> Iterator[Keyed]:
    """Band hashes of the unit's rows that still stand, by band bucket."""
    standing = rows.standing(*removed)
    if len(standing) == 0:
        return
    hashes = band_hashes(rows.signatures(standing), bands_of(rows.job.recipe.dedup)).ravel()
    references = np.tile(refs(rows.unit, rows.row[standing]), len(hashes) // len(standing))
    table = pa.table({"hash": hashes, "ref": references})
    yield from split(hashes % np.uint64(rows.job.plan.buckets), table)


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
