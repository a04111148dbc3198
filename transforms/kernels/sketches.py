"""Bit sketches of sets: a lower bound on how much two sets differ, for all pairs of two groups at once."""

from __future__ import annotations

from itertools import product
from typing import TypeAlias

import numpy as np

from transforms.kernels.ranks import Ranked

_WORDS = 256
"""64-bit words of a sketch, at most."""

_TILE = 32, 1024
"""Rows of the first and of the second group that are compared at a time."""

_BLOCK = 1 << 22
"""Bits that are counted at a time, or those of one row."""

_CHECK = 8
"""Words between two checks for pairs that are ruled out."""

_FEW = 1 / 128
"""Share of a tile's pairs at which its remaining words are no longer compared."""

_MOST = 1 << 28
"""Bound on a margin, so that sums of two fit into 32 bits."""

_TOLERANCE = 1e-6
"""What rounding may take from a margin that is a whole number."""

_Part: TypeAlias = tuple[np.ndarray, np.ndarray]
"""Sketches of some rows in one part, and their margins."""


def sketch(part: Ranked) -> np.ndarray:
    """Sketch of each row, uint64 of shape (words, rows): each of the row's ranks flips one bit.

    Two sketches differ in at most as many bits as their sets in ranks. A sketch has four to eight bits for
    each rank of a mean row, but at least one word and at most `_WORDS`.
    """
    rows = len(part.sizes)
    wanted = 4 * len(part.values) / (64 * max(rows, 1))
    words = min(1 << max(int(np.ceil(np.log2(max(wanted, 1)))), 0), _WORDS)
    bits = words * 64
    found = np.empty((words, rows), np.uint64)
    step = max(_BLOCK // bits, 1)
    for first in range(0, rows, step):
        block = part.rows(first, min(first + step, rows))
        count = len(block.sizes)
        flat = np.repeat(np.arange(count) * bits, np.diff(block.offsets)) + block.values % bits
        flips = np.bincount(flat, minlength=count * bits).astype(np.uint8) & 1
        packed = np.packbits(flips.reshape(count, bits), axis=1).view(np.uint64)
        found[:, first : first + count] = packed.T
    return found


def find_near(
    sketches: list[np.ndarray], margins: list[np.ndarray], firsts: np.ndarray, seconds: np.ndarray
) -> np.ndarray:
    """Pairs of a row of `firsts` and one of `seconds` that the sketches do not rule out.

    A pair is ruled out if a part's sketches differ in more bits than the margins of both rows allow.

    >>> bits = np.array([[0b0011, 0b0111, 0b1100]], np.uint64)
    >>> find_near([bits], [np.full(3, 0.5)], np.array([0]), np.array([1, 2])).tolist()
    [[0, 1]]
    """
    parts = sorted(zip(sketches, margins, strict=True), key=lambda part: len(part[0]))
    ours, theirs = (
        [(words[:, rows], _whole(margin[rows])) for words, margin in parts] for rows in (firsts, seconds)
    )
    found = [np.zeros((0, 2), np.int64)]
    for top, left in product(range(0, len(firsts), _TILE[0]), range(0, len(seconds), _TILE[1])):
        rows, columns = slice(top, top + _TILE[0]), slice(left, left + _TILE[1])
        near = _near(_cut(ours, rows), _cut(theirs, columns))
        first, second = divmod(np.flatnonzero(near), near.shape[1])
        found.append(np.stack([firsts[rows][first], seconds[columns][second]], 1))
    return np.concatenate(found)


def _whole(margins: np.ndarray) -> np.ndarray:
    """Margins rounded down (int32); two of them, plus 1, are at least the rounded-down sum of the two."""
    return np.floor(np.clip(margins, -_MOST, _MOST) + _TOLERANCE).astype(np.int32)


def _cut(parts: list[_Part], rows: slice) -> list[_Part]:
    return [(words[:, rows], margins[rows]) for words, margins in parts]


def _near(ours: list[_Part], theirs: list[_Part]) -> np.ndarray:
    """Mark the pairs whose sketches differ in no more bits than allowed; where few are left, others too."""
    shape = len(ours[0][1]), len(theirs[0][1])
    near = np.ones(shape, bool)
    flips, counts = np.empty(shape, np.uint64), np.empty(shape, np.uint8)
    for (above, one), (below, other) in zip(ours, theirs, strict=True):
        most = one[:, None] + other + 1
        total = np.zeros(shape, np.uint16)
        for at, (left, right) in enumerate(zip(above, below, strict=True), 1):
            np.bitwise_xor(left[:, None], right, out=flips)
            np.bitwise_count(flips, out=counts)
            total += counts
            if at % _CHECK == 0 or at == len(above):
                near &= total <= most
                if np.count_nonzero(near) <= _FEW * near.size:
                    return near
    return near
