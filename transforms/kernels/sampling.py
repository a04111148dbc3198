"""Which rows a sample holds: those whose place hashes low, whatever the order and the split of the work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from transforms.kernels.counts import code, read_numbers
from transforms.kernels.shingles import scramble

PAIR_ROWS = 20_000
"""Rows, about, that pairs of verb and noun are counted on; all rows where there are no more."""

TEXT_ROWS, TEXT_GROUPS = 1_500, 12
"""Rows and row groups, about, whose texts are read for the report."""

_STEP = np.uint64(0x9E3779B97F4A7C15)
_ONE = 1 << 32


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """Shares of the row groups and of their rows whose texts are read, and of all rows for pairs.

    >>> Sampling.of_size(rows=40_000, groups=6)
    Sampling(groups=1.0, texts=0.0375, pairs=0.5)
    """

    groups: float = 1.0
    texts: float = 1.0
    pairs: float = 1.0

    @classmethod
    def of_size(cls, *, rows: int, groups: int) -> Sampling:
        """Shares for an input of so many rows and row groups."""
        near = _share(TEXT_GROUPS, groups)
        return cls(groups=near, texts=_share(TEXT_ROWS, near * rows), pairs=_share(PAIR_ROWS, rows))


def _share(wanted: int, there: float) -> float:
    return min(1.0, wanted / there) if there else 1.0


@dataclass(frozen=True)
class Places:
    """A hash of where each row lies, and a mask of the rows in row groups whose texts are read."""

    hashes: np.ndarray
    near: np.ndarray

    @classmethod
    def of(cls, rows: pa.Table, sampling: Sampling) -> Places:
        """Places of resolved rows."""
        files = pc.binary_join_element_wise(rows["source"], rows["file"], "\0")
        names, at = code(files)
        seeds = np.array([xxhash.xxh3_64_intdigest(str(name).encode()) for name in names], np.uint64)[at]
        groups = scramble(scramble(seeds) + read_numbers(rows["row_group"]).astype(np.uint64) * _STEP)
        hashes = scramble(seeds + read_numbers(rows["row"]).astype(np.uint64) * _STEP)
        return cls(hashes, below(groups, sampling.groups))

    def order(self) -> np.ndarray:
        """Keys to choose examples by: the hash, but rows of row groups that are read anyway come first."""
        far = (~self.near).astype(np.uint64) << np.uint64(63)
        keys: np.ndarray = (self.hashes >> np.uint64(1)) | far
        return keys


def below(hashes: np.ndarray, share: float) -> np.ndarray:
    """Mask of the hashes that are within a share of all there can be.

    >>> below(np.array([0, 1 << 62, 1 << 63], np.uint64), 0.5).tolist()
    [True, True, False]
    """
    mask: np.ndarray = (hashes >> np.uint64(32)) < np.uint64(round(share * _ONE))
    return mask
