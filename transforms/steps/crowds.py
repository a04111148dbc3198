"""Crowds: components too large for one worker, cut to what pairs of truly similar rows connect."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from transforms.kernels.arrays import run_starts, spread
from transforms.kernels.components import Forest, merge
from transforms.kernels.links import connect
from transforms.kernels.shingles import scramble
from transforms.steps.bands import hashes_of, to_table
from transforms.steps.keyed import Keyed, numbers, refs, split, to_units
from transforms.steps.unit_rows import PARTS, UnitRows
from transforms.steps.verify import as_shingles

_MOST = 1 << 16
"""Rows that meet at a time."""
_SETS = 1 << 16
"""Sets that are sent at a time."""
_KEYS = 16
"""Keys of shingle sets for each bucket, a set being so much larger than a band."""


def crowd_bands(rows: UnitRows, found: pa.Table | None) -> Iterator[Keyed]:
    """Band hashes of the unit's rows that are in crowds, by band bucket."""
    if found is not None:
        yield from hashes_of(rows, rows.at(np.sort(numbers(found, "row"))))


def company(element: Keyed, most: int = _MOST) -> Iterator[Keyed]:
    """Groups of rows that share a band in one bucket, sent to the rows' units.

    A group is named after its members, so that rows that share several bands are one group and meet once.
    More than `most` rows are in blocks, and each block is to meet each other.
    """
    hashes, references = numbers(element[1], "hash"), numbers(element[1], "ref")
    order = np.lexsort((references, hashes))
    hashes, references = hashes[order], references[order]
    starts = run_starts(hashes)
    sizes = np.diff(np.append(starts, len(hashes)))
    names = scramble(np.add.reduceat(scramble(references), starts) ^ sizes.astype(np.uint64))
    blocks = np.where(sizes > most, -(-sizes // (most // 2)), 1)
    size, count = np.repeat(sizes, sizes), np.repeat(blocks, sizes)
    block = spread(np.zeros(len(sizes), np.int64), sizes) * count // size
    columns = {"group": np.repeat(names, sizes), "block": block, "blocks": count}
    yield from to_units(references[size > 1], {name: column[size > 1] for name, column in columns.items()})


def meet(groups: np.ndarray, block: np.ndarray, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers and the meetings they go to: each two blocks of a group meet once, a lone block by itself.

    >>> meet(np.array([5], np.uint64), np.array([0]), np.array([1]))
    (array([0]), array([5], dtype=uint64))
    >>> meet(np.array([5], np.uint64), np.array([0]), np.array([3]))[0].tolist()
    [0, 0]
    """
    row = np.repeat(np.arange(len(groups)), blocks)
    other = spread(np.zeros(len(blocks), np.int64), blocks)
    group, ours, count = groups[row], block[row], blocks[row]
    pair = np.minimum(ours, other) * count + np.maximum(ours, other)
    meeting = np.where(count == 1, group, scramble(group ^ scramble(pair.astype(np.uint64))))
    wanted = (ours != other) | (count == 1)
    return row[wanted], meeting[wanted]


def crowd_sets(rows: UnitRows, found: pa.Table | None) -> Iterator[Keyed]:
    """Shingles of the unit's rows, by the meetings they go to."""
    if found is None:
        return
    once = found.group_by(found.column_names).aggregate([]).sort_by("row")
    row, at = np.unique(numbers(once, "row").astype(np.int64), return_inverse=True)
    sets = rows.shingles(row)
    which, meeting = meet(*(numbers(once, name) for name in ("group", "block", "blocks")))
    for first in range(0, len(which), _SETS):
        some, places = meeting[first : first + _SETS], at[which[first : first + _SETS]]
        lists = {name: lists.take(pa.array(places)) for name, lists in sets.items()}
        table = pa.table({"ref": refs(rows.unit, row[places]), "meeting": some, **lists})
        yield from split(some % np.uint64(rows.job.plan.buckets * _KEYS), table)


def link_similar(element: Keyed, least: float) -> Keyed:
    """Forest of the rows that pairs at or above a similarity connect in some meetings, all for one key."""
    table = element[1]
    parts = [as_shingles(table, name) for name in PARTS if name in table.column_names]
    roots = connect(numbers(table, "meeting"), parts, least)
    references, inner = numbers(table, "ref"), roots != np.arange(len(roots))
    return 0, to_table(merge(Forest(references[inner], references[roots[inner]])))
