"""Phrases found in texts, all of a lexicon at once: a trie over hashed words that is walked column by column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from transforms.kernels.arrays import Bytes, buffers
from transforms.kernels.shingles import hash_ranges
from transforms.kernels.text import lower, lower_rows
from transforms.kernels.tokens import Tokens, find_tokens

_SIEVE_BITS = 16


class Words(NamedTuple):
    """The words of some texts: their bytes, lower-cased, where each word is, and its hash."""

    text: Bytes
    tokens: Tokens
    hashes: np.ndarray


def split_words(texts: pa.Array) -> Words:
    """The words of each text, in lower case.

    >>> split_words(pa.array(["Ab c", "ab"])).tokens.offsets.tolist()
    [0, 2, 3]
    """
    text = buffers(lower_rows(texts, lower))
    tokens = find_tokens(text)
    return Words(text, tokens, hash_ranges(text.data, tokens.starts, tokens.ends))


class Hits(NamedTuple):
    """Where phrases stand: the number of the first word (ascending), of the phrase, and how many words it has."""

    word: np.ndarray
    phrase: np.ndarray
    length: np.ndarray


@dataclass(frozen=True)
class Lexicon:
    """Phrases by number, as a trie: what a word in a state leads to, and which phrases end there."""

    vocabulary: np.ndarray
    sieve: np.ndarray
    edges: np.ndarray
    targets: np.ndarray
    ends: Sequence[np.ndarray]

    @classmethod
    def of(cls, phrases: Iterable[str]) -> Lexicon:
        """The lexicon of some phrases; a phrase that is listed twice has two numbers."""
        listed = list(phrases)
        words = split_words(pa.array(listed, pa.string()))
        vocabulary, ids = np.unique(words.hashes, return_inverse=True)
        children: dict[tuple[int, int], int] = {}
        ends: list[list[int]] = [[]]
        for number, (start, stop) in enumerate(
            zip(words.tokens.offsets, words.tokens.offsets[1:], strict=False)
        ):
            state = 0
            for word in ids[start:stop].tolist():
                fresh = len(ends)
                state = children.setdefault((state, word), fresh)
                if state == fresh:
                    ends.append([])
            ends[state].append(number)
        keys = np.array([state * len(vocabulary) + word for state, word in children], np.int64)
        order = np.argsort(keys)
        sieve = np.zeros(1 << _SIEVE_BITS, bool)
        sieve[(vocabulary >> np.uint64(64 - _SIEVE_BITS)).astype(np.int64)] = True
        targets = np.array(list(children.values()), np.int64)[order]
        return cls(vocabulary, sieve, keys[order], targets, [np.array(each, np.int64) for each in ends])

    def find(self, words: Words) -> Hits:
        """Every phrase that stands in the texts, those within others too.

        >>> lexicon = Lexicon.of(["a b", "b", "a b"])
        >>> lexicon.find(split_words(pa.array(["A-b c", "b"]))).phrase.tolist()
        [0, 2, 1, 1]
        """
        ids = self._ids(words.hashes)
        rows = np.repeat(words.tokens.offsets[1:], np.diff(words.tokens.offsets))
        at = np.flatnonzero(ids >= 0)
        state, begin, length = np.zeros(len(at), np.int64), at, 0
        found: list[Hits] = []
        while len(at):
            state, there = self._step(state, ids[at])
            at, begin, state = at[there], begin[there], state[there]
            length += 1
            found.append(self._ended(begin, state, length))
            at = at + 1
            inside = at < rows[begin]
            at, begin, state = at[inside], begin[inside], state[inside]
            known = ids[at] >= 0
            at, begin, state = at[known], begin[known], state[known]
        columns = [
            np.concatenate([getattr(each, name) for each in found] or [np.zeros(0, np.int64)])
            for name in Hits._fields
        ]
        order = np.lexsort((columns[1], columns[0]))
        return Hits(*(column[order] for column in columns))

    def _ids(self, hashes: np.ndarray) -> np.ndarray:
        ids = np.full(len(hashes), -1, np.int64)
        maybe = np.flatnonzero(self.sieve[(hashes >> np.uint64(64 - _SIEVE_BITS)).astype(np.int64)])
        at = np.minimum(np.searchsorted(self.vocabulary, hashes[maybe]), len(self.vocabulary) - 1)
        ids[maybe] = np.where(self.vocabulary[at] == hashes[maybe], at, -1)
        return ids

    def _step(self, state: np.ndarray, word: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        keys = state * len(self.vocabulary) + word
        at = np.minimum(np.searchsorted(self.edges, keys), len(self.edges) - 1)
        return self.targets[at], self.edges[at] == keys

    def _ended(self, begin: np.ndarray, state: np.ndarray, length: int) -> Hits:
        counts = np.array([len(each) for each in self.ends])[state]
        which = np.flatnonzero(counts)
        phrases = [self.ends[each] for each in state[which]]
        starts = np.repeat(begin[which], counts[which])
        return Hits(starts, np.concatenate(phrases or [np.zeros(0, np.int64)]), np.full(len(starts), length))
