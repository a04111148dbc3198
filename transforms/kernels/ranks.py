"""Shingle sets as ranks, rarest first: what prefixes, sketches and exact comparisons are made of."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from transforms.kernels.arrays import is_new, sort_numbers, spread
from transforms.kernels.shingles import Shingles, scramble

_SLACK = 1e-9
_LOW = 0xFFFFFFFF


class Ranked(NamedTuple):
    """Sets of one part as ranks: row i has `values[offsets[i]:offsets[i + 1]]`, ascending.

    A rank is a shingle that two or more rows of a component have; the rarest come first. `sizes` counts
    the shingles of one row alone, too. All ranks of a row's component are from `lows` to below `highs`.
    """

    values: np.ndarray
    offsets: np.ndarray
    sizes: np.ndarray
    lows: np.ndarray
    highs: np.ndarray

    def lengths(self, rows: np.ndarray) -> np.ndarray:
        """How many ranks each of some rows has."""
        return self.offsets[rows + 1] - self.offsets[rows]

    def rows(self, first: int, last: int) -> Ranked:
        """Sets of the rows from `first` to below `last`."""
        offsets = self.offsets[first : last + 1]
        rest = (column[first:last] for column in (self.sizes, self.lows, self.highs))
        return Ranked(self.values[offsets[0] : offsets[-1]], offsets - offsets[0], *rest)

    def prefix_lengths(self, threshold: float) -> np.ndarray:
        """Prefix length of each row: any row at or above the threshold shares one of these first ranks."""
        return self._first(threshold)

    def early_lengths(self, threshold: float) -> np.ndarray:
        """The same against rows that are no smaller, for which a shorter prefix suffices.

        Two sets of sizes a <= b and Jaccard similarity t or more share at least t (a + b) / (1 + t) shingles,
        and so at least 2 t a / (1 + t) (Xiao, Wang, Lin, Yu 2008).
        """
        return self._first(2 * threshold / (1 + threshold))

    def _first(self, shared: float) -> np.ndarray:
        """Prefix length that must contain a shared rank when this fraction of a row's set is shared."""
        lengths = np.diff(self.offsets)
        alone = self.sizes - lengths
        wanted = self.sizes - np.ceil(shared * self.sizes - _SLACK).astype(np.int64) + 1 - alone
        return np.clip(wanted, 0, lengths)

    def margins(self, threshold: float) -> np.ndarray:
        """Each row's contribution to the most ranks by which a pair at the threshold may differ.

        The shingles that no other row has are already deducted: the pair differs in these in any case.
        """
        return most_differing(threshold) * self.sizes - (self.sizes - np.diff(self.offsets))


def most_differing(threshold: float) -> float:
    """Most that two sets of a Jaccard similarity may differ, as a share of their summed sizes.

    >>> round(most_differing(0.6), 9)
    0.25
    """
    return (1 - threshold) / (1 + threshold)


def rank(components: np.ndarray, shingles: Shingles) -> Ranked:
    """Sets of ranks instead of shingles, each component apart; `components` numbers them, ascending.

    >>> sets = Shingles(np.array([7, 8, 8, 7, 9, 9], np.uint64), np.array([0, 3, 5, 6]))
    >>> ranked = rank(np.array([0, 0, 0]), sets)
    >>> ranked.values.tolist(), ranked.offsets.tolist(), ranked.sizes.tolist()
    ([0, 0, 1, 1], [0, 1, 3, 4], [2, 2, 1])
    """
    keys, rows = _by_key(components, shingles)
    fresh = is_new(keys)
    firsts, again = np.flatnonzero(fresh), np.flatnonzero(~(fresh | is_new(rows)))
    runs = np.diff(firsts, append=len(keys))
    counts = runs - np.bincount(np.searchsorted(firsts, again, "right") - 1, minlength=len(runs))
    shared = np.flatnonzero(counts > 1)
    owners = components[rows[firsts[shared]]]
    names = keys[firsts[shared]] ^ scramble(owners.astype(np.uint64))
    ranks = np.full(len(runs), -1)
    ranks[shared[_order(names, counts[shared], owners)]] = np.arange(len(shared))
    ranks = np.repeat(ranks, runs)
    ranks[again] = -1
    packed = ((rows << 32) | ranks)[ranks >= 0]
    packed.sort()
    lengths = np.bincount(packed >> 32, minlength=len(components))
    bounds = np.cumsum(np.bincount(owners + 1, minlength=int(components.max(initial=-1)) + 2))
    return Ranked(
        (packed & _LOW).astype(np.int32),
        np.concatenate([[0], np.cumsum(lengths)]),
        np.diff(shingles.offsets) - np.bincount(rows[again], minlength=len(components)),
        bounds[components],
        bounds[components + 1],
    )


def _by_key(components: np.ndarray, shingles: Shingles) -> tuple[np.ndarray, np.ndarray]:
    """Keys of component and shingle, ascending, and the row of each; rows of equal keys ascend."""
    lengths = np.diff(shingles.offsets)
    keys, order = sort_numbers(shingles.values ^ np.repeat(scramble(components.astype(np.uint64)), lengths))
    return keys, np.repeat(np.arange(len(components)), lengths)[order]


def rank_batches(
    groups: np.ndarray, parts: list[Shingles], rows: np.ndarray, most: int
) -> Iterator[tuple[np.ndarray, np.ndarray, list[Ranked]]]:
    """Rows by batches of whole groups, with their groups' numbers from 0 and their sets as ranks.

    `groups` numbers the group of each of `rows`, ascending. A batch has about `most` shingles, or one large
    group.
    """
    ends = np.flatnonzero(np.append(groups[1:] != groups[:-1], True)[: len(groups)]) + 1
    sizes = np.sum([np.diff(part.offsets)[rows] for part in parts], axis=0)
    batch = np.cumsum(sizes)[ends - 1] // most
    last = np.append(batch[1:] != batch[:-1], True)[: len(batch)]
    for low, high in pairwise([0, *ends[last].tolist()]):
        some, numbers = rows[low:high], groups[low:high] - groups[low]
        yield some, numbers, [rank(numbers, take(part, some)) for part in parts]


def take(part: Shingles, rows: np.ndarray) -> Shingles:
    """Shingles of some rows."""
    lengths = np.diff(part.offsets)[rows]
    values = part.values[spread(part.offsets[rows], lengths)]
    return Shingles(values, np.concatenate([[0], np.cumsum(lengths)]))


def _order(names: np.ndarray, *keys: np.ndarray) -> np.ndarray:
    """Order by the last key, then the one before it, and finally by name, as `lexsort`; keys are small."""
    by = np.argsort(names)
    for key in keys:
        packed = (key[by] << 32) | np.arange(len(by))
        packed.sort()
        by = by[packed & _LOW]
    return by
