"""Shingle hashes of normalised parts: five consecutive tokens, hashed to 64 bits."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from transforms.kernels.arrays import Bytes, buffers
from transforms.kernels.tokens import find_tokens

WIDTH = 5
PART_TAGS = (np.uint64(0), np.uint64(0x9E3779B97F4A7C15))
_BASE = 0x5851F42D4C957F2D
_STEPS = np.array(
    [0xD6E8FEB86659FD93, 0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3, 0x589965CC75374CC3],
    np.uint64,
)
_BLOCK = 1 << 18
_LONG = 255
"""Longer ranges are hashed by BLAKE2b: a polynomial modulo 2**64 has known collisions from 1,024 bytes on."""


class Shingles(NamedTuple):
    """Shingle hashes of each row: row i has `values[offsets[i]:offsets[i + 1]]`.

    `values` is uint64 in text order and may repeat; `offsets` is int64. Every row has one or more.
    """

    values: np.ndarray
    offsets: np.ndarray


def mix(values: np.ndarray) -> np.ndarray:
    """Scramble 64-bit values by MurmurHash3's finalizer, a bijection.

    >>> mix(np.array([0, 1], np.uint64)).tolist()
    [0, 12994781566227106604]
    """
    values = values ^ (values >> np.uint64(33))
    values *= np.uint64(0xFF51AFD7ED558CCD)
    values ^= values >> np.uint64(33)
    values *= np.uint64(0xC4CEB9FE1A85EC53)
    values ^= values >> np.uint64(33)
    return values


@lru_cache(maxsize=4)
def _powers(length: int) -> tuple[np.ndarray, np.ndarray]:
    """Powers of the base and of its inverse, modulo 2**64."""
    tables = []
    for base in (_BASE, pow(_BASE, -1, 1 << 64)):
        table = np.full(length, base, np.uint64)
        table[0] = 1
        tables.append(np.multiply.accumulate(table))
    return tables[0], tables[1]


def hash_ranges(data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Hash the byte ranges `data[starts[i]:ends[i]]` by their content and length (uint64).

    >>> text = np.frombuffer(b"ab ab b", np.uint8)
    >>> one, two, three = hash_ranges(text, np.array([0, 3, 6]), np.array([2, 5, 7]))
    >>> bool(one == two), bool(one == three)
    (True, False)
    """
    size = 1 << max(12, len(data).bit_length())
    powers, inverses = _powers(size)
    prefix = np.zeros(len(data) + 1, np.uint64)
    np.multiply(powers[: len(data)], data, out=prefix[1:])
    np.cumsum(prefix, out=prefix)
    hashes = prefix[ends]
    hashes -= prefix[starts]
    hashes *= inverses[starts]
    hashes += (ends - starts).astype(np.uint64) << np.uint64(40)
    hashes = mix(hashes)
    for at in np.flatnonzero(ends - starts > _LONG):
        digest = hashlib.blake2b(data[starts[at] : ends[at]].tobytes(), digest_size=8).digest()
        hashes[at] = int.from_bytes(digest, "little")
    return hashes


def shingle(column: pa.LargeStringArray, tag: np.uint64) -> Shingles:
    """Shingle hashes of each normalised text, tagged with the part the text is.

    >>> texts = pa.array(["a b c d e f"], pa.large_string()), pa.array(["f, b c d e f!"], pa.large_string())
    >>> a, b = (shingle(text, PART_TAGS[0]) for text in texts)
    >>> len(a.values), np.intersect1d(a.values, b.values).size
    (2, 1)
    """
    text = buffers(column)
    cuts = _cut(text.offsets)
    blocks = [_shingle_block(_slice(text, lo, hi), tag) for lo, hi in pairwise(cuts)]
    if not blocks:
        return Shingles(np.zeros(0, np.uint64), np.zeros(1, np.int64))
    counts = np.concatenate([np.diff(block.offsets) for block in blocks])
    values = np.concatenate([block.values for block in blocks])
    return Shingles(values, np.concatenate([[0], np.cumsum(counts)]))


def _cut(offsets: np.ndarray) -> list[int]:
    """Cut rows into blocks of about `_BLOCK` bytes."""
    cuts = [0]
    while cuts[-1] < len(offsets) - 1:
        end = int(np.searchsorted(offsets, offsets[cuts[-1]] + _BLOCK, "right")) - 1
        cuts.append(max(end, cuts[-1] + 1))
    return cuts


def _slice(text: Bytes, lo: int, hi: int) -> Bytes:
    first, last = text.offsets[lo], text.offsets[hi]
    return Bytes(text.data[first:last], text.offsets[lo : hi + 1] - first)


def _shingle_block(text: Bytes, tag: np.uint64) -> Shingles:
    tokens = find_tokens(text)
    hashes = hash_ranges(text.data, tokens.starts, tokens.ends)
    counts = np.diff(tokens.offsets)
    windows = np.maximum(counts - WIDTH + 1, 1)
    offsets = np.concatenate([[0], np.cumsum(windows)])
    values = np.empty(offsets[-1], np.uint64)
    full = counts >= WIDTH
    values[np.repeat(full, windows)] = _windows(hashes, tokens.offsets, full)
    short = np.flatnonzero(~full)
    values[offsets[short]] = _short(text, hashes, tokens.offsets, short)
    return Shingles(mix(values) ^ tag, offsets)


def _windows(hashes: np.ndarray, offsets: np.ndarray, full: np.ndarray) -> np.ndarray:
    """Combine every five consecutive tokens of the rows that have five."""
    if len(hashes) < WIDTH:
        return np.zeros(0, np.uint64)
    count = len(hashes) - WIDTH + 1
    combined = hashes[:count] * _STEPS[0]
    scratch = np.empty(count, np.uint64)
    for step in range(1, WIDTH):
        np.multiply(hashes[step : step + count], _STEPS[step], out=scratch)
        combined += scratch
    inside = np.repeat(full, np.diff(offsets))
    ends = offsets[1:][full]
    for back in range(1, WIDTH):
        inside[ends - back] = False
    return combined[inside[:count]]


def _short(text: Bytes, hashes: np.ndarray, offsets: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Combine all tokens of rows with one to four; hash the characters of rows with none."""
    counts = offsets[rows + 1] - offsets[rows]
    values = counts.astype(np.uint64)
    for step in range(WIDTH - 1):
        has = counts > step
        values[has] += hashes[offsets[rows[has]] + step] * _STEPS[step]
    empty = rows[counts == 0]
    values[counts == 0] = hash_ranges(text.data, text.offsets[empty], text.offsets[empty + 1]) ^ np.uint64(1)
    return values
