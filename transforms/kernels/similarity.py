"""Exact similarity of rows by their shingle sets: every pair at or above a threshold, and no other.

Similarity is the smaller of the two parts' Jaccard similarities. The pairs are found by prefix
filtering (Chaudhuri, Ganti, Kaushik 2006): order all shingles, rarest first; two sets of Jaccard
similarity t or more share one among the first n - ceil(t n) + 1 of each.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from transforms.kernels.shingles import Shingles, mix

_SLACK = 1e-9
_PAIRS = 1 << 22


class Edges(NamedTuple):
    """Pairs of row numbers, first below second, in order, and the similarity of each (float64)."""

    firsts: np.ndarray
    seconds: np.ndarray
    similarities: np.ndarray


def find_edges(components: np.ndarray, parts: list[Shingles], threshold: float) -> Edges:
    """Every pair of one component whose similarity is at or above the threshold.

    `parts` has the shingles of every row for each part; a repeated shingle counts once.

    >>> sets = Shingles(np.array([1, 2, 3, 4, 2, 3, 4, 1, 9], np.uint64), np.array([0, 4, 7, 9]))
    >>> find_edges(np.zeros(3, np.uint64), [sets], 0.7)
    Edges(firsts=array([0]), seconds=array([1]), similarities=array([0.75]))
    """
    ranked = [_rank(components, part) for part in parts]
    pairs = _share_prefix(components, [_prefixes(part, threshold) for part in ranked])
    best = np.ones(len(pairs))
    for part in sorted(ranked, key=lambda part: len(part.values)):
        fits = _sizes_fit(np.diff(part.offsets), pairs, threshold)
        pairs, best = pairs[fits], best[fits]
        best = np.minimum(best, _jaccard(part, pairs))
        pairs, best = pairs[best >= threshold], best[best >= threshold]
    return Edges(pairs[:, 0], pairs[:, 1], best)


def _rank(components: np.ndarray, shingles: Shingles) -> Shingles:
    """Sets of ranks instead of shingles: rarest first, apart for each component, ascending in each row.

    Shingles that stand once in all have rank 0.
    """
    rows = np.repeat(np.arange(len(components)), np.diff(shingles.offsets))
    _, ids, counts = np.unique(
        shingles.values ^ mix(components)[rows], return_inverse=True, return_counts=True
    )
    rank = np.empty(len(counts), np.int64)
    rank[np.argsort(counts, kind="stable")] = np.arange(1, len(counts) + 1)
    rank[counts == 1] = 0
    keyed = (rows << 32) | rank[ids]
    keyed.sort()
    fresh = np.ones(len(keyed), bool)
    fresh[1:] = (keyed[1:] != keyed[:-1]) | (keyed[1:] & 0xFFFFFFFF == 0)
    counts = np.bincount(keyed[fresh] >> 32, minlength=len(components))
    return Shingles(keyed[fresh] & 0xFFFFFFFF, np.concatenate([[0], np.cumsum(counts)]))


def _prefixes(ranked: Shingles, threshold: float) -> Shingles:
    """First shingles of each row that a similar row must share one of; those of one row alone left out."""
    sizes = np.diff(ranked.offsets)
    lengths = sizes - np.ceil(threshold * sizes - _SLACK).astype(np.int64) + 1
    position = np.arange(len(ranked.values)) - np.repeat(ranked.offsets[:-1], sizes)
    wanted = (position < np.repeat(lengths, sizes)) & (ranked.values > 0)
    rows = np.repeat(np.arange(len(sizes)), sizes)[wanted]
    counts = np.bincount(rows, minlength=len(sizes))
    return Shingles(ranked.values[wanted], np.concatenate([[0], np.cumsum(counts)]))


def _share_prefix(components: np.ndarray, prefixes: list[Shingles]) -> np.ndarray:
    """Pairs that share a prefix shingle, in each component by the part where that gives the fewest."""
    _, component = np.unique(components, return_inverse=True)
    postings = [_postings(prefix) for prefix in prefixes]
    costs = np.stack([_costs(component, *posting) for posting in postings])
    choice = costs.argmin(0)
    found = []
    for part, (shingles, rows) in enumerate(postings):
        mine = choice[component[rows]] == part
        found.append(_pairs(shingles[mine], rows[mine]))
    keyed = np.unique(np.concatenate(found))
    return np.stack([keyed >> 32, keyed & 0xFFFFFFFF], 1)


def _postings(prefix: Shingles) -> tuple[np.ndarray, np.ndarray]:
    """Prefix shingles and the rows that have them, sorted by both."""
    rows = np.repeat(np.arange(len(prefix.offsets) - 1), np.diff(prefix.offsets))
    order = np.argsort(prefix.values, kind="stable")
    return prefix.values[order], rows[order]


def _runs(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Start and length of each run of equal values."""
    starts = (
        np.flatnonzero(np.append(True, values[1:] != values[:-1])) if len(values) else np.zeros(0, np.int64)
    )
    return starts, np.diff(np.append(starts, len(values)))


def _costs(component: np.ndarray, shingles: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Pairs each component would give, repeats counted."""
    starts, lengths = _runs(shingles)
    pairs = lengths.astype(float) * (lengths - 1) / 2
    return np.bincount(component[rows[starts]], pairs, minlength=int(component.max(initial=-1)) + 1)


def _pairs(shingles: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """All pairs of rows within each run of one shingle, without repeats, as `first << 32 | second`."""
    starts, lengths = _runs(shingles)
    after = np.repeat(starts + lengths, lengths) - np.arange(len(rows)) - 1
    found = []
    position, total = 0, np.concatenate([[0], np.cumsum(after)])
    while position < len(rows):
        end = max(int(np.searchsorted(total, total[position] + _PAIRS, "right")) - 1, position + 1)
        left = np.repeat(np.arange(position, end), after[position:end])
        right = left + 1 + np.arange(len(left)) - (total[left] - total[position])
        found.append(np.unique((rows[left] << 32) | rows[right]))
        position = end
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)


def _sizes_fit(sizes: np.ndarray, pairs: np.ndarray, threshold: float) -> np.ndarray:
    """Mark the pairs whose sizes alone do not rule the threshold out."""
    small = np.minimum(sizes[pairs[:, 0]], sizes[pairs[:, 1]])
    return small >= threshold * np.maximum(sizes[pairs[:, 0]], sizes[pairs[:, 1]]) - _SLACK


def _jaccard(ranked: Shingles, pairs: np.ndarray) -> np.ndarray:
    """Jaccard similarity of each pair, pairs being sorted by their first row."""
    offsets, sizes = ranked.offsets, np.diff(ranked.offsets)
    shared = np.zeros(len(pairs), np.int64)
    marks = np.zeros(int(ranked.values.max(initial=0)) + 1, bool)
    starts, lengths = _runs(pairs[:, 0])
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        first, seconds = pairs[start, 0], pairs[start : start + length, 1]
        mine = ranked.values[offsets[first] : offsets[first + 1]]
        marks[mine] = True
        marks[0] = False
        counts = sizes[seconds]
        begins = np.concatenate([[0], np.cumsum(counts[:-1])])
        where = np.arange(counts.sum()) + np.repeat(offsets[seconds] - begins, counts)
        shared[start : start + length] = np.add.reduceat(marks[ranked.values[where]], begins, dtype=np.int64)
        marks[mine] = False
    return shared / (sizes[pairs[:, 0]] + sizes[pairs[:, 1]] - shared)
