"""The request in an instruction: which verb asks, and how surely."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels.lexicon import split_words
from transforms.kernels.phrasebook import Kind, phrasebook
from transforms.kernels.places import CLAUSE, NOWHERE, REQUEST, SENTENCE, is_kana, lay_out

HEAD, TAIL = 400, 360
"""Characters at the beginning and at the end of a long instruction that are looked at."""

SURE, POSSIBLE, BESIDES = 50, 25, 75
"""Scores: of a verb that asks; of one that may, where nothing else does; of one that a last question outdoes."""

_OPENERS = 4
"""So many openers may follow each other."""


def view(instruction: pa.LargeStringArray) -> pa.LargeStringArray:
    """Each instruction, of a long one its beginning and its end.

    >>> len(view(pa.array(["a" * 9000], pa.large_string()))[0].as_py()) == HEAD + TAIL + 3
    True
    """
    long = pc.greater(pc.utf8_length(instruction), HEAD + TAIL)
    if not pc.any(long).as_py():
        return instruction
    between, nothing = (pa.scalar(text, pa.large_string()) for text in ("\n\x01\n", ""))
    head, tail = pc.utf8_slice_codeunits(instruction, 0, HEAD), pc.utf8_slice_codeunits(instruction, -TAIL)
    return pc.if_else(long, pc.binary_join_element_wise(head, between, tail, nothing), instruction)


class Asks:
    """What the words of some instructions are: a row each, an entry for each word, for each phrase a hit."""

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
        total = np.concatenate([[0], np.cumsum(mask)])
        counts = np.diff(self.offsets)
        return (total[self.offsets[1:]] - total[self.offsets[:-1]]) / np.maximum(counts, 1)

    @cached_property
    def asked(self) -> np.ndarray:
        """Mask of the texts with a question mark."""
        return np.asarray(pc.match_substring_regex(self.views, "[?？؟]").to_numpy(zero_copy_only=False))

    @cached_property
    def unspaced(self) -> np.ndarray:
        """Mask of the texts in a script that does not part words."""
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
        """Where each word stands, what opens a request passed over."""
        place = self.layout.place.copy()
        requested, _ = self.after(np.flatnonzero(self.kind == Kind.REQUEST))
        place[requested] = REQUEST
        following, openers = self.after(np.flatnonzero(self.kind == Kind.OPENER))
        for _ in range(_OPENERS):
            np.maximum.at(place, following, place[self.hits.word[openers]])
        return place

    @cached_property
    def in_request(self) -> np.ndarray:
        """Mask of the words that the words of a request precede in their sentence."""
        begun = np.zeros(len(self.layout.row), np.int64)
        begun[self.hits.word[self.kind == Kind.REQUEST]] = 1
        if len(begun) == 0:
            return begun.astype(bool)
        change = (np.diff(self.layout.sentence) != 0) | (np.diff(self.layout.row) != 0)
        firsts = np.flatnonzero(np.append(True, change))
        total = np.cumsum(begun)
        at = np.repeat(firsts, np.diff(np.append(firsts, len(begun))))
        return np.asarray(total - total[at] + begun[at] > 0)

    @cached_property
    def verbs(self) -> tuple[np.ndarray, np.ndarray]:
        """Per row the hit that asks, or -1, and how surely: the best of the places that verbs stand in."""
        at, score = self._candidates()
        rows = self.layout.row[self.hits.word[at]]
        last_first = self.share(is_kana(self.words))[rows] > 0.2  # in Japanese the verb stands last
        order = np.lexsort((np.where(last_first, -self.hits.word[at], self.hits.word[at]), -score, rows))
        best, sure = np.full(len(self.views), -1), np.full(len(self.views), -100)
        if len(order):
            heads = order[np.append(True, rows[order][1:] != rows[order][:-1])]
            best[rows[heads]], sure[rows[heads]] = at[heads], score[heads]
        return best, sure

    def _candidates(self) -> tuple[np.ndarray, np.ndarray]:
        """Hits of verbs that may ask, and their scores."""
        word, layout = self.hits.word, self.layout
        nowhere = self.place[word] == NOWHERE
        shadowed, joined = np.zeros(len(layout.row), bool), np.zeros(len(layout.row), bool)
        shadowed[word[self.kind == Kind.NO_VERB]] = True
        joined[self.after(np.flatnonzero(self.kind == Kind.JOINT))[0]] = True
        verb = (self.kind == Kind.VERB) & ~shadowed[word]
        requested = (
            (self.kind == Kind.PARTICIPLE) & (self.place[word] == REQUEST) & ~self.asked[layout.row[word]]
        )
        glued = verb & layout.unspaced[word] & (self.hits.length > 1)
        tied = verb & nowhere & ((joined[word] & (layout.sentence[word] < 3)) | self.in_request[word])
        at = np.flatnonzero(verb & ~nowhere | requested | glued | tied)
        within = self.in_request[word[at]] & ~layout.unspaced[word[at]]
        score = self._score(word[at])
        score = np.where(glued[at] & nowhere[at], score - 8, score)
        score = np.where(tied[at], np.where(within, 52, 36), score)
        score -= 45 * layout.bulleted[word[at]]
        return at, score + self.hits.length[at] - 65 * phrasebook().weak[self.value[at]]

    def _score(self, word: np.ndarray) -> np.ndarray:
        """How surely a verb asks by the place it stands in, up to 100."""
        layout, place = self.layout, np.maximum(self.place[word], CLAUSE)
        where = [layout.sentence[word] == 0, layout.last[word], layout.sentence[word] < 4]
        return np.select(
            [place == REQUEST, place == SENTENCE],
            [np.select(where, [98, 92, 70], 45), np.select(where, [100, 88, 72], 40)],
            np.select(where, [80, 66, 52], 25),
        )
