"""Phrases found in texts, all of a lexicon at once: a trie over hashed words, walked by columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from transforms.kernels.arrays import Bytes, buffers, spread
from transforms.kernels.shingles import hash_ranges
from transforms.kernels.text import lower, lower_rows
from transforms.kernels.tokens import Tokens, find_tokens

_BUCKET_BITS = 16
_SHIFT = np.uint64(64 - _BUCKET_BITS)


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
    """Where phrases stand: number of the first word and of the phrase, and its words; shorter ones first."""

    word: np.ndarray
    phrase: np.ndarray
    length: np.ndarray


@dataclass(frozen=True)
class Lexicon:
    """Phrases by number, as a trie over the numbers of words.

    `vocabulary` has the words' hashes, ascending; `buckets` says where those with the same upper bits begin,
    `deepest` how many share these at most. `roots` leads from a first word to a state, `edges` and `targets`
    from a state and a word to the next; `leads_on` marks the states that have a next. The phrases that end in
    state i are `phrases[ends[i]:ends[i + 1]]`.
    """

    vocabulary: np.ndarray
    buckets: np.ndarray
    deepest: int
    roots: np.ndarray
    edges: np.ndarray
    targets: np.ndarray
    leads_on: np.ndarray
    ends: np.ndarray
    phrases: np.ndarray

    @classmethod
    def of(cls, phrases: Iterable[str]) -> Lexicon:
        """The lexicon of some phrases; a phrase that is listed twice has two numbers."""
        words = split_words(pa.array(list(phrases), pa.string()))
        vocabulary, ids = np.unique(words.hashes, return_inverse=True)
        children, ended = _grow(ids.tolist(), words.tokens.offsets.tolist())
        size, states = len(vocabulary), len(ended)
        roots = np.full(size + 1, -1, np.int32)
        inner = {state * size + word: target for (state, word), target in children.items() if state}
        for (state, word), target in children.items():
            if state == 0:
                roots[word] = target
        keys = np.array(sorted(inner), np.int64)
        leads_on = np.zeros(states, bool)
        leads_on[keys // max(size, 1)] = True
        buckets = np.searchsorted(vocabulary >> _SHIFT, np.arange((1 << _BUCKET_BITS) + 1, dtype=np.uint64))
        return cls(
            vocabulary=vocabulary,
            buckets=buckets.astype(np.int32),
            deepest=int(np.diff(buckets).max(initial=0)),
            roots=roots,
            edges=keys,
            targets=np.array([inner[key] for key in keys.tolist()], np.int32),
            leads_on=leads_on,
            ends=np.cumsum([0, *map(len, ended)]).astype(np.int64),
            phrases=np.array([phrase for each in ended for phrase in each], np.int64),
        )

    def find(self, words: Words) -> Hits:
        """Every phrase that stands in the texts, those within others too.

        >>> lexicon = Lexicon.of(["a b", "b", "a b"])
        >>> lexicon.find(split_words(pa.array(["A-b c", "b"]))).phrase.tolist()
        [1, 1, 0, 2]
        """
        ids = self._ids(words.hashes)
        at = np.flatnonzero(self.roots[ids] >= 0)
        state, begin, length = self.roots[ids[at]], at, 1
        ends = np.zeros(len(ids) + 1, bool)
        ends[words.tokens.offsets] = True
        found = [self._ended(begin, state, length)]
        while len(begin):
            on = self.leads_on[state] & ~ends[begin + length]
            begin, state = begin[on], state[on]
            word = ids[begin + length]
            known = word < len(self.vocabulary)
            begin, keys = begin[known], state[known].astype(np.int64) * len(self.vocabulary) + word[known]
            to = np.minimum(np.searchsorted(self.edges, keys), len(self.edges) - 1)
            there = self.edges[to] == keys if len(keys) else np.zeros(0, bool)
            begin, state, length = begin[there], self.targets[to[there]], length + 1
            found.append(self._ended(begin, state, length))
        return Hits(*(np.concatenate(columns) for columns in zip(*found, strict=True)))

    def _ids(self, hashes: np.ndarray) -> np.ndarray:
        """Number of each word (int32); for a word that is in no phrase, the size of the vocabulary."""
        ids = np.full(len(hashes), len(self.vocabulary), np.int32)
        upper = (hashes >> _SHIFT).astype(np.int32)
        start = self.buckets[upper]
        some = np.flatnonzero(self.buckets[upper + 1] > start)
        start, wanted = start[some], hashes[some]
        for more in range(self.deepest):
            entry = np.minimum(start + more, len(self.vocabulary) - 1)
            same = self.vocabulary[entry] == wanted
            ids[some[same]] = entry[same]
        return ids

    def _ended(self, begin: np.ndarray, state: np.ndarray, length: int) -> Hits:
        counts = self.ends[state + 1] - self.ends[state]
        which = np.flatnonzero(counts)
        counts, first = counts[which], self.ends[state[which]]
        starts = np.repeat(begin[which], counts)
        return Hits(starts, self.phrases[spread(first, counts)], np.full(len(starts), length))


def _grow(ids: list[int], offsets: list[int]) -> tuple[dict[tuple[int, int], int], list[list[int]]]:
    """The trie of some phrases' words: the state that a state and a word lead to, and what ends in each."""
    children: dict[tuple[int, int], int] = {}
    ended: list[list[int]] = [[]]
    for number, (start, stop) in enumerate(pairwise(offsets)):
        state = 0
        for word in ids[start:stop]:
            fresh = len(ended)
            state = children.setdefault((state, word), fresh)
            if state == fresh:
                ended.append([])
        ended[state].append(number)
    return children, ended
