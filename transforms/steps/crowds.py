"""Crowds: components too large for one worker, cut to what pairs of truly similar rows connect."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from transforms.kernels.components import Forest, merge
from transforms.kernels.links import connect
from transforms.kernels.ranks import spread
from transforms.kernels.shingles import mix
from transforms.steps.bands import hashes_of, to_table
from transforms.steps.keyed import Keyed, numbers, refs, split, to_units
from transforms.steps.unit_rows import PARTS, UnitRows
from transforms.steps.verify import as_shingles

_MOST = 1 << 17
"""Rows that meet at a time."""
_KEYS = 16
"""Keys of shingle sets for each bucket, a set being so much larger than a band."""


def crowd_bands(rows: UnitRows, found: pa.Table | None) -> Iterator[Keyed]:
    """Band hashes of the unit's rows that are in crowds, by band bucket."""
    if found is not None:
        yield from hashes_of(rows, rows.at(np.sort(numbers(found, "row"))))


def company(element: Keyed, most: int = _MOST) -> Iterator[Keyed]:
    """To the units of the rows that share a band in one bucket, the meetings that they are to go to.

    A meeting is named after all who share the band, so that rows that share several are to meet once.
    More than `most` rows meet block by block, each with each.
    """
    hashes, references = numbers(element[1], "hash"), numbers(element[1], "ref")
    order = np.lexsort((references, hashes))
    hashes, references = hashes[order], references[order]
    starts = np.flatnonzero(np.append(True, hashes[1:] != hashes[:-1]))
    sizes = np.diff(np.append(starts, len(hashes)))
    names = mix(np.add.reduceat(mix(references), starts) ^ sizes.astype(np.uint64))
    shared = sizes > 1
    members = references[np.repeat(shared, sizes)]
    row, meeting = _meet(names[shared], sizes[shared], most)
    yield from to_units(members[row], {"meeting": meeting})


def _meet(names: np.ndarray, sizes: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the members, who stand one group after the other, and meetings they go to, as pairs.

    >>> _meet(np.array([5], np.uint64), np.array([2]), 2)
    (array([0, 1]), array([5, 5], dtype=uint64))
    >>> [len(column) for column in _meet(np.array([5], np.uint64), np.array([3]), 2)]
    [6, 6]
    """
    blocks = np.where(sizes > most, -(-sizes // (most // 2)), 1)
    size, count = np.repeat(sizes, sizes), np.repeat(blocks, sizes)
    own = spread(np.zeros(len(sizes), np.int64), sizes) * count // size
    row = np.repeat(np.arange(len(own)), count)
    other = spread(np.zeros(len(count), np.int64), count)
    ours, name = own[row], np.repeat(names, sizes)[row]
    pair = np.minimum(ours, other) * count[row] + np.maximum(ours, other)
    wanted = (ours != other) | (count[row] == 1)
    return row[wanted], np.where(count[row] == 1, name, mix(name ^ mix(pair.astype(np.uint64))))[wanted]


def crowd_sets(rows: UnitRows, found: pa.Table | None) -> Iterator[Keyed]:
    """Shingles of the unit's rows, by the meetings they go to."""
    if found is None:
        return
    once = found.group_by(["row", "meeting"]).aggregate([]).sort_by("row")
    row, at = np.unique(numbers(once, "row").astype(np.int64), return_inverse=True)
    sets = {name: lists.take(pa.array(at)) for name, lists in rows.shingles(row).items()}
    meeting = numbers(once, "meeting")
    table = pa.table({"ref": refs(rows.unit, row[at]), "meeting": meeting, **sets})
    yield from split(meeting % np.uint64(rows.job.plan.buckets * _KEYS), table)


def link_similar(element: Keyed, least: float) -> Keyed:
    """Forest of the rows that pairs at or above a similarity connect in some meetings, all for one key."""
    table = element[1]
    parts = [as_shingles(table, name) for name in PARTS if name in table.column_names]
    roots = connect(numbers(table, "meeting"), parts, least)
    references, inner = numbers(table, "ref"), roots != np.arange(len(roots))
    return 0, to_table(merge(Forest(references[inner], references[roots[inner]])))
