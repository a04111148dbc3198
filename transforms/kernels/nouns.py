"""The noun that a verb asks for, as in the verb-noun pairs of Self-Instruct and Alpaca."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pyarrow as pa

from transforms.kernels.asks import Asks
from transforms.kernels.lexicon import split_words
from transforms.kernels.phrasebook import Kind, phrasebook
from transforms.kernels.phrases import listed, load_phrases
from transforms.kernels.signals import Signals
from transforms.kernels.word_layout import CLAUSE

_WINDOW = 8
_LONGEST = 24


@cache
def _hashes(name: str) -> np.ndarray:
    """Hashes of the words of a list in the data file, ascending."""
    return np.unique(split_words(pa.array(listed(load_phrases("tasks")[name]), pa.string())).hashes)


def find_nouns(asks: Asks, signals: Signals) -> pa.StringArray:
    """Per text the singular of the noun that ends the phrase after the verb; null where there is none.

    In a script without spaces it is the first phrase that the data file lists as an object.
    """
    word = _last_words(asks, signals)
    rows = np.flatnonzero(word >= 0)
    _, first, which = np.unique(asks.words.hashes[word[rows]], return_index=True, return_inverse=True)
    names = np.array([*(_noun(asks, at) for at in word[rows[first]]), None], object)
    number = np.full(signals.size, -1)
    number[rows] = which
    nouns = names[number]
    for row, phrase in _listed_nouns(asks):
        nouns[row] = phrase
    return pa.array(nouns, pa.string())


def _last_words(asks: Asks, signals: Signals) -> np.ndarray:
    """Number of the word that ends the phrase after each text's verb, or -1."""
    found = np.full(signals.size, -1)
    rows = np.flatnonzero((signals.verb >= 0) & ~asks.unspaced)
    if len(rows) == 0:
        return found
    begin = asks.hits.word[signals.hit[rows]] + asks.hits.length[signals.hit[rows]]
    steps = np.arange(_WINDOW + 1)
    at = np.minimum(begin[:, None] + steps, len(asks.layout.row) - 1)
    outside = (begin[:, None] + steps >= asks.offsets[rows + 1][:, None]) | (steps == _WINDOW)
    hashes = asks.words.hashes[at]
    passed, stopped = (_holds(_hashes(name), hashes) for name in ("determiners", "stoppers"))
    first = np.logical_and.accumulate(passed & ~outside, axis=1).sum(1)
    behind = steps > first[:, None]
    ends = outside | (stopped | (behind & (asks.layout.place[at] >= CLAUSE))) & (steps >= first[:, None])
    last = np.argmax(ends & (steps >= first[:, None]), axis=1) - 1
    some = np.flatnonzero(last >= first)
    found[rows[some]] = at[some, last[some]]
    return found


def _holds(sorted_: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    at = np.minimum(np.searchsorted(sorted_, hashes), len(sorted_) - 1)
    return np.asarray(sorted_[at] == hashes)


def _noun(asks: Asks, word: int) -> str | None:
    tokens = asks.words.tokens
    raw = asks.words.text.data[tokens.starts[word] : tokens.ends[word]].tobytes()
    return singular(raw.decode()) if len(raw) <= _LONGEST and not raw.isdigit() else None


def _listed_nouns(asks: Asks) -> Iterator[tuple[int, str]]:
    """Row and object phrase for texts in scripts without spaces; of one row's pairs the last counts."""
    at = np.flatnonzero(asks.kind == Kind.OBJECT)
    at = at[asks.unspaced[asks.layout.row[asks.hits.word[at]]]]
    at = at[np.lexsort((asks.hits.length[at], -asks.hits.word[at]))]
    for hit in at:
        yield asks.layout.row[asks.hits.word[hit]], phrasebook().texts[asks.hits.phrase[hit]]


def singular(noun: str) -> str:
    """A noun without the ending of an English plural.

    >>> singular("stories"), singular("boxes"), singular("tips"), singular("analysis"), singular("news")
    ('story', 'box', 'tip', 'analysis', 'news')
    """
    if not noun.isascii() or len(noun) < 4 or noun.endswith(("ss", "us", "is", "news", "series")):
        return noun
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    if noun.endswith(("xes", "ches", "shes", "sses")):
        return noun[:-2]
    return noun.removesuffix("s")
