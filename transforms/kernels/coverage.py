"""Which text of an index each row covers most of, given the n-grams that they share.

A place is a token's number in the index, whose texts lie one after another. What a row shares with a text are
the places where shared n-grams begin; it covers n tokens from each on:

    text        a b c d e f g h        n = 3
    places        x x     x            n-grams that the row has too
    covered       - - - - - - -        1 + 3 + 3 of 8 tokens: as far as the next place, but n at most

N-grams in many texts ("which of the following statements is") are hot. Rows that have the same of them cover
the same by them, so their places are listed once for all of these rows. The others have few places, and only
for the texts that those are in are the two put together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from transforms.kernels.arrays import cut
from transforms.kernels.ranks import spread
from transforms.kernels.shingles import mix

HOT = 32
"""An n-gram with more places is hot."""

_BLOCK = 1 << 20
"""Places that are looked at together, or those of one row if they are more."""

_PLACE = 0xFFFFFFFF

Scored = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Rows, each once, with the line of the text that each covers most of, and the share covered."""


@dataclass(frozen=True, eq=False)
class Grams:
    """The n-grams of some texts and the places where they begin.

    `hashes` (uint64, sorted) has a hash for each place in `places` (uint32); text i has the tokens
    `starts[i]:starts[i + 1]` and is of the example `lines[i]`.
    """

    ngram: int
    hashes: np.ndarray
    places: np.ndarray
    starts: np.ndarray
    lines: np.ndarray

    @cached_property
    def sizes(self) -> np.ndarray:
        """Tokens of each text."""
        return np.diff(self.starts)

    def list_places(self, owners: np.ndarray, grams: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        """Keys `owner << 32 | place`, sorted, of n-grams that begin at `grams` in the index."""
        keys = np.repeat(owners << 32, sizes) | self.places[spread(grams, sizes)]
        keys.sort()
        return keys

    def text_of(self, keys: np.ndarray) -> np.ndarray:
        """The text that each key's place is in."""
        return np.searchsorted(self.starts, keys & _PLACE, "right") - 1


class _Shared(NamedTuple):
    """The n-grams that some rows share with an index; those of row r are `firsts[r]` and on, `counts[r]`.

    `grams` are where each begins in the index, `sizes` its places, `hot` whether it is hot.
    """

    names: np.ndarray
    firsts: np.ndarray
    counts: np.ndarray
    grams: np.ndarray
    sizes: np.ndarray
    hot: np.ndarray

    @classmethod
    def of(cls, index: Grams, rows: np.ndarray, grams: np.ndarray) -> _Shared:
        """From the row of each n-gram, sorted."""
        names, firsts, counts = np.unique(rows, return_index=True, return_counts=True)
        sizes = np.searchsorted(index.hashes, index.hashes[grams], "right") - grams
        return cls(names, firsts, counts, grams, sizes, sizes > HOT)

    def work(self, *, hot: bool) -> np.ndarray:
        """Places of each row's n-grams that are hot, or that are not."""
        return np.add.reduceat(np.where(self.hot == hot, self.sizes, 0), self.firsts)

    def hot_sets(self) -> tuple[np.ndarray, np.ndarray]:
        """A row for each distinct set of hot n-grams, and the number of each row's set."""
        hashes = np.where(self.hot, mix(self.grams.astype(np.uint64) + np.uint64(1)), np.uint64(0))
        sums = np.add.reduceat(hashes, self.firsts)
        _, leaders, members = np.unique(sums, return_index=True, return_inverse=True)
        return leaders, members

    def list_places(self, index: Grams, rows: np.ndarray, owners: np.ndarray, *, hot: bool) -> np.ndarray:
        """Keys of the places of some rows' n-grams, hot or not, under other owners' names."""
        at = spread(self.firsts[rows], self.counts[rows])
        keep = self.hot[at] == hot
        at, owners = at[keep], np.repeat(owners, self.counts[rows])[keep]
        return index.list_places(owners, self.grams[at], self.sizes[at])


def score_rows(index: Grams, rows: np.ndarray, grams: np.ndarray) -> Iterator[Scored]:
    """The best text of rows, given the row of each shared n-gram, sorted, and where in the index it begins.

    A row may come more than once; the best of what is said of it holds.
    """
    if len(rows) == 0:
        return
    shared = _Shared.of(index, rows, grams)
    leaders, members = shared.hot_sets()
    order = np.argsort(members, kind="stable")
    bounds = np.searchsorted(members[order], np.arange(len(leaders) + 1))
    for sets in _blocks(shared.work(hot=True)[leaders]):
        numbers = np.arange(sets.start, sets.stop)
        hot = shared.list_places(index, leaders[sets], numbers, hot=True)
        chosen = order[bounds[sets.start] : bounds[sets.stop]]
        for found, lines, scores in _score_hot(index, hot, members[chosen]):
            yield shared.names[chosen[found]], lines, scores
        for block in _blocks(shared.work(hot=False)[chosen]):
            some = chosen[block]
            keys = shared.list_places(index, some, np.arange(len(some)), hot=False)
            for found, lines, scores in _score_others(index, keys, hot, members[some]):
                yield shared.names[some[found]], lines, scores


def _score_hot(index: Grams, hot: np.ndarray, members: np.ndarray) -> Iterator[Scored]:
    """The best text of rows by the hot n-grams of the sets that they are members of."""
    if len(hot):
        sets, lines, scores = _score(index, hot)
        at = np.minimum(np.searchsorted(sets, members), len(sets) - 1)
        rows = np.flatnonzero(sets[at] == members)
        yield rows, lines[at[rows]], scores[at[rows]]


def _score_others(index: Grams, keys: np.ndarray, hot: np.ndarray, members: np.ndarray) -> Iterator[Scored]:
    """The best text of rows among those with places in `keys`, by these and the places in `hot`."""
    texts = index.text_of(keys)
    pairs = _changes(keys >> 32, texts)
    counts = np.diff(pairs, append=len(keys))
    rows, texts = keys[pairs] >> 32, texts[pairs]
    first, last = (
        np.searchsorted(hot, (members[rows] << 32) + starts[texts])
        for starts in (index.starts[:-1], index.starts[1:])
    )
    for block in _blocks(counts + last - first):
        more = last[block] - first[block]
        joined = np.repeat(rows[block] << 32, more) | (hot[spread(first[block], more)] & _PLACE)
        own = keys[spread(pairs[block], counts[block])]
        yield _score(index, np.sort(np.concatenate([own, joined])))


def _score(index: Grams, keys: np.ndarray) -> Scored:
    """The best text of each owner of some keys, which are sorted."""
    covered = np.minimum(np.diff(keys, append=keys[-1] + index.ngram), index.ngram)
    texts = index.text_of(keys)
    pairs = _changes(keys >> 32, texts)
    owners, texts = keys[pairs] >> 32, texts[pairs]
    scores = np.add.reduceat(covered, pairs) / index.sizes[texts]
    first = _changes(owners)
    best = np.maximum.reduceat(scores, first)
    behind = scores < np.repeat(best, np.diff(first, append=len(owners)))
    lines = np.where(behind, np.iinfo(np.int64).max, index.lines[texts])
    return owners[first], np.minimum.reduceat(lines, first), best


def _blocks(work: np.ndarray) -> Iterator[slice]:
    """Runs of items that have about `_BLOCK` places together."""
    return (slice(low, high) for low, high in cut(np.append(0, np.cumsum(work)), _BLOCK))


def _changes(*columns: np.ndarray) -> np.ndarray:
    """Where the values of some columns differ from those before, the first place among them."""
    new = np.zeros(len(columns[0]), bool)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(new)
