"""Verb and category of instructions, by the decisions of `phrases/decisions.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from transforms.kernels.asks import Asks
from transforms.kernels.phrasebook import phrasebook
from transforms.kernels.phrases import load_phrases
from transforms.kernels.signals import Signals

CATEGORIES = ("generation", "transformation", "extraction", "qa", "analysis", "conversation", "other")
OTHER = "other"
_ANSWER = "answer"


class Decision(NamedTuple):
    """A line of the data file: what must hold, and what is decided where it does."""

    name: str
    verbs: tuple[str, ...]
    objects: tuple[str, ...]
    all_of: tuple[tuple[str, ...], ...]
    none_of: tuple[str, ...]
    category: str | None
    verb: str | None

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Decision:
        """The decision that a line states."""
        return cls(
            line["name"],
            tuple(line.get("verbs", "").split()),
            tuple(line.get("objects", "").split()),
            tuple(tuple(item.split("|")) for item in line.get("if", [])),
            tuple(part for item in line.get("unless", []) for part in item.split("|")),
            line.get("category"),
            line.get("verb"),
        )

    def holds(self, signals: Signals) -> np.ndarray:
        """Mask of the texts that it decides, if none before it does."""
        mask = np.ones(signals.size, bool)
        if self.verbs:
            mask &= signals.has_verb(self.verbs)
        if self.objects:
            mask &= signals.has_object(self.objects)
        for items in self.all_of:
            mask &= np.logical_or.reduce([signals[item] for item in items])
        for item in self.none_of:
            mask &= ~signals[item]
        return mask


@cache
def decisions() -> list[Decision]:
    """The decisions, in their order."""
    return [Decision.of(line) for line in load_phrases("decisions")["decisions"]]


@cache
def verb_names() -> list[str]:
    """Every verb that can be given, `other` last."""
    given = (line.verb for line in decisions() if line.verb)
    return [*dict.fromkeys([*phrasebook().verbs, *given]), OTHER]


class Decided(NamedTuple):
    """Of each text the verb (a number of `verb_names`), category and decision; -1 for no decision."""

    verb: np.ndarray
    category: np.ndarray
    decision: np.ndarray


def decide(asks: Asks, signals: Signals) -> Decided:
    """The first decision that holds of each text; a text without words is `other`."""
    names = verb_names()
    verb = np.full(signals.size, names.index(OTHER))
    category = np.full(signals.size, CATEGORIES.index(OTHER))
    which = np.full(signals.size, -1)
    open_ = np.diff(asks.offsets) > 0
    own = np.where(signals.verb >= 0, signals.verb, names.index(_ANSWER))
    usual = np.array([CATEGORIES.index(name) for name in phrasebook().categories])
    for number, line in enumerate(decisions()):
        rows = np.flatnonzero(open_ & line.holds(signals))
        open_[rows], which[rows] = False, number
        verb[rows] = names.index(line.verb) if line.verb else own[rows]
        category[rows] = CATEGORIES.index(line.category) if line.category else usual[signals.verb[rows]]
    return Decided(verb, category, which)
