"""Token boundaries in UTF-8 text, by Unicode category and script.

A token is a maximal run of letters, marks and numbers, but a character of a script
written without spaces is a token of its own.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import regex

from transforms.kernels.arrays import Bytes

SEPARATOR, WORD, OWN = 0, 1, 2
UNSPACED_SCRIPTS = ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar")
_CODE_POINTS = 0x110000


class Tokens(NamedTuple):
    """Byte range of every token, and per row the range of its tokens.

    `starts` and `ends` are int64 positions in the text's bytes; tokens of row i are
    `offsets[i]:offsets[i + 1]`.
    """

    starts: np.ndarray
    ends: np.ndarray
    offsets: np.ndarray


@cache
def _marks(pattern: str) -> np.ndarray:
    """Mask of the code points that a character pattern matches, by the regex library's Unicode."""
    marks = np.zeros(_CODE_POINTS, bool)
    for run in regex.finditer(f"[{pattern}]+", _every_character()):
        marks[run.start() : run.end()] = True
    return marks


@cache
def _every_character() -> str:
    """All code points in order, surrogates replaced."""
    points = np.arange(_CODE_POINTS, dtype="<u4")
    points[0xD800:0xE000] = ord(" ")
    return points.tobytes().decode("utf-32-le")


def letters() -> np.ndarray:
    """Mask of the code points that are letters."""
    return _marks(r"\p{L}")


@cache
def character_classes() -> np.ndarray:
    """Class of every code point (uint8): SEPARATOR, WORD or OWN.

    >>> [int(character_classes()[ord(c)]) for c in "a1_ é語ไ"]
    [1, 1, 0, 0, 1, 2, 2]
    """
    word = letters() | _marks(r"\p{M}\p{N}")
    own = _marks("".join(rf"\p{{{script}}}" for script in UNSPACED_SCRIPTS))
    return np.where(own, OWN, np.where(word, WORD, SEPARATOR)).astype(np.uint8)


def code_points(data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Code points (uint32) of valid UTF-8 bytes, and the byte position of each (int64).

    >>> points, at = code_points(np.frombuffer("aé語😀".encode(), np.uint8))
    >>> "".join(map(chr, points)), at.tolist()
    ('aé語😀', [0, 1, 3, 6])
    """
    at = np.flatnonzero((data & 0xC0) != 0x80)
    lead = data[at].astype(np.uint32)
    length = 1 + (lead >= 0xC0) + (lead >= 0xE0) + (lead >= 0xF0)
    points = np.where(length == 1, lead, lead & (0xFF >> (length + 1)))
    for more in (1, 2, 3):
        longer = np.flatnonzero(length > more)
        points[longer] = (points[longer] << 6) | (data[at[longer] + more] & 0x3F)
    return points.astype(np.uint32), at


def find_tokens(text: Bytes) -> Tokens:
    """Find the tokens of each row.

    >>> found = find_tokens(Bytes(np.frombuffer("ab c語言d".encode(), np.uint8), np.array([0, 4, 11])))
    >>> found.starts.tolist(), found.ends.tolist(), found.offsets.tolist()
    ([0, 3, 4, 7, 10], [2, 4, 7, 10, 11], [0, 2, 5])
    """
    if (text.data >= 128).any():
        points, at = code_points(text.data)
        rows = np.searchsorted(at, text.offsets[:-1])
        first, last = _edges(character_classes()[points], rows)
        ends = np.append(at, len(text.data))[np.flatnonzero(last) + 1]
        starts = at[first]
    else:
        first, last = _edges(character_classes()[:128][text.data], text.offsets[:-1])
        starts, ends = np.flatnonzero(first), np.flatnonzero(last) + 1
    return Tokens(starts, ends, np.searchsorted(starts, text.offsets))


def _edges(classes: np.ndarray, row_starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mark the first and the last character of each token."""
    word = classes == WORD
    first = word.copy()
    first[1:] &= ~word[:-1]
    inside = row_starts[row_starts < len(word)]
    first[inside] = word[inside]
    last = word.copy()
    last[:-1] &= ~word[1:] | first[1:]
    own = classes == OWN
    return first | own, last | own
