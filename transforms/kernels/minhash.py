"""MinHash signatures, bit-identical to `datasketch.MinHash(scheme="affine32")`."""

from __future__ import annotations

from functools import cache

import numpy as np

from transforms.kernels.arrays import cut
from transforms.kernels.shingles import Shingles

PERMUTATIONS = 128
_SEED = 1
_BLOCK = 1 << 16


@cache
def draw_permutations(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Multipliers and addends (uint32) of so many permutations, as datasketch draws them by default."""
    # As version 2 does for its default seed, without the second that importing it takes.
    draw = np.random.RandomState(_SEED)
    a = draw.randint(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return a, draw.randint(0, 1 << 32, count, dtype=np.uint32)


def premix(values: np.ndarray) -> np.ndarray:
    """Low 32 bits of shingle hashes after datasketch's `_fmix` (uint32)."""
    mixed = values.astype(np.uint32)
    mixed ^= mixed >> np.uint32(16)
    mixed *= np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(16)
    return mixed


def sign(shingles: Shingles, permutations: int = PERMUTATIONS) -> np.ndarray:
    """Signature of each row, uint32 of shape (rows, permutations).

    A shingle's hash value, as datasketch's `hashfunc` would give it, is the low 32 bits of its 64.

    >>> from datasketch import MinHash
    >>> theirs = MinHash(num_perm=128, hashfunc=lambda value: value & 0xFFFFFFFF)
    >>> theirs.update_batch([3, 5 << 32 | 7])
    >>> ours = sign(Shingles(np.array([3, 5 << 32 | 7], np.uint64), np.array([0, 2])))
    >>> bool((ours[0] == theirs.hashvalues).all())
    True
    """
    signature = np.full((permutations, len(shingles.offsets) - 1), 0xFFFFFFFF, np.uint32)
    for low, high in cut(shingles.offsets, _BLOCK):
        first, last = shingles.offsets[low], shingles.offsets[high]
        for at in range(first, last, _BLOCK):
            starts = np.maximum(shingles.offsets[low:high] - at, 0)
            _lower(signature[:, low:high], premix(shingles.values[at : min(at + _BLOCK, last)]), starts)
    return np.ascontiguousarray(signature.T)


def _lower(signature: np.ndarray, hashes: np.ndarray, starts: np.ndarray) -> None:
    """Lower the signatures of some rows, of shape (permutations, rows), to the least permuted hashes."""
    permuted = np.empty_like(hashes)
    least = np.empty(len(starts), np.uint32)
    for row, a, b in zip(signature, *draw_permutations(len(signature)), strict=True):
        np.multiply(hashes, a, out=permuted)
        permuted += b
        np.minimum.reduceat(permuted, starts, out=least)
        np.minimum(row, least, out=row)
