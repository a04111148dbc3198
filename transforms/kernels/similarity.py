"""Exact similarity of rows by their shingle sets: the pairs at or above a threshold, and no other.

Similarity is the smaller of the two parts' Jaccard similarities. The pairs are found by prefix
filtering (Chaudhuri, Ganti, Kaushik 2006): order all shingles, rarest first; two sets of Jaccard
similarity t or more share one among the first n - ceil(t n) + 1 of each, and of the smaller it is even among
the first n - ceil(2 t n / (1 + t)) + 1. Where that gives too many pairs, in a dense component, rows are
compared with rows that are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from transforms.kernels.arrays import is_new
from transforms.kernels.dense import settle
from transforms.kernels.overlaps import compare
from transforms.kernels.postings import Prefixes, count_candidates, pair_up
from transforms.kernels.ranks import Ranked, rank_batches
from transforms.kernels.shingles import Shingles

_BATCH = 1 << 18
_DENSE = 256.0
"""Pairs for each of its rows, repeats counted, above which a component is dense."""
_OUTRIGHT = 4
"""Candidates by prefixes that cost as much as one pair compared outright."""


class Edges(NamedTuple):
    """Pairs of row numbers, first below second, in order, and the similarity of each (float64)."""

    firsts: np.ndarray
    seconds: np.ndarray
    similarities: np.ndarray

    def from_level(self, level: float) -> Edges:
        """Those at or above a similarity."""
        alike = self.similarities >= level
        return Edges(self.firsts[alike], self.seconds[alike], self.similarities[alike])


def find_edges(components: np.ndarray, parts: list[Shingles], threshold: float) -> Edges:
    """Every pair of one component whose similarity is at or above the threshold.

    `parts` has the shingles of every row for each part; a repeated shingle counts once.

    >>> sets = Shingles(np.array([1, 2, 3, 4, 2, 3, 4, 1, 9], np.uint64), np.array([0, 4, 7, 9]))
    >>> find_edges(np.zeros(3, np.uint64), [sets], 0.7)
    Edges(firsts=array([0]), seconds=array([1]), similarities=array([0.75]))
    """
    rows = len(components)
    return _find(components, parts, [threshold], np.arange(rows), np.zeros(rows, bool), dense=np.inf)


def find_deciding_edges(
    components: np.ndarray,
    parts: list[Shingles],
    levels: Sequence[float],
    order: np.ndarray,
    protected: np.ndarray,
) -> Edges:
    """Pairs of one component at or above the lowest level: every one, or in a dense component enough.

    `levels` ascend. `order` lists all rows, highest priority first. `protected` marks rows that are first
    in the order and never dropped; two of them are never paired.

    Enough means that `choose` gives at every level the same from these pairs as from all: whatever row it
    drops at a level, the pair with the row it falls to is there. For let all rows above one have come out
    the same. If all pairs keep it, it has no kept neighbour above it, and none with fewer pairs; if they
    drop it, its pair with the highest kept neighbour is there, and fewer pairs cannot show a higher one.

    >>> sets = Shingles(np.array([1, 2, 3, 4, 2, 3, 4, 1, 9], np.uint64), np.array([0, 4, 7, 9]))
    >>> find_deciding_edges(np.zeros(3, np.uint64), [sets], [0.7, 0.8], np.arange(3), np.zeros(3, bool))
    Edges(firsts=array([0]), seconds=array([1]), similarities=array([0.75]))
    """
    return _find(components, parts, levels, order, protected, dense=_DENSE)


def _find(  # noqa: PLR0913 - the arguments of the two above
    components: np.ndarray,
    parts: list[Shingles],
    levels: Sequence[float],
    order: np.ndarray,
    protected: np.ndarray,
    *,
    dense: float,
) -> Edges:
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    by = np.lexsort((place, ~protected, components))
    component = np.cumsum(is_new(components[by])) - 1
    found = [(np.zeros((0, 2), np.int64), np.zeros(0))]
    for rows, numbers, sets in rank_batches(component, parts, by, _BATCH):
        for pairs, similarities in _search(numbers, sets, levels, protected[rows], dense):
            found.append((np.sort(rows[pairs], axis=1), similarities))
    pairs, similarities = (np.concatenate(column) for column in zip(*found, strict=True))
    _, once = np.unique((pairs[:, 0] << 32) | pairs[:, 1], return_index=True)
    return Edges(pairs[once, 0], pairs[once, 1], similarities[once])


def _search(
    component: np.ndarray, sets: list[Ranked], levels: Sequence[float], protected: np.ndarray, dense: float
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs and similarities of some components, each searched in the way that is cheapest for it.

    The ways are the prefixes of either part, and comparing every pair; a component for which none is cheap
    is dense.
    """
    ways = _ways(component, sets, levels[0])
    costs = _costs(ways, component, protected)
    costly = costs.min(0) > dense * np.bincount(component)
    choice = np.where(costly, -1, costs.argmin(0))
    for number, way in enumerate(ways):
        for pairs in pair_up(way.where((choice == number)[component]), protected):
            yield compare(sets, pairs, levels[0])
    for one in np.flatnonzero(costly):
        first, last = np.searchsorted(component, [one, one + 1]).tolist()
        alone = [part.rows(first, last) for part in sets]
        for pairs, similarities in _decide(alone, levels, protected[first:last], dense):
            yield pairs + first, similarities


def _ways(component: np.ndarray, sets: list[Ranked], level: float) -> list[Prefixes]:
    rows = np.arange(len(component))
    return [*(Prefixes.of(part, level, rows) for part in sets), Prefixes.whole(component)]


def _costs(ways: list[Prefixes], component: np.ndarray, protected: np.ndarray) -> np.ndarray:
    """What each way costs for each component, in pairs."""
    costs = np.stack([count_candidates(way, component, protected) for way in ways])
    costs[-1] *= _OUTRIGHT
    return costs


def _decide(
    sets: list[Ranked], levels: Sequence[float], protected: np.ndarray, dense: float
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs that decide a component that is dense at the lowest level.

    From the first level at which it is not, these are all pairs.
    """
    component = np.zeros(len(protected), np.int64)
    most, walked = dense * len(protected), 1
    while walked < len(levels):
        if _costs(_ways(component, sets, levels[walked]), component, protected).min() <= most:
            break
        walked += 1
    yield settle(sets, int(protected.sum()), levels[:walked])
    if walked < len(levels):
        yield from _search(component, sets, levels[walked:], protected, np.inf)
