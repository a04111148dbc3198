"""What similar pairs connect, without comparing rows that are connected already.

Pairs are found by prefix filtering, as in `similarity`. Where n rows are all alike, n comparisons connect
them; the others of their n (n - 1) / 2 pairs are never made.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from transforms.kernels.arrays import cut, is_new, spread
from transforms.kernels.components import join
from transforms.kernels.overlaps import compare
from transforms.kernels.postings import Postings, count_pairs, unpack
from transforms.kernels.ranks import Ranked, rank_batches
from transforms.kernels.shingles import Shingles

_BATCH = 1 << 20
_PAIRS = 1 << 21
_OUTRIGHT = 4
"""Candidates by prefixes that cost as much as one pair compared outright."""
_PIVOTS = 3


def connect(groups: np.ndarray, parts: list[Shingles], threshold: float) -> np.ndarray:
    """For each row the first one that it is connected with, by pairs of a group at or above the threshold.

    >>> sets = Shingles(np.array([1, 2, 3, 4, 2, 3, 4, 1, 9], np.uint64), np.array([0, 4, 7, 9]))
    >>> connect(np.array([5, 5, 5]), [sets], 0.7).tolist()
    [0, 0, 2]
    """
    roots = np.arange(len(groups))
    by = np.argsort(groups, kind="stable")
    number = np.cumsum(is_new(groups[by])) - 1
    for rows, numbers, sets in rank_batches(number, parts, by, _BATCH):
        roots[rows] = rows[_connect(numbers, sets, threshold)]
    return roots


def _connect(group: np.ndarray, sets: list[Ranked], threshold: float) -> np.ndarray:
    """Row numbers as `connect` gives them, each group being searched in the way that is cheapest for it."""
    rows, nobody = np.arange(len(group)), np.zeros(len(group), bool)
    ways = [Postings.of(part, part.prefix_lengths(threshold), rows) for part in sets]
    ways.append(Postings(group, rows))
    costs = np.stack([count_pairs(way, group, nobody) for way in ways])
    costs[-1] *= _OUTRIGHT
    choice = costs.argmin(0)[group]
    roots = np.arange(len(group))
    for at, way in enumerate(ways):
        _walk(way.where(choice == at), sets, threshold, roots)
    return roots


def _walk(way: Postings, sets: list[Ranked], threshold: float, roots: np.ndarray) -> None:
    """Connect the rows of each run: a few pivots with all others first, then what is still apart."""
    for pivot in range(_PIVOTS):
        _verify(_stars(way, pivot), sets, threshold, roots)
    for pairs in _apart(way, roots):
        _verify(pairs, sets, threshold, roots)


def _verify(pairs: np.ndarray, sets: list[Ranked], threshold: float, roots: np.ndarray) -> None:
    """Compare the pairs that are not connected, and connect those at or above the threshold."""
    pairs = pairs[roots[pairs[:, 0]] != roots[pairs[:, 1]]]
    pairs = unpack(np.unique((pairs.min(1) << 32) | pairs.max(1)))
    join(roots, compare(sets, pairs, threshold)[0].T)


def _stars(way: Postings, pivot: int) -> np.ndarray:
    """Pairs of a pivot of each run with all of its rows; the `_PIVOTS` are spread evenly over the run."""
    starts, lengths = way.runs()
    pivots = way.rows[starts + lengths * pivot // _PIVOTS]
    return np.stack([np.repeat(pivots, lengths), way.rows], 1)


def _apart(way: Postings, roots: np.ndarray) -> Iterator[np.ndarray]:
    """All pairs of rows of one run that are not connected, in blocks."""
    order = np.lexsort((roots[way.rows], way.keys))
    keys, rows = way.keys[order], way.rows[order]
    ends = np.searchsorted(keys, keys, "right")
    new = np.diff(keys, append=-1).astype(bool) | np.diff(roots[rows], append=-1).astype(bool)
    later = (np.flatnonzero(new) + 1)[np.cumsum(new) - new]
    counts = ends - later
    for low, high in cut(np.append(0, np.cumsum(counts)), _PAIRS):
        others = rows[spread(later[low:high], counts[low:high])]
        yield np.stack([np.repeat(rows[low:high], counts[low:high]), others], 1)
