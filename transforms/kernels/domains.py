"""The field of knowledge that an example is about, by the words of a data file."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from transforms.kernels.lexicon import Lexicon, Words
from transforms.kernels.phrases import listed, load_phrases

OTHER = "other"
_SURE, _LIKELY = 3, 1
"""Weights of a word that tells its domain by itself, and of one that only hints at it."""


class _Lists(NamedTuple):
    names: list[str]
    lexicon: Lexicon
    domain: np.ndarray
    weight: np.ndarray
    texts: list[str]


@cache
def _lists() -> _Lists:
    data = load_phrases("domains")
    names = list(data)
    entries = [
        (text, number, weight)
        for number, name in enumerate(names)
        for kind, weight in (("sure", _SURE), ("words", _LIKELY))
        for text in listed(data[name][kind])
    ]
    texts, domain, weight = zip(*entries, strict=True)
    return _Lists(names, Lexicon.of(texts), np.array(domain), np.array(weight), list(texts))


def names() -> list[str]:
    """Every domain, `other` last."""
    return [*_lists().names, OTHER]


def score(words: Words) -> np.ndarray:
    """Weight of each domain's words in each text, each phrase once: of shape (texts, domains)."""
    lists, rows = _lists(), len(words.text)
    hits = lists.lexicon.find(words)
    row = np.searchsorted(words.tokens.offsets, hits.word, "right") - 1
    once = np.unique(row * len(lists.texts) + hits.phrase)
    row, phrase = np.divmod(once, len(lists.texts))
    flat = np.bincount(
        row * len(lists.names) + lists.domain[phrase], lists.weight[phrase], rows * len(lists.names)
    )
    return flat.reshape(rows, len(lists.names))
