"""Token boundaries in UTF-8 text, by Unicode category and script.

A token is a maximal run of letters, marks and numbers, but a character of a script
written without spaces is a token of its own. The other kinds of token are those of peers.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import regex

from transforms.kernels.arrays import Bytes

SEPARATOR, WORD, OWN, REST = 0, 1, 2, 3
"""Classes: of a character, and of the bytes after the first of a character that is a token of its own."""

UNSPACED_SCRIPTS = ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar")
_SEPARATORS = {"whitespace": r"\s", "spaces": " ", "non_word": r"\W"}
_CODE_POINTS = 0x110000
_LENGTHS = np.repeat(np.array([1, 2, 3, 4], np.uint8), [0xC0, 0x20, 0x10, 0x10])
_PAYLOADS = np.repeat(np.array([0x7F, 0x1F, 0x0F, 0x07], np.uint8), [0xC0, 0x20, 0x10, 0x10])
"""Bytes of a character, and the bits of the first that belong to the code point, by the first byte."""


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
    """All code points in order, spaces for surrogates."""
    points = np.arange(_CODE_POINTS, dtype="<u4")
    points[0xD800:0xE000] = ord(" ")
    return points.tobytes().decode("utf-32-le")


def letters() -> np.ndarray:
    """Mask of the code points that are letters."""
    return _marks(r"\p{L}")


@cache
def character_classes(kind: str = "unicode") -> np.ndarray:
    r"""Class of every code point (uint8), for a kind of token as recipes name it.

    What separates tokens is white space (`whitespace`), U+0020 alone (`spaces`), what `\w` leaves out
    (`non_word`); with `characters` each is a token.

    >>> [int(character_classes()[ord(c)]) for c in "a1_ é語ไ"]
    [1, 1, 0, 0, 1, 2, 2]
    >>> ["".join(str(character_classes(kind)[ord(c)]) for c in "a_! \n語") for kind in _SEPARATORS]
    ['111001', '111011', '110001']
    """
    if kind == "characters":
        return np.full(_CODE_POINTS, OWN, np.uint8)
    if kind == "unicode":
        word = letters() | _marks(r"\p{M}\p{N}")
        own = _marks("".join(rf"\p{{{script}}}" for script in UNSPACED_SCRIPTS))
        return np.where(own, OWN, np.where(word, WORD, SEPARATOR)).astype(np.uint8)
    return np.where(_marks(_SEPARATORS[kind]), SEPARATOR, WORD).astype(np.uint8)


@cache
def _ascii_classes(kind: str) -> bytes:
    """Class of every ASCII byte; SEPARATOR for the others."""
    return bytes(character_classes(kind)[:128]) + bytes(128)


def _points_at(data: np.ndarray, at: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Code points of the characters of some lengths that begin at some bytes."""
    lead = data[at]
    points = (lead & _PAYLOADS[lead]).astype(np.uint32)
    for more in (1, 2, 3):
        longer = np.flatnonzero(lengths > more)
        points[longer] = (points[longer] << 6) | (data[at[longer] + more] & 0x3F)
    return points


def letter_bytes(data: np.ndarray) -> np.ndarray:
    """Mark the first byte of every letter.

    >>> letter_bytes(np.frombuffer("a1é".encode(), np.uint8)).tolist()
    [True, False, True, False]
    """
    marks = letters()[:256][data]
    marks &= data < 0x80
    lead = np.flatnonzero(data >= 0xC0)
    marks[lead] = letters()[_points_at(data, lead, _LENGTHS[data[lead]])]
    return marks


def find_tokens(text: Bytes, kind: str = "unicode") -> Tokens:
    """Find the tokens of each row.

    >>> found = find_tokens(Bytes(np.frombuffer("ab c語言d".encode(), np.uint8), np.array([0, 4, 11])))
    >>> found.starts.tolist(), found.ends.tolist(), found.offsets.tolist()
    ([0, 3, 4, 7, 10], [2, 4, 7, 10, 11], [0, 2, 5])
    """
    first, last = _edges(_byte_classes(text.data, kind), text.offsets[:-1])
    starts, ends = np.flatnonzero(first), np.flatnonzero(last) + 1
    return Tokens(starts, ends, np.searchsorted(starts, text.offsets))


def _byte_classes(data: np.ndarray, kind: str) -> np.ndarray:
    """Class of the character that each byte belongs to; REST for the later bytes of one that is OWN."""
    classes = np.frombuffer(bytearray(data).translate(_ascii_classes(kind)), np.uint8)
    lead = np.flatnonzero(data >= 0xC0)
    if len(lead) == 0:
        return classes
    lengths = _LENGTHS[data[lead]]
    found = character_classes(kind)[_points_at(data, lead, lengths)]
    classes[lead] = found
    after = found + (found == OWN)
    for more in (1, 2, 3):
        longer = lengths > more
        classes[lead[longer] + more] = after[longer]
    return classes


def _edges(classes: np.ndarray, row_starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mark the first and the last byte of each token."""
    word = classes == WORD
    first = word.copy()
    first[1:] &= ~word[:-1]
    inside = row_starts[row_starts < len(word)]
    first[inside] = word[inside]
    last = word.copy()
    last[:-1] &= ~word[1:] | first[1:]
    if classes.max(initial=0) > WORD:
        first |= classes == OWN
        own = classes > WORD
        own[:-1] &= classes[1:] != REST
        last |= own
    return first, last
