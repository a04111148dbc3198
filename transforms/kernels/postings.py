"""Rows by the ranks that they have: the candidates of prefix filtering."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from transforms.kernels.arrays import cut, run_starts, spread
from transforms.kernels.ranks import Ranked

_LOW = 0xFFFFFFFF
_PAIRS = 1 << 21


class Postings(NamedTuple):
    """Keys and the rows that have them, by key, then row."""

    keys: np.ndarray
    rows: np.ndarray

    @classmethod
    def of(
        cls, part: Ranked, lengths: np.ndarray, rows: np.ndarray, skipped: np.ndarray | None = None
    ) -> Postings:
        """Postings of the first `lengths` ranks of some rows, without the first `skipped` of these."""
        starts, counts = part.offsets[rows], lengths[rows]
        if skipped is not None:
            starts, counts = starts + skipped[rows], counts - skipped[rows]
        keys = part.values[spread(starts, counts)].astype(np.int64)
        packed = (keys << 32) | np.repeat(rows, counts)
        packed.sort()
        return cls(packed >> 32, packed & _LOW)

    def runs(self) -> tuple[np.ndarray, np.ndarray]:
        """Start and length of the run of each key."""
        starts = run_starts(self.keys)
        return starts, np.diff(np.append(starts, len(self.keys)))

    def where(self, mask: np.ndarray) -> Postings:
        """Postings of the rows that are marked."""
        return Postings(self.keys[mask[self.rows]], self.rows[mask[self.rows]])


def unpack(packed: np.ndarray) -> np.ndarray:
    """Pairs of row numbers from `first << 32 | second`.

    >>> unpack(np.array([5 << 32 | 7])).tolist()
    [[5, 7]]
    """
    return np.stack([packed >> 32, packed & _LOW], 1)


class Prefixes(NamedTuple):
    """Postings of the prefixes of some rows, each prefix in two parts, early and late.

    Of two rows at or above the threshold the smaller has an early rank that is in the larger one's prefix.
    """

    early: Postings
    late: Postings

    @classmethod
    def of(cls, part: Ranked, threshold: float, rows: np.ndarray) -> Prefixes:
        """Prefixes of some rows at a threshold."""
        early = part.early_lengths(threshold)
        late = Postings.of(part, part.prefix_lengths(threshold), rows, early)
        return cls(Postings.of(part, early, rows), late)

    @classmethod
    def whole(cls, keys: np.ndarray) -> Prefixes:
        """Prefixes that pair every row with all others of its key; keys ascend."""
        none = np.zeros(0, np.int64)
        return cls(Postings(keys, np.arange(len(keys))), Postings(none, none))

    def where(self, mask: np.ndarray) -> Prefixes:
        """Those of the rows that are marked."""
        return Prefixes(self.early.where(mask), self.late.where(mask))


def count_pairs(postings: Postings, component: np.ndarray, protected: np.ndarray) -> np.ndarray:
    """Pairs that each component's postings give, with repeats but without pairs of two protected rows."""
    starts, lengths = postings.runs()
    lengths = lengths.astype(float)
    safe = np.zeros(len(starts))
    if len(starts):
        safe = np.add.reduceat(protected[postings.rows], starts, dtype=float)
    pairs = (lengths * (lengths - 1) - safe * (safe - 1)) / 2
    return np.bincount(component[postings.rows[starts]], pairs, minlength=int(component.max(initial=-1)) + 1)


def count_candidates(prefixes: Prefixes, component: np.ndarray, protected: np.ndarray) -> np.ndarray:
    """Pairs that each component's prefixes give, with repeats but without pairs of two protected rows."""
    begins, ends = _meet(prefixes, protected)
    across = np.bincount(component[prefixes.early.rows], ends - begins, int(component.max(initial=-1)) + 1)
    return count_pairs(prefixes.early, component, protected) + across


def pair_up(prefixes: Prefixes, protected: np.ndarray) -> Iterator[np.ndarray]:
    """Pairs of rows, lower first, that share an early key, in blocks; a pair may come again in another block.

    Of each component the protected rows come first; they are not paired with each other.
    """
    early, late = prefixes
    starts, lengths = early.runs()
    ends = np.repeat(starts + lengths, lengths)
    safe = np.concatenate([[0], np.cumsum(protected[early.rows])])
    unsafe = np.repeat(starts + safe[starts + lengths] - safe[starts], lengths)
    begins = np.maximum(np.arange(len(ends)) + 1, unsafe)
    yield from _blocks(early.rows, early.rows, begins, ends)
    yield from _blocks(early.rows, late.rows, *_meet(prefixes, protected))


def _meet(prefixes: Prefixes, protected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Begin and end of the late postings that each early one is paired with."""
    early, late = prefixes
    begins = np.searchsorted(late.keys, early.keys, "left")
    ends = np.searchsorted(late.keys, early.keys, "right")
    safe = np.concatenate([[0], np.cumsum(protected[late.rows])])
    return begins + protected[early.rows] * (safe[ends] - safe[begins]), ends


def _blocks(
    ours: np.ndarray, theirs: np.ndarray, begins: np.ndarray, ends: np.ndarray
) -> Iterator[np.ndarray]:
    """Pairs of each of our rows with theirs from `begins` to below `ends`, in blocks."""
    counts = ends - begins
    for low, high in cut(np.append(0, np.cumsum(counts)), _PAIRS):
        block = slice(low, high)
        one, other = np.repeat(ours[block], counts[block]), theirs[spread(begins[block], counts[block])]
        yield unpack(np.unique((np.minimum(one, other) << 32) | np.maximum(one, other)))


class Lookup(NamedTuple):
    """For each prefix rank of some rows, where the indexed rows that have it begin, and how many do."""

    indexed: np.ndarray
    rows: np.ndarray
    starts: np.ndarray
    counts: np.ndarray

    @property
    def total(self) -> int:
        """Shared ranks of all pairs."""
        return int(self.counts.sum())

    def pairs(self) -> np.ndarray:
        """Pairs of a row of the index and a row looked up, by both."""
        found = self.indexed[spread(self.starts, self.counts)]
        return unpack(np.unique((found << 32) | np.repeat(self.rows, self.counts)))


class Index(NamedTuple):
    """Postings of some rows of a component: `rows[bounds[r - low]:bounds[r - low + 1]]` have rank r."""

    rows: np.ndarray
    bounds: np.ndarray
    low: int

    @classmethod
    def of(cls, part: Ranked, lengths: np.ndarray, rows: np.ndarray) -> Index:
        """Index of the first `lengths` ranks of some rows."""
        keys, owners = Postings.of(part, lengths, rows)
        low = int(part.lows[rows[0]])
        counts = np.bincount(keys - low, minlength=int(part.highs[rows[0]]) - low)
        return cls(owners, np.concatenate([[0], np.cumsum(counts)]), low)

    def look_up(self, part: Ranked, lengths: np.ndarray, rows: np.ndarray) -> Lookup:
        """The first `lengths` ranks of some rows, looked up."""
        counts = lengths[rows]
        keys = part.values[spread(part.offsets[rows], counts)] - self.low
        starts = self.bounds[keys]
        return Lookup(self.rows, np.repeat(rows, counts), starts, self.bounds[keys + 1] - starts)
