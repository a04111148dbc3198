"""Shingle hashes of texts: consecutive tokens, five unless a recipe says otherwise, hashed to 64 bits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from schemas.recipe import Shingles as Shingling
from schemas.recipe.fields import LONGEST_NGRAM
from transforms.kernels.arrays import Bytes, buffers, cut
from transforms.kernels.tokens import find_tokens

PART_TAGS = (np.uint64(0), np.uint64(0x9E3779B97F4A7C15))
_BASE = 0x5851F42D4C957F2D
_BLOCK = 1 << 18
_LONG = 255
"""Longer ranges are hashed by BLAKE2b: a polynomial modulo 2**64 has known collisions from 1,024 bytes on."""

_DEFAULT = Shingling()


class Shingles(NamedTuple):
    """Shingle hashes of each row: row i has `values[offsets[i]:offsets[i + 1]]`.

    `values` is uint64 in text order and may repeat; `offsets` is int64. Every row has one or more.
    """

    values: np.ndarray
    offsets: np.ndarray


def scramble(values: np.ndarray) -> np.ndarray:
    """Scramble 64-bit values by MurmurHash3's finalizer, a bijection.

    >>> scramble(np.array([0, 1], np.uint64)).tolist()
    [0, 12994781566227106604]
    """
    values = values ^ (values >> np.uint64(33))
    values *= np.uint64(0xFF51AFD7ED558CCD)
    values ^= values >> np.uint64(33)
    values *= np.uint64(0xC4CEB9FE1A85EC53)
    values ^= values >> np.uint64(33)
    return values


_STEPS = np.array(
    [0xD6E8FEB86659FD93, 0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3, 0x589965CC75374CC3],
    np.uint64,
)
_STEPS = np.append(_STEPS, scramble(np.arange(5, LONGEST_NGRAM, dtype=np.uint64)) | np.uint64(1))
"""What the tokens of a shingle are multiplied by, each by its place in it."""


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
    """Hash the byte ranges `data[starts[i]:ends[i]]` by their content and length (uint64); starts ascend.

    >>> text = np.frombuffer(b"ab ab b", np.uint8)
    >>> one, two, three = hash_ranges(text, np.array([0, 3, 6]), np.array([2, 5, 7]))
    >>> bool(one == two), bool(one == three)
    (True, False)
    """
    hashes = np.empty(len(starts), np.uint64)
    lengths = ends - starts
    near = starts + np.minimum(lengths, _LONG)
    low = 0
    while low < len(starts):
        first = starts[low]
        high = int(np.searchsorted(starts, first + _BLOCK, "right"))
        span = slice(low, high)
        hashes[span] = _sum_up(data[first : near[span].max()], starts[span] - first, near[span] - first)
        low = high
    hashes += lengths.astype(np.uint64) << np.uint64(40)
    hashes = scramble(hashes)
    for at in np.flatnonzero(lengths > _LONG):
        digest = hashlib.blake2b(data[starts[at] : ends[at]].data, digest_size=8).digest()
        hashes[at] = int.from_bytes(digest, "little")
    return hashes


def _sum_up(data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Polynomial in the base of each byte range, as a difference of prefix sums."""
    powers, inverses = _powers(1 << max(12, len(data).bit_length()))
    prefix = np.zeros(len(data) + 1, np.uint64)
    np.multiply(powers[: len(data)], data, out=prefix[1:])
    np.cumsum(prefix, out=prefix)
    sums = prefix[ends]
    sums -= prefix[starts]
    sums *= inverses[starts]
    return sums


def shingle(column: pa.LargeStringArray, tag: np.uint64, how: Shingling = _DEFAULT) -> Shingles:
    """Shingle hashes of each text, tagged with its part; the texts are already changed as the recipe says.

    >>> texts = pa.array(["a b c d e f"], pa.large_string()), pa.array(["f, b c d e f!"], pa.large_string())
    >>> a, b = (shingle(text, PART_TAGS[0]) for text in texts)
    >>> len(a.values), np.intersect1d(a.values, b.values).size
    (2, 1)
    """
    text = buffers(column)
    blocks = [_shingle_block(text.rows(*rows), tag, how) for rows in cut(text.offsets, _BLOCK)]
    if not blocks:
        return Shingles(np.zeros(0, np.uint64), np.zeros(1, np.int64))
    counts = np.concatenate([np.diff(block.offsets) for block in blocks])
    values = np.concatenate([block.values for block in blocks])
    return Shingles(values, np.concatenate([[0], np.cumsum(counts)]))


def _shingle_block(text: Bytes, tag: np.uint64, how: Shingling) -> Shingles:
    if len(text.data) > _BLOCK:
        return _shingle_long(text, tag, how)
    tokens = find_tokens(text, how.tokens)
    hashes = hash_ranges(text.data, tokens.starts, tokens.ends)
    counts = np.diff(tokens.offsets)
    windows = np.maximum(counts - how.width + 1, 1)
    offsets = np.concatenate([[0], np.cumsum(windows)])
    values = np.empty(offsets[-1], np.uint64)
    full = counts >= how.width
    values[np.repeat(full, windows)] = _windows(hashes, tokens.offsets, full, how.width)
    short = np.flatnonzero(~full)
    values[offsets[short]] = _short(text, hashes, tokens.offsets, short)
    return Shingles(scramble(values) ^ tag, offsets)


def _shingle_long(text: Bytes, tag: np.uint64, how: Shingling) -> Shingles:
    """Shingles of one long text, piece by piece, so that little memory is taken beside the shingles."""
    pieces, hashes = [], np.zeros(0, np.uint64)
    for more in _hash_pieces(text.data, how.tokens):
        hashes = np.append(hashes, more)
        pieces.append(scramble(combine(hashes, how.width, _STEPS)) ^ tag)
        hashes = hashes[max(0, len(hashes) - how.width + 1) :]
    values = np.concatenate(pieces)
    if len(values) == 0:
        values = scramble(_short(text, hashes, np.array([0, len(hashes)]), np.array([0]))) ^ tag
    return Shingles(values, np.array([0, len(values)]))


def _hash_pieces(data: np.ndarray, kind: str) -> Iterator[np.ndarray]:
    """Hashes of the tokens of one text, in pieces that end where a token does."""
    at, size = 0, _BLOCK
    while at < len(data):
        end = _character_start(data, at + size)
        tokens = find_tokens(Bytes(data[at:end], np.array([0, end - at])), kind)
        whole = len(tokens.starts)
        if whole and end < len(data) and at + tokens.ends[-1] == end:
            whole -= 1  # the last token may go on, so the next piece begins with it
            end = at + int(tokens.starts[-1])
        if end > at:
            yield hash_ranges(data[at:end], tokens.starts[:whole], tokens.ends[:whole])
        size = _BLOCK if end > at else 2 * size
        at = end


def _character_start(data: np.ndarray, at: int) -> int:
    """Where the character begins that a byte is of, or the end of the data."""
    while at < len(data) and data[at] & 0xC0 == 0x80:
        at -= 1
    return min(at, len(data))


def _windows(hashes: np.ndarray, offsets: np.ndarray, full: np.ndarray, width: int) -> np.ndarray:
    """Combined hash of every `width` consecutive tokens, of the rows that have as many."""
    combined = combine(hashes, width, _STEPS)
    inside = np.repeat(full, np.diff(offsets))
    ends = offsets[1:][full]
    for back in range(1, width):
        inside[ends - back] = False
    return combined[inside[: len(combined)]]


def combine(hashes: np.ndarray, width: int, steps: np.ndarray) -> np.ndarray:
    """Sum of every `width` consecutive hashes, each times the step of its place: the hash of an n-gram.

    >>> combine(np.array([1, 2, 3], np.uint64), 2, np.array([1, 10], np.uint64)).tolist()
    [21, 32]
    """
    count = max(0, len(hashes) - width + 1)
    combined = hashes[:count] * steps[0]
    scratch = np.empty(count, np.uint64)
    for step in range(1, width):
        np.multiply(hashes[step : step + count], steps[step], out=scratch)
        combined += scratch
    return combined


def _short(text: Bytes, hashes: np.ndarray, offsets: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Combine all tokens of rows with too few for a shingle; hash the characters of rows with none."""
    counts = offsets[rows + 1] - offsets[rows]
    values = counts.astype(np.uint64)
    for step in range(counts.max(initial=0)):
        has = counts > step
        values[has] += hashes[offsets[rows[has]] + step] * _STEPS[step]
    empty = rows[counts == 0]
    values[counts == 0] = hash_ranges(text.data, text.offsets[empty], text.offsets[empty + 1]) ^ np.uint64(1)
    return values
