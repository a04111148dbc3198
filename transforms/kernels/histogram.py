"""A mergeable histogram of whole numbers, with quantiles within 1 %."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_BITS = 7
"""Leading bits of a value that its bucket keeps."""

_COARSE = 4
"""Leading bits that `coarsen` keeps."""

_HALF = 1 << (_BITS - 1)
"""Buckets of each power of two from 64 on."""


def find_buckets(values: np.ndarray) -> np.ndarray:
    """Bucket of each value (int64, 0 to 2**53): the seven leading bits and how many follow.

    Whole-number arithmetic only, so that every machine puts a value in the same bucket.

    >>> find_buckets(np.array([0, 127, 128, 129, 130, 1000])).tolist()
    [0, 127, 128, 128, 129, 317]
    """
    dropped = np.maximum(np.frexp(values)[1] - _BITS, 0).astype(np.int64)
    buckets: np.ndarray = (dropped << (_BITS - 1)) + (values >> dropped)
    return buckets


def coarsen(values: np.ndarray) -> np.ndarray:
    """Values by their four leading bits, within 7 %: the middle of all that share these (int64).

    >>> coarsen(np.array([0, 15, 16, 17, 18, 1000])).tolist()
    [0, 15, 16, 16, 18, 991]
    """
    dropped = np.maximum(np.frexp(values)[1] - _COARSE, 0).astype(np.int64)
    middles: np.ndarray = ((values >> dropped) << dropped) + (((1 << dropped) - 1) >> 1)
    return middles


def find_bounds(bucket: int) -> tuple[int, int]:
    """Smallest and largest value of a bucket.

    >>> find_bounds(127), find_bounds(128), find_bounds(317)
    ((127, 127), (128, 129), (1000, 1007))
    """
    dropped = max((bucket >> (_BITS - 1)) - 1, 0)
    low = (bucket - dropped * _HALF) << dropped
    return low, low + (1 << dropped) - 1


@dataclass(frozen=True)
class Histogram:
    """Count, sum, extremes and buckets of values seen so far; a monoid under `+`.

    >>> both = Histogram.of(np.array([3, 5])) + Histogram.of(np.array([1000]))
    >>> both.count, both.total, both.low, both.high, both.quantile(0.5)
    (3, 1008, 3, 1000, 5)
    """

    count: int = 0
    total: int = 0
    low: int | None = None
    high: int | None = None
    buckets: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, values: np.ndarray) -> Histogram:
        """Histogram of an array of int64 values."""
        if not len(values):
            return cls()
        counts = np.bincount(find_buckets(values))
        filled = np.flatnonzero(counts)
        buckets = dict(zip(filled.tolist(), counts[filled].tolist(), strict=True))
        return cls(len(values), int(values.sum()), int(values.min()), int(values.max()), buckets)

    @classmethod
    def of_each(cls, values: np.ndarray, rounded: np.ndarray, codes: np.ndarray) -> list[Histogram]:
        """Histogram of the values of each code (int64, all from 0 there), by the buckets of rounded ones.

        >>> one, two = Histogram.of_each(np.array([3, 9, 5]), np.array([3, 9, 5]), np.array([0, 1, 0]))
        >>> one == Histogram.of(np.array([3, 5])), two.buckets
        (True, {9: 1})
        """
        counts = np.bincount(codes)
        if not len(counts):
            return []
        order = np.argsort(codes, kind="stable")
        starts = np.cumsum(counts) - counts
        totals, lows, highs = (
            how.reduceat(values[order], starts).tolist() for how in (np.add, np.minimum, np.maximum)
        )
        cells, rows = np.unique(codes << 32 | find_buckets(rounded), return_counts=True)
        ends = np.searchsorted(cells, np.arange(1, len(counts)) << 32)
        buckets = (
            dict(zip(filled.tolist(), some.tolist(), strict=True))
            for filled, some in zip(np.split(cells & 0xFFFFFFFF, ends), np.split(rows, ends), strict=True)
        )
        return list(map(cls, counts.tolist(), totals, lows, highs, buckets))

    def __add__(self, other: Histogram) -> Histogram:
        """Histogram of both sets of values."""
        buckets = dict(self.buckets)
        for bucket, rows in other.buckets.items():
            buckets[bucket] = buckets.get(bucket, 0) + rows
        return Histogram(
            self.count + other.count,
            self.total + other.total,
            min((low for low in (self.low, other.low) if low is not None), default=None),
            max((high for high in (self.high, other.high) if high is not None), default=None),
            buckets,
        )

    @property
    def mean(self) -> float | None:
        """Mean of the values, exact; None where there are none."""
        return self.total / self.count if self.count else None

    def quantile(self, share: float) -> int | None:
        """Smallest value that at least `share` of the values do not exceed, within 1 %; exact under 128."""
        if self.low is None or self.high is None:
            return None
        left = max(math.ceil(share * self.count), 1)
        for bucket, rows in sorted(self.buckets.items()):
            left -= rows
            if left <= 0:
                return min(max(sum(find_bounds(bucket)) // 2, self.low), self.high)
        return self.high

    def count_octaves(self) -> list[tuple[int, int, int]]:
        """First value, last value and count of each power of two, from the first filled to the last.

        >>> Histogram.of(np.array([0, 1, 5, 6])).count_octaves()
        [(0, 0, 1), (1, 1, 1), (2, 3, 0), (4, 7, 2)]
        """
        counts: dict[int, int] = {}
        for bucket, rows in self.buckets.items():
            octave = find_bounds(bucket)[0].bit_length()
            counts[octave] = counts.get(octave, 0) + rows
        octaves = range(min(counts), max(counts) + 1) if counts else range(0)
        return [((1 << o) >> 1, (1 << o) - 1, counts.get(o, 0)) for o in octaves]

    def to_lists(self) -> list[Any]:
        """Plain lists that JSON can hold, the same for equal histograms."""
        filled = sorted(self.buckets)
        return [self.count, self.total, self.low, self.high, filled, [self.buckets[b] for b in filled]]

    @classmethod
    def from_lists(cls, lists: list[Any]) -> Histogram:
        """Histogram that `to_lists` was called on."""
        count, total, low, high, filled, rows = lists
        return cls(count, total, low, high, dict(zip(filled, rows, strict=True)))
