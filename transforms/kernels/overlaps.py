"""Exact similarity of given pairs of rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from transforms.kernels.arrays import is_new, spread
from transforms.kernels.ranks import Ranked, most_differing

_MARKS = 1 << 22
"""Ranks of the first rows' components in a block, at most, unless it is one pair."""

_TOKENS = 1 << 19
"""Ranks of the second rows in a block, likewise."""

_TOLERANCE = 1e-6


def compare(sets: list[Ranked], pairs: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Pairs at or above the threshold, and their similarity: the smallest of their parts' Jaccard ones.

    `pairs` has a row of two row numbers for each, pairs of one first row side by side.

    >>> part = Ranked(np.array([0, 1, 2, 0, 1, 2]), np.array([0, 3, 6]), *np.array([[3, 4], [0, 0], [3, 3]]))
    >>> compare([part], np.array([[0, 1]]), 0.7)
    (array([[0, 1]]), array([0.75]))
    """
    for part in sets:
        pairs = pairs[_may_reach(part, pairs, threshold)]
    best = np.ones(len(pairs))
    for part in sorted(sets, key=lambda part: len(part.values)):
        shared = count_shared(part, pairs)
        sizes = part.sizes[pairs[:, 0]] + part.sizes[pairs[:, 1]]
        best = np.minimum(best, shared / (sizes - shared))
        pairs, best = pairs[best >= threshold], best[best >= threshold]
    return pairs, best


def _may_reach(part: Ranked, pairs: np.ndarray, threshold: float) -> np.ndarray:
    """Mark the pairs that neither their sizes nor their unshared shingles rule out."""
    first, second = pairs[:, 0], pairs[:, 1]
    sizes = part.sizes[first] + part.sizes[second]
    ours, theirs = part.lengths(first), part.lengths(second)
    differing = np.abs(ours - theirs) + (sizes - ours - theirs)
    return differing <= most_differing(threshold) * sizes + _TOLERANCE


def count_shared(part: Ranked, pairs: np.ndarray) -> np.ndarray:
    """Ranks that the rows of each pair share; the pairs of one first row stand side by side."""
    shared = np.zeros(len(pairs), np.int64)
    for first, last in _blocks(part, pairs):
        ours, theirs = pairs[first:last, 0], pairs[first:last, 1]
        fresh = is_new(ours)
        rows, slot = ours[fresh], np.cumsum(fresh) - 1
        widths = part.highs[rows] - part.lows[rows]
        shifts = np.cumsum(widths) - widths - part.lows[rows]
        marks = np.zeros(int(widths.sum()), bool)
        mine = part.values[spread(part.offsets[rows], part.lengths(rows))]
        marks[mine + np.repeat(shifts, part.lengths(rows))] = True
        counts = part.lengths(theirs)
        others = part.values[spread(part.offsets[theirs], counts)]
        hits = np.cumsum(marks[others + np.repeat(shifts[slot], counts)])
        ends = np.concatenate([[0], hits])[np.cumsum(counts)]
        shared[first:last] = np.diff(ends, prepend=0)
    return shared


def _blocks(part: Ranked, pairs: np.ndarray) -> Iterator[tuple[int, int]]:
    """First pair and end of each block, in which neither the marks nor the sets take much memory."""
    rows = pairs[:, 0]
    marks = np.cumsum(np.where(is_new(rows), part.highs[rows] - part.lows[rows], 0))
    tokens = np.cumsum(part.lengths(pairs[:, 1]))
    at = 0
    while at < len(pairs):
        ends = [
            int(np.searchsorted(total, (total[at - 1] if at else 0) + bound, "right"))
            for total, bound in ((marks, _MARKS), (tokens, _TOKENS))
        ]
        end = max(min(ends), at + 1)
        yield at, end
        at = end
