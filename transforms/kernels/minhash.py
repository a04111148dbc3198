"""MinHash signatures, bit-identical to `datasketch.MinHash(scheme="affine32")`."""

from __future__ import annotations

from functools import cache

import numpy as np

from transforms.kernels.shingles import Shingles

PERMUTATIONS = 128
_SEED = 1
_BLOCK = 1 << 15


@cache
def permutations() -> tuple[np.ndarray, np.ndarray]:
    """Multipliers and addends (uint32, 128 each) that datasketch has for its default seed."""
    # Drawn as datasketch 2 draws them, without the second that importing it takes.
    draw = np.random.RandomState(_SEED)
    a = draw.randint(0, 1 << 31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return a, draw.randint(0, 1 << 32, PERMUTATIONS, dtype=np.uint32)


def premix(values: np.ndarray) -> np.ndarray:
    """Low 32 bits of shingle hashes after datasketch's `_fmix` (uint32)."""
    mixed = values.astype(np.uint32)
    mixed ^= mixed >> np.uint32(16)
    mixed *= np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(16)
    return mixed


def sign(shingles: Shingles) -> np.ndarray:
    """Signature of each row, uint32 of shape (rows, 128).

    A shingle's hash value, as datasketch's `hashfunc` would give it, is the low 32 bits of its 64.

    >>> from datasketch import MinHash
    >>> theirs = MinHash(num_perm=128, hashfunc=lambda value: value & 0xFFFFFFFF)
    >>> theirs.update_batch([3, 5 << 32 | 7])
    >>> ours = sign(Shingles(np.array([3, 5 << 32 | 7], np.uint64), np.array([0, 2])))
    >>> bool((ours[0] == theirs.hashvalues).all())
    True
    """
    a, b = permutations()
    rows = len(shingles.offsets) - 1
    signature = np.empty((PERMUTATIONS, rows), np.uint32)
    low = 0
    while low < rows:
        end = int(np.searchsorted(shingles.offsets, shingles.offsets[low] + _BLOCK, "right")) - 1
        high = max(end, low + 1)
        first, last = shingles.offsets[low], shingles.offsets[high]
        hashes = premix(shingles.values[first:last])
        permuted = np.empty_like(hashes)
        starts = shingles.offsets[low:high] - first
        for k in range(PERMUTATIONS):
            np.multiply(hashes, a[k], out=permuted)
            permuted += b[k]
            np.minimum.reduceat(permuted, starts, out=signature[k, low:high])
        low = high
    return np.ascontiguousarray(signature.T)
