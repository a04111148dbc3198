"""Where words stand in a text: in which sentence and line, at the beginning of a clause or in the middle."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from transforms.kernels.lexicon import Words

NOWHERE, CLAUSE, SENTENCE, REQUEST = range(4)
"""Places of a word: no particular one, where a clause or a sentence begins, after the words of a request."""


def _table(characters: str) -> np.ndarray:
    table = np.zeros(256, bool)
    table[list(characters.encode())] = True
    return table


_CLAUSE, _START, _SENTENCE, _LINE = map(_table, (',-("*#>[/', '.!?;:\n"', ".!?\n", "\n"))
_WIDE = {
    "，": (True, False, False),
    "、": (True, False, False),
    "–": (True, False, False),
    "—": (True, False, False),
    "“": (True, True, False),
    "「": (True, False, False),
    "：": (False, True, False),
    "；": (False, True, False),
    "。": (False, True, True),
    "！": (False, True, True),
    "？": (False, True, True),
}
"""Of marks of three bytes: whether a clause, a start and a new sentence follow them."""


class Layout(NamedTuple):
    """Of each word its row, its place (`CLAUSE`, `SENTENCE` or neither), its sentence, and some masks.

    `last` marks the words of a row's last line or, in a single line, of its last sentence; `bulleted` those
    after a bullet; `unspaced` those of a script that does not part words.
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
    first = np.zeros(len(row), bool)
    first[offsets[:-1][np.diff(offsets) > 0]] = True
    before = np.maximum(np.append(0, tokens.ends[:-1]), words.text.offsets[:-1][row])
    clause, start, sentence, line = (
        (total[tokens.starts] > total[before]) | first for total in map(_running, _marks(words.text.data))
    )
    number = np.cumsum(sentence)
    number -= number[offsets[:-1].clip(max=len(row) - 1)][row]
    mark = words.text.data[np.maximum(tokens.starts - 2, 0)]
    return Layout(
        row,
        np.where(start, SENTENCE, np.where(clause, CLAUSE, NOWHERE)),
        number,
        _last(np.cumsum(line), number, offsets, row),
        line & clause & np.isin(mark, list(b"-*(")),
        _unspaced(words),
    )


def _running(mask: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(mask)])


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


def _marks(data: np.ndarray) -> list[np.ndarray]:
    """Masks of the bytes that a clause, a start, a new sentence and a new line follow."""
    clause, start, sentence, line = (table[data] for table in (_CLAUSE, _START, _SENTENCE, _LINE))
    wide = np.flatnonzero(data[:-2] >= 0xE2) if len(data) > 2 else np.zeros(0, np.int64)
    if len(wide):
        codes = data[wide].astype(np.uint32) << 16 | data[wide + 1].astype(np.uint32) << 8 | data[wide + 2]
        for mark, kinds in _WIDE.items():
            here = wide[codes == int.from_bytes(mark.encode(), "big")]
            for mask, follows in zip((clause, start, sentence), kinds, strict=True):
                mask[here] |= follows
    return [clause, start, sentence, line]
