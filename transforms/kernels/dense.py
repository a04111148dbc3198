"""Components in which most rows are alike: each row is compared with rows that are kept, not with all.

What is kept is settled by halves: the rows of the lower half that fall to what the upper half keeps are
no longer compared with anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from transforms.kernels.overlaps import compare
from transforms.kernels.postings import Index
from transforms.kernels.ranks import Ranked
from transforms.kernels.sketches import find_near, sketch

_LEAF = 64
"""Rows up to which all pairs are compared at once."""

_FIRST, _LAST = 16, 1024
"""Size of the first batch of kept rows that others are compared with, and of the largest."""

_SLAB = 1 << 20
"""Pairs that are compared at a time, about."""

_INDEXED = 256
"""Rows on either side from which the prefixes of the kept ones are indexed."""

_MATCH = 128
"""Words of sketches that can be compared in the time that one shared rank of two prefixes takes."""


def settle(sets: list[Ranked], protected: int, levels: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a kept row and a row that falls to it, at any of the levels, and their similarity.

    Rows are numbered by priority; the first `protected` are kept whatever they are like. For each level
    every row that the greedy choice drops is paired with the highest kept row at or above it.

    >>> part = Ranked(np.array([0, 1, 0, 1]), np.array([0, 2, 4]), *np.array([[2, 2], [0, 0], [2, 2]]))
    >>> settle([part], 0, [0.8, 0.9])
    (array([[0, 1]]), array([1.]))
    """
    sketches = [sketch(part) for part in sets]
    rows = np.arange(len(sets[0].sizes))
    found = [(np.zeros((0, 2), np.int64), np.zeros(0))]
    for level in levels:
        walk = _Walk(sets, sketches, level)
        walk.keep(walk.drop(rows[protected:], rows[:protected]))
        found += walk.found
    pairs, similarities = (np.concatenate(column) for column in zip(*found, strict=True))
    _, once = np.unique((pairs[:, 0] << 32) | pairs[:, 1], return_index=True)
    return pairs[once], similarities[once]


class _Walk:
    """The choice of survivors at one level; `found` gathers the pairs of fallen rows and similarities."""

    def __init__(self, sets: list[Ranked], sketches: list[np.ndarray], level: float) -> None:
        self.found: list[tuple[np.ndarray, np.ndarray]] = []
        self._sets, self._sketches, self._level = sets, sketches, level
        self._margins = [part.margins(level) for part in sets]
        self._prefixes = [part.prefix_lengths(level) for part in sets]

    def keep(self, rows: np.ndarray) -> np.ndarray:
        """Those of the rows that are kept, given that none falls to a row of higher priority outside them."""
        if len(rows) <= _LEAF:
            return self._keep_few(rows)
        half = len(rows) // 2
        upper = self.keep(rows[:half])
        return np.concatenate([upper, self.keep(self.drop(rows[half:], upper))])

    def _keep_few(self, rows: np.ndarray) -> np.ndarray:
        pairs = find_near(self._sketches, self._margins, rows, rows)
        pairs, similarities = compare(self._sets, pairs[pairs[:, 0] < pairs[:, 1]], self._level)
        order = np.lexsort((pairs[:, 0], pairs[:, 1]))
        lost: set[int] = set()
        fallen: list[int] = []
        for at, (upper, lower) in zip(order.tolist(), pairs[order].tolist(), strict=True):
            if upper not in lost and lower not in lost:
                lost.add(lower)
                fallen.append(at)
        self.found.append((pairs[fallen], similarities[fallen]))
        return rows[~np.isin(rows, pairs[fallen, 1])]

    def drop(self, rows: np.ndarray, kept: np.ndarray) -> np.ndarray:
        """Those of the rows that fall to none of the kept ones, all of which are of higher priority.

        Kept rows are tried in order of priority, in growing batches, so that most rows fall early.
        """
        at, size = 0, _FIRST
        while at < len(kept) and len(rows):
            rows = np.concatenate([rows[:0], *self._drop(rows, kept[at : at + size])])
            at, size = at + size, min(2 * size, _LAST)
        return rows

    def _drop(self, rows: np.ndarray, kept: np.ndarray) -> Iterator[np.ndarray]:
        indexed = min(len(kept), len(rows)) >= _INDEXED
        parts = zip(self._sets, self._prefixes, strict=True)
        indexes = [Index.of(part, lengths, kept) for part, lengths in parts if indexed]
        step = max(_SLAB // len(kept), 1)
        for at in range(0, len(rows), step):
            some = rows[at : at + step]
            candidates = self._candidates(some, kept, indexes)
            pairs, similarities = compare(self._sets, candidates, self._level)
            order = np.lexsort((pairs[:, 0], pairs[:, 1]))
            fallen, highest = np.unique(pairs[order, 1], return_index=True)
            self.found.append((pairs[order[highest]], similarities[order[highest]]))
            yield some[~np.isin(some, fallen)]

    def _candidates(self, rows: np.ndarray, kept: np.ndarray, indexes: list[Index]) -> np.ndarray:
        """Pairs of a kept row and another that may be similar, by prefixes or sketches, as is cheaper."""
        least, best = len(rows) * len(kept) * sum(map(len, self._sketches)) / _MATCH, None
        for part, lengths, index in zip(self._sets, self._prefixes, indexes, strict=False):
            lookup = index.look_up(part, lengths, rows)
            if lookup.total < least:
                least, best = lookup.total, lookup
        if best is None:
            return find_near(self._sketches, self._margins, kept, rows)
        return best.pairs()
