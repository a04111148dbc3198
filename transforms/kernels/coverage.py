"""Which text of an index each row covers most of, given the n-grams that they share.

A place is a token's number in the index, whose texts lie one after another. What a row shares with a text are
the places where shared n-grams begin; it covers n tokens from each on:

    text        a b c d e f g h        n = 3
    places        x x     x            n-grams that the row has too
    covered       - - - - - - -        1 + 3 + 3 of 8 tokens: as far as the next place, but n at most

N-grams with many places ("which of the following statements is") are hot: a row that has one would meet all
texts that do. So rows that have the same hot n-grams are looked at once for all, and so are texts that have
the same ones at the same distances, which are of one kind: by these alone a row covers as many tokens of each
and the largest share of the shortest. The other n-grams have few places, and only for the texts that those
are in are the two put together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from transforms.kernels.arrays import cut, run_starts, spread
from transforms.kernels.shingles import scramble

HOT = 32
"""An n-gram with more places is hot."""

_BLOCK = 1 << 20
"""Places that are looked at together, or those of one row if they are more."""

_PLACE = 0xFFFFFFFF

Scored = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Rows, each once, with the line of the text that each covers most of, and the share covered."""


class Kinds(NamedTuple):
    """Texts by their hot n-grams: the model of a kind is its shortest text, the earliest of those.

    `models` is the model of each text, itself where it has no hot n-gram, and `shifts` how far its hot
    n-grams are from the model's. `hot` are the entries of the index, ascending, that are hot and of a model;
    `places` are theirs.
    """

    models: np.ndarray
    shifts: np.ndarray
    hot: np.ndarray
    places: np.ndarray


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

    @cached_property
    def kinds(self) -> Kinds:
        """The kinds of the texts."""
        hot = self._hot()
        hot = hot[np.argsort(self.places[hot])]
        places = self.places[hot].astype(np.int64)
        owner = self.text_of(places)
        first = run_starts(owner)
        texts, begins = owner[first], places[first]
        apart = places - np.repeat(begins, np.diff(first, append=len(places)))
        hashes = self.hashes[hot] ^ scramble(apart.astype(np.uint64) + np.uint64(1))
        signs = np.add.reduceat(scramble(hashes), first)
        order = np.lexsort((self.lines[texts], self.sizes[texts], signs))
        new = run_starts(signs[order])
        model = np.repeat(order[new], np.diff(new, append=len(order)))
        models, shifts = np.arange(len(self.lines)), np.zeros(len(self.lines), np.int64)
        models[texts[order]], shifts[texts[order]] = texts[model], begins[order] - begins[model]
        hot = np.sort(hot[models[owner] == owner])
        return Kinds(models, shifts, hot, self.places[hot])

    def _hot(self) -> np.ndarray:
        """Entries of the hot n-grams."""
        last = max(0, len(self.hashes) - HOT)
        hot = np.unique(self.hashes[:last][self.hashes[:last] == self.hashes[len(self.hashes) - last :]])
        low, high = (np.searchsorted(self.hashes, hot, side) for side in ("left", "right"))
        return spread(low, high - low)

    def text_of(self, keys: np.ndarray) -> np.ndarray:
        """The text that each key's place is in."""
        return np.searchsorted(self.starts, keys & _PLACE, "right") - 1


class _Shared(NamedTuple):
    """N-grams that some rows share with an index; those of row r are `firsts[r]` and on, `counts[r]`.

    `begins` says where in `places` those of each begin, `sizes` how many they are.
    """

    firsts: np.ndarray
    counts: np.ndarray
    begins: np.ndarray
    sizes: np.ndarray
    places: np.ndarray

    def add_up(self, values: np.ndarray) -> np.ndarray:
        """Sum of the values of each row's n-grams."""
        sums = np.append(np.zeros(1, values.dtype), np.cumsum(values))
        return sums[self.firsts + self.counts] - sums[self.firsts]

    def list_places(self, rows: np.ndarray, owners: np.ndarray) -> np.ndarray:
        """Keys `owner << 32 | place`, sorted, of the places of some rows' n-grams, an owner for each row."""
        at = spread(self.firsts[rows], self.counts[rows])
        sizes = self.sizes[at]
        keys = np.repeat(np.repeat(owners << 32, self.counts[rows]), sizes)
        keys |= self.places[spread(self.begins[at], sizes)]
        keys.sort()
        return keys


def score_coverage(index: Grams, rows: np.ndarray, grams: np.ndarray) -> Iterator[Scored]:
    """The best text of rows, given the row of each shared n-gram, sorted, and where in the index it begins.

    A row may come up more than once; its best score counts.
    """
    names = np.unique(rows)
    common, others = _share(index, names, rows, grams)
    sets = common.add_up(scramble(common.begins.astype(np.uint64) + np.uint64(1)))
    _, leaders, members = np.unique(sets, return_index=True, return_inverse=True)
    order = np.argsort(members, kind="stable")
    bounds = np.searchsorted(members[order], np.arange(len(leaders) + 1))
    for block in _blocks(common.add_up(common.sizes)[leaders]):
        hot = common.list_places(leaders[block], np.arange(block.start, block.stop))
        chosen = order[bounds[block.start] : bounds[block.stop]]
        for found, lines, scores in _score_hot(index, hot, members[chosen]):
            yield names[chosen[found]], lines, scores
        for inner in _blocks(others.add_up(others.sizes)[chosen]):
            some = chosen[inner]
            keys = others.list_places(some, np.arange(len(some)))
            for found, lines, scores in _score_others(index, keys, hot, members[some]):
                yield names[some[found]], lines, scores


def _share(index: Grams, names: np.ndarray, rows: np.ndarray, grams: np.ndarray) -> tuple[_Shared, _Shared]:
    """N-grams that rows share with an index: hot ones, with their places in models alone, and all others."""
    ends = np.searchsorted(index.hashes, index.hashes[grams], "right")
    hot = ends - grams > HOT
    low, high = (np.searchsorted(index.kinds.hot, at[hot]) for at in (grams, ends))
    firsts, counts = _runs(names, rows[hot])
    common = _Shared(firsts, counts, low, high - low, index.kinds.places)
    return common, _Shared(*_runs(names, rows[~hot]), grams[~hot], (ends - grams)[~hot], index.places)


def _runs(names: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each name begins among sorted rows, and how often it is there."""
    firsts = np.searchsorted(rows, names)
    return firsts, np.searchsorted(rows, names, "right") - firsts


def _score_hot(index: Grams, hot: np.ndarray, members: np.ndarray) -> Iterator[Scored]:
    """The best text of rows by the hot n-grams of the sets that they are members of."""
    if len(hot):
        sets, lines, scores = _score(index, hot)
        at = np.minimum(np.searchsorted(sets, members), len(sets) - 1)
        rows = np.flatnonzero(sets[at] == members)
        yield rows, lines[at[rows]], scores[at[rows]]


def _score_others(index: Grams, keys: np.ndarray, hot: np.ndarray, members: np.ndarray) -> Iterator[Scored]:
    """The best text of rows among those with places in `keys`, by these and by the places in `hot`."""
    texts = index.text_of(keys)
    pairs = run_starts(keys >> 32, texts)
    counts = np.diff(pairs, append=len(keys))
    rows, texts = keys[pairs] >> 32, texts[pairs]
    models = index.kinds.models[texts]
    first, last = (
        np.searchsorted(hot, (members[rows] << 32) + starts[models])
        for starts in (index.starts[:-1], index.starts[1:])
    )
    shifts = (rows - members[rows] << 32) + index.kinds.shifts[texts]
    for block in _blocks(counts + last - first):
        more = last[block] - first[block]
        joined = hot[spread(first[block], more)] + np.repeat(shifts[block], more)
        own = keys[spread(pairs[block], counts[block])]
        yield _score(index, np.sort(np.concatenate([own, joined])))


def _score(index: Grams, keys: np.ndarray) -> Scored:
    """The best text of each owner of some keys, which are sorted."""
    covered = np.minimum(np.diff(keys, append=keys[-1] + index.ngram), index.ngram)
    texts = index.text_of(keys)
    pairs = run_starts(keys >> 32, texts)
    owners, texts = keys[pairs] >> 32, texts[pairs]
    scores = np.add.reduceat(covered, pairs) / index.sizes[texts]
    first = run_starts(owners)
    best = np.maximum.reduceat(scores, first)
    behind = scores < np.repeat(best, np.diff(first, append=len(owners)))
    lines = np.where(behind, np.iinfo(np.int64).max, index.lines[texts])
    return owners[first], np.minimum.reduceat(lines, first), best


def _blocks(work: np.ndarray) -> Iterator[slice]:
    """Runs of items that have about `_BLOCK` places together."""
    return (slice(low, high) for low, high in cut(np.append(0, np.cumsum(work)), _BLOCK))
