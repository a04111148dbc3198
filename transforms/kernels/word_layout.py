"""Where words stand in a text: in which sentence and line, at the beginning of a clause or in the middle."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from transforms.kernels.lexicon import Words

_LOOK_BACK = 16
"""Bytes before a word that are looked at, at most."""

NOWHERE, CLAUSE, SENTENCE, REQUEST = range(4)
"""Places of a word: no particular one, where a clause or a sentence begins, after the words of a request."""


_CLAUSES, _STARTS, _SENTENCES, _LINES = (np.uint8(1 << bit) for bit in range(4))
_FOLLOWING = {
    ',-("*#>[/': _CLAUSES,
    '.!?;:\n"': _STARTS,
    ".!?\n": _SENTENCES,
    "\n": _LINES,
}
"""What follows marks of one byte: a clause, a start, a new sentence, a new line."""

_WIDE = {
    "\uff0c\u3001\u2013\u2014\u300c": _CLAUSES,
    "\uff1a\uff1b": _STARTS,
    "\u201c": _CLAUSES | _STARTS,
    "\u3002\uff01\uff1f": _STARTS | _SENTENCES,
}
"""The same for marks of three bytes: the comma, colon, dash, quote and full stop of other scripts."""


def _table() -> np.ndarray:
    table = np.zeros(256, np.uint8)
    for characters, follows in _FOLLOWING.items():
        table[list(characters.encode())] |= follows
    return table


_TABLE = _table()


class Layout(NamedTuple):
    """Of each word its row, its place (`CLAUSE`, `SENTENCE` or neither), its sentence, and some masks.

    `last` marks the words of a row's last line or, in a single line, of its last sentence; `bulleted` those
    after a bullet; `unspaced` those of a script without spaces.
    """

    row: np.ndarray
    place: np.ndarray
    sentence: np.ndarray
    last: np.ndarray
    bulleted: np.ndarray
    unspaced: np.ndarray


def lay_out(words: Words) -> Layout:
    """Where each word stands."""
    tokens, offsets = words.tokens, words.tokens.offsets
    row = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    if len(row) == 0:
        nothing = np.zeros(0, bool)
        return Layout(row, row, row, nothing, nothing, nothing)
    before = np.append(0, tokens.ends[:-1])
    heads = offsets[:-1][np.diff(offsets) > 0]
    before[heads] = words.text.offsets[:-1][row[heads]]
    marks = _between(words.text.data, before, tokens.starts)
    hyphen = (tokens.starts - before == 1) & (words.text.data[np.maximum(tokens.starts - 1, 0)] == ord("-"))
    marks[hyphen] = 0
    marks[heads] = _CLAUSES | _STARTS | _SENTENCES | _LINES
    number = np.cumsum((marks & _SENTENCES) > 0)
    number = number - number[offsets[:-1].clip(max=len(row) - 1)][row]
    bullet = np.isin(words.text.data[np.maximum(tokens.starts - 2, 0)], list(b"-*("))
    return Layout(
        row,
        np.where(marks & _STARTS, SENTENCE, np.where(marks & _CLAUSES, CLAUSE, NOWHERE)),
        number,
        _last(np.cumsum((marks & _LINES) > 0), number, offsets, row),
        ((marks & (_LINES | _CLAUSES)) == (_LINES | _CLAUSES)) & bullet,
        _unspaced(words),
    )


def _between(data: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """What follows the marks in each byte range, all of them together."""
    follows = np.zeros(len(start), np.uint8)
    at, left = np.arange(len(start)), end - start
    for back in range(1, _LOOK_BACK + 1):
        at = at[left[at] >= back]
        if len(at) == 0:
            break
        byte = data[end[at] - back]
        follows[at] |= _TABLE[byte]
        wide = at[(byte >= 0x80) & (left[at] >= back + 2)]
        if len(wide):
            follows[wide] |= _wide(data, end[wide] - back)
    return follows


def _wide(data: np.ndarray, last: np.ndarray) -> np.ndarray:
    """What follows the mark of three bytes that ends at each position."""
    first, second, third = (data[last - back].astype(np.uint32) for back in (2, 1, 0))
    codes = first << 16 | second << 8 | third
    follows = np.zeros(len(last), np.uint8)
    for characters, kind in _WIDE.items():
        for mark in characters:
            follows[codes == int.from_bytes(mark.encode(), "big")] = kind
    return follows


def _last(line: np.ndarray, sentence: np.ndarray, offsets: np.ndarray, row: np.ndarray) -> np.ndarray:
    ends = np.maximum(offsets[1:] - 1, 0)
    single = line[offsets[:-1].clip(max=len(row) - 1)] == line[ends]
    return np.where(single[row], sentence == sentence[ends][row], line == line[ends][row])


def _unspaced(words: Words) -> np.ndarray:
    data, starts = words.text.data, words.tokens.starts
    lead, second = data[starts], data[np.minimum(starts + 1, len(data) - 1)]
    return ((lead >= 0xE3) & (lead <= 0xE9)) | ((lead == 0xE0) & (second >= 0xB8) & (second <= 0xBB))


def is_kana(words: Words) -> np.ndarray:
    """Mark the words that are a character of Hiragana or Katakana."""
    data, starts = words.text.data, words.tokens.starts
    if len(starts) == 0:
        return np.zeros(0, bool)
    second = data[np.minimum(starts + 1, len(data) - 1)]
    return np.asarray((data[starts] == 0xE3) & (second >= 0x81) & (second <= 0x83))
