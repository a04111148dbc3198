"""The phrases that tasks are told by, from `phrases/tasks.yaml`, all in one lexicon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any

import numpy as np

from transforms.kernels.lexicon import Lexicon
from transforms.kernels.phrases import listed, load_phrases


class Kind(IntEnum):
    """What a phrase is in an instruction."""

    OPENER = 0
    REQUEST = 1
    VERB = 2
    PARTICIPLE = 3
    OBJECT = 4
    SIGNAL = 5
    QUESTION = 6
    HOW = 7
    NO_VERB = 8
    JOINT = 9
    AUXILIARY = 10
    WISH = 11


_LISTS = {
    Kind.OPENER: "openers",
    Kind.REQUEST: "requests",
    Kind.WISH: "wishes",
    Kind.QUESTION: "questions",
    Kind.NO_VERB: "not_verbs",
}
_WORDS = {
    Kind.HOW: ("how",),
    Kind.JOINT: ("and", "to", "then"),
    Kind.AUXILIARY: ("is", "are", "was", "were", "do", "does", "did", "has", "have", "would", "can", "could"),
}
_Entry = tuple[str, Kind, int]


@dataclass(frozen=True)
class Phrasebook:
    """The lexicon of all phrases; of each its kind and, of a verb, an object or a signal, its number."""

    lexicon: Lexicon
    texts: list[str]
    kinds: np.ndarray
    values: np.ndarray
    verbs: list[str]
    categories: list[str]
    weak: np.ndarray
    objects: list[str]
    signals: list[str]
    places: list[str]


@cache
def phrasebook() -> Phrasebook:
    """The phrases of the data file, ready to be looked for."""
    data = load_phrases("tasks")
    verbs = data["verbs"]
    texts, kinds, values = zip(*_entries(data), strict=True)
    return Phrasebook(
        lexicon=Lexicon.of(texts),
        texts=list(texts),
        kinds=np.array(kinds),
        values=np.array(values),
        verbs=list(verbs),
        categories=[verb["category"] for verb in verbs.values()],
        weak=np.array([verb.get("weak", False) for verb in verbs.values()]),
        objects=list(data["objects"]),
        signals=list(data["signals"]),
        places=[signal.get("at", "anywhere") for signal in data["signals"].values()],
    )


def _entries(data: Mapping[str, Any]) -> Iterator[_Entry]:
    for kind, name in _LISTS.items():
        yield from ((text, kind, 0) for text in listed(data[name]))
    for kind, words in _WORDS.items():
        yield from ((text, kind, 0) for text in words)
    for number, (lemma, verb) in enumerate(data["verbs"].items()):
        yield from _verb(number, listed(verb["words"]))
        yield from ((text, Kind.PARTICIPLE, number) for text in listed(data["participles"].get(lemma, "")))
    for number, words in enumerate(data["objects"].values()):
        yield from ((text, Kind.OBJECT, number) for text in listed(words))
    for number, signal in enumerate(data["signals"].values()):
        yield from ((text, Kind.SIGNAL, number) for text in listed(signal["words"]))


def _verb(number: int, words: list[str]) -> Iterator[_Entry]:
    for text in words:
        yield text, Kind.VERB, number
        if text.isascii():
            yield from ((form, Kind.PARTICIPLE, number) for form in inflect(text))


def inflect(verb: str) -> tuple[str, str]:
    """The present and past participle of a regular English verb, its first word changed.

    >>> inflect("rate"), inflect("sum up")
    (('rating', 'rated'), ('summing up', 'summed up'))
    >>> inflect("plan"), inflect("classify")
    (('planning', 'planned'), ('classifying', 'classified'))
    """
    word, space, rest = verb.partition(" ")
    stem = word
    if word.endswith("e") and not word.endswith("ee"):
        stem = word[:-1]
    elif 2 < len(word) < 5 and word[-1] in "bdgmnprt" and word[-2] in "aiou" and word[-3] not in "aeiou":
        stem = word + word[-1]
    past = f"{word[:-1]}ied" if word.endswith("y") and word[-2:-1] not in "aeiou" else f"{stem}ed"
    return f"{stem}ing{space}{rest}", f"{past}{space}{rest}"
