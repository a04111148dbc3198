"""The request in an instruction: which verb asks, and how surely."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels.arrays import is_new
from transforms.kernels.lexicon import split_words
from transforms.kernels.phrasebook import Kind, phrasebook
from transforms.kernels.word_layout import CLAUSE, NOWHERE, REQUEST, SENTENCE, is_kana, lay_out

HEAD, TAIL = 260, 220
"""Characters at the beginning and at the end of a long instruction that are looked at."""

SURE, POSSIBLE, BESIDES = 50, 25, 75
"""Least scores of a verb that asks: in general, without a question, and beside a question at the end."""

QUESTION_MARKS = ("?", "\uff1f", "\u061f")
"""Of Latin, Chinese and Arabic."""

COLONS = ("\uff1a",)
"""Of Chinese and Japanese."""

_OPENERS = 4
"""Openers that may follow each other."""


def view(instruction: pa.LargeStringArray) -> pa.LargeStringArray:
    """Each instruction, a long one cut to its beginning and its end.

    >>> len(view(pa.array(["a" * 9000], pa.large_string()))[0].as_py()) == HEAD + TAIL + 3
    True
    """
    long = pc.greater(pc.utf8_length(instruction), HEAD + TAIL)
    if not pc.any(long).as_py():
        return instruction
    texts = instruction.filter(long)
    between, nothing = (pa.scalar(text, pa.large_string()) for text in ("\n\x01\n", ""))
    head, tail = pc.utf8_slice_codeunits(texts, 0, HEAD), pc.utf8_slice_codeunits(texts, -TAIL)
    cut = pc.binary_join_element_wise(head, between, tail, nothing)
    return pc.replace_with_mask(instruction, long, cut)


class Asks:
    """Instructions taken apart: one row per text, one entry per word, one hit per phrase."""

    def __init__(self, views: pa.LargeStringArray) -> None:
        """Split the texts into words and look for every phrase."""
        self.views = views
        self.words = split_words(views)
        self.offsets = self.words.tokens.offsets
        self.layout = lay_out(self.words)
        self.hits = phrasebook().lexicon.find(self.words)
        self.kind = phrasebook().kinds[self.hits.phrase]
        self.value = phrasebook().values[self.hits.phrase]

    def rows_with(self, words: np.ndarray) -> np.ndarray:
        """Mask of the rows that some words are in."""
        mask = np.zeros(len(self.views), bool)
        mask[self.layout.row[words]] = True
        return mask

    def share(self, mask: np.ndarray) -> np.ndarray:
        """Share of each row's words that a mask marks."""
        marked = np.bincount(self.layout.row[mask], minlength=len(self.views))
        return marked / np.maximum(np.diff(self.offsets), 1)

    @cached_property
    def asked(self) -> np.ndarray:
        """Mask of the texts with a question mark."""
        return self._holds("?", QUESTION_MARKS[1:])

    @cached_property
    def plain(self) -> bool:
        """Whether all texts are ASCII."""
        return bool(self.words.text.data.max(initial=0) < 0x80)

    @cached_property
    def has_colon(self) -> np.ndarray:
        """Mask of the texts with a colon."""
        return self._holds(":", COLONS)

    def _holds(self, mark: str, marks: tuple[str, ...]) -> np.ndarray:
        """Mask of the texts with a punctuation mark of one byte, or with a counterpart in other scripts."""
        found = self.count_bytes(ord(mark)) > 0
        if self.plain:
            return found
        wide = [pc.match_substring(self.views, other) for other in marks]
        return np.logical_or.reduce([found, *(mask.to_numpy(zero_copy_only=False) for mask in wide)])

    def count_bytes(self, byte: int) -> np.ndarray:
        """How often a byte stands in each text."""
        at = np.flatnonzero(self.words.text.data == byte)
        rows = np.searchsorted(self.words.text.offsets, at, "right") - 1
        return np.bincount(rows, minlength=len(self.views))

    @cached_property
    def unspaced(self) -> np.ndarray:
        """Mask of the texts that are mostly in a script without spaces."""
        return self.share(self.layout.unspaced) > 0.5

    def after(self, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The words that follow some hits in their rows, and the hits that have one."""
        following = self.hits.word[which] + self.hits.length[which]
        which, following = (
            which[following < len(self.layout.row)],
            following[following < len(self.layout.row)],
        )
        same = self.layout.row[following] == self.layout.row[self.hits.word[which]]
        return following[same], which[same]

    @cached_property
    def place(self) -> np.ndarray:
        """Place of each word; a word after what opens a request has at least that one's."""
        place = self.layout.place.copy()
        requested, _ = self.after(np.flatnonzero(self.kind == Kind.REQUEST))
        place[requested] = REQUEST
        wished, _ = self.after(np.flatnonzero(self.kind == Kind.WISH))
        place[wished] = np.maximum(place[wished], CLAUSE)
        following, openers = self.after(np.flatnonzero(self.kind == Kind.OPENER))
        for _ in range(_OPENERS):
            np.maximum.at(place, following, place[self.hits.word[openers]])
        return place

    def _behind(self, word: np.ndarray, kind: Kind) -> np.ndarray:
        """Mask of some words that words of a kind precede in their sentence."""
        heads = np.sort(self.hits.word[self.kind == kind])
        if len(heads) == 0:
            return np.zeros(len(word), bool)
        at = np.searchsorted(heads, word) - 1
        before = heads[np.maximum(at, 0)]
        same = self.layout.row[before] == self.layout.row[word]
        return (at >= 0) & same & (self.layout.sentence[before] == self.layout.sentence[word])

    def _closing(self, word: np.ndarray) -> np.ndarray:
        """Mask of some words that end their sentence, as infinitives do in German."""
        layout, after = self.layout, np.minimum(word + 1, len(self.layout.row) - 1)
        ends = (after == word) | (layout.row[after] != layout.row[word])
        return np.asarray(ends | (layout.sentence[after] != layout.sentence[word]))

    @cached_property
    def verbs(self) -> tuple[np.ndarray, np.ndarray]:
        """Per row the hit of the verb that asks, or -1, and its score: the best of all verbs that may ask."""
        at, score = self._candidates()
        rows = self.layout.row[self.hits.word[at]]
        last_first = self.share(is_kana(self.words))[rows] > 0.2  # in Japanese the verb stands last
        order = np.lexsort((np.where(last_first, -self.hits.word[at], self.hits.word[at]), -score, rows))
        best, sure = np.full(len(self.views), -1), np.full(len(self.views), -100)
        heads = order[is_new(rows[order])]
        best[rows[heads]], sure[rows[heads]] = at[heads], score[heads]
        return best, sure

    def _candidates(self) -> tuple[np.ndarray, np.ndarray]:
        """Hits of verbs that may ask, and their scores."""
        layout = self.layout
        shadowed, joined = np.zeros(len(layout.row), bool), np.zeros(len(layout.row), bool)
        shadowed[self.hits.word[self.kind == Kind.NO_VERB]] = True
        joined[self.after(np.flatnonzero(self.kind == Kind.JOINT))[0]] = True
        at = np.flatnonzero((self.kind == Kind.VERB) | (self.kind == Kind.PARTICIPLE))
        word, verb = self.hits.word[at], self.kind[at] == Kind.VERB
        place, unspaced = self.place[word], layout.unspaced[word]
        within = self._behind(word, Kind.REQUEST) & ~unspaced
        requested = ~verb & (place == REQUEST) & ~self.asked[layout.row[word]]
        verb &= ~shadowed[word]
        glued = verb & unspaced & (self.hits.length[at] > 1)
        tied = verb & (place == NOWHERE) & ((joined[word] & (layout.sentence[word] < 3)) | within)
        score = self._score(word) - 8 * (glued & (place == NOWHERE))
        inside = np.where(self.asked[layout.row[word]] & self._closing(word), BESIDES, 52)
        score = np.where(tied, np.where(within, inside, 36), score) - 45 * layout.bulleted[word]
        score += self.hits.length[at] - 65 * phrasebook().weak[self.value[at]]
        may = verb & (place > NOWHERE) | requested | glued | tied
        return at[may], score[may]

    def _score(self, word: np.ndarray) -> np.ndarray:
        """How surely a verb asks by the place it stands in, up to 100."""
        layout, place = self.layout, np.maximum(self.place[word], CLAUSE)
        where = [layout.sentence[word] == 0, layout.last[word], layout.sentence[word] < 4]
        return np.select(
            [place == REQUEST, place == SENTENCE],
            [np.select(where, [98, 92, 70], 45), np.select(where, [100, 88, 72], 40)],
            np.select(where, [80, 66, 52], 25),
        )
