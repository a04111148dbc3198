"""Candidates: rows that share a band with another, by connected component."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from transforms.kernels import components
from transforms.kernels.bands import band_hashes, bands_of
from transforms.steps.keyed import Keyed, numbers, refs, split, to_units
from transforms.steps.unit_rows import UnitRows

CANDIDATES, CROWDS = "candidates", "crowds"
ROWS_PER_PARTITION = 4096


def band_keys(rows: UnitRows, *removed: pa.Table | None) -> Iterator[Keyed]:
    """Band hashes of the unit's rows that still stand, by band bucket."""
    yield from hashes_of(rows, rows.standing(*removed))


def hashes_of(rows: UnitRows, positions: np.ndarray) -> Iterator[Keyed]:
    """Band hashes of some of the unit's rows, by band bucket."""
    if len(positions) == 0:
        return
    signatures, which = rows.signatures(positions)
    hashes = band_hashes(signatures, bands_of(rows.job.recipe.dedup))[:, which].ravel() ^ rows.salt
    references = np.tile(refs(rows.unit, rows.row[positions]), len(hashes) // len(positions))
    table = pa.table({"hash": hashes, "ref": references})
    yield from split(hashes % np.uint64(rows.job.plan.buckets), table)


def link(element: Keyed) -> Keyed:
    """Forest of the rows that share a band in one bucket, all for one key."""
    forest = components.link_equal(numbers(element[1], "hash"), numbers(element[1], "ref"))
    return 0, to_table(forest)


def to_table(forest: components.Forest) -> pa.Table:
    """A forest as a table, which `candidates` reads."""
    return pa.table({"row": forest.rows, "root": forest.roots})


def candidates(element: Keyed) -> Iterator[Keyed]:
    """Every row of every component of the whole forest, to its unit."""
    found = _partition(element)
    yield from _to_units(found, np.ones(len(found.rows), bool))


def divide(element: Keyed, most: int) -> Iterator[tuple[str, Keyed]]:
    """The rows of `candidates`, those of components of more than `most` rows under `CROWDS`."""
    found = _partition(element)
    _, which, sizes = np.unique(found.components, return_inverse=True, return_counts=True)
    crowded = sizes[which] > most
    for name, wanted in ((CANDIDATES, ~crowded), (CROWDS, crowded)):
        for keyed in _to_units(found, wanted):
            yield name, keyed


def _partition(element: Keyed) -> components.Candidates:
    forest = components.Forest(numbers(element[1], "row"), numbers(element[1], "root"))
    return components.partition(components.merge(forest), ROWS_PER_PARTITION)


def _to_units(found: components.Candidates, wanted: np.ndarray) -> Iterator[Keyed]:
    partitions = found.partitions[wanted].astype(np.uint32)
    yield from to_units(found.rows[wanted], {"component": found.components[wanted], "partition": partitions})
