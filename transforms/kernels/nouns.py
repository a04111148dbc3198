"""The noun that a verb asks for, as in the verb-noun pairs of Self-Instruct and Alpaca."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from transforms.kernels.asks import Asks
from transforms.kernels.phrasebook import Kind, phrasebook
from transforms.kernels.places import CLAUSE
from transforms.kernels.signals import Signals

_WINDOW = 8
_LONGEST = 24


def find_nouns(asks: Asks, signals: Signals) -> list[str | None]:
    """Per text the singular of the noun that ends the phrase after the verb; None where there is none.

    Where the script does not part words it is the first of the phrases of the data file's objects.
    """
    nouns = _listed_nouns(asks, signals)
    rows = np.flatnonzero((signals.verb >= 0) & ~asks.unspaced)
    if len(rows) == 0:
        return nouns
    begin = asks.hits.word[signals.hit[rows]] + asks.hits.length[signals.hit[rows]]
    at = np.minimum(begin[:, None] + np.arange(_WINDOW + 1), len(asks.layout.row) - 1)
    outside = (asks.layout.row[at] != rows[:, None]) | (np.arange(_WINDOW + 1) == _WINDOW)
    passed, stopped = (_words_of(asks, kind) for kind in (Kind.DETERMINER, Kind.STOPPER))
    leading = np.logical_and.accumulate(passed[at] & ~outside, axis=1)
    first = leading.sum(1)
    behind = np.arange(_WINDOW + 1) > first[:, None]
    ends = outside | stopped[at] | (behind & (asks.layout.place[at] >= CLAUSE))
    last = np.argmax(ends & (np.arange(_WINDOW + 1) >= first[:, None]), axis=1) - 1
    for row, word in zip(rows[last >= first], at[np.arange(len(rows)), last][last >= first], strict=True):
        nouns[row] = _noun(asks, word)
    return nouns


def _words_of(asks: Asks, kind: Kind) -> np.ndarray:
    """Mask of the words that phrases of a kind cover."""
    cover = np.zeros(len(asks.layout.row) + 1, np.int64)
    which = asks.kind == kind
    np.add.at(cover, asks.hits.word[which], 1)
    np.add.at(cover, asks.hits.word[which] + asks.hits.length[which], -1)
    return np.asarray(np.cumsum(cover[:-1]) > 0)


def _noun(asks: Asks, word: int) -> str | None:
    tokens = asks.words.tokens
    raw = asks.words.text.data[tokens.starts[word] : tokens.ends[word]].tobytes()
    return singular(raw.decode()) if len(raw) <= _LONGEST and not raw.isdigit() else None


def _listed_nouns(asks: Asks, signals: Signals) -> list[str | None]:
    nouns: list[str | None] = [None] * signals.size
    at = np.flatnonzero(asks.kind == Kind.OBJECT)
    rows = asks.layout.row[asks.hits.word[at]]
    for hit, row in zip(at[::-1], rows[::-1], strict=True):
        if asks.unspaced[row]:
            nouns[row] = phrasebook().texts[asks.hits.phrase[hit]]
    return nouns


@lru_cache(maxsize=4096)
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
