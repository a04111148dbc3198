"""The task of an instruction: verb, category and object, by the decisions of a data file."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels import asks as _asks
from transforms.kernels.asks import Asks, phrases
from transforms.kernels.phrases import load_phrases

_LISTED = r"(?s)\([Aa]\).+\([Bb]\)|(?:^|\n|\\n)[ \t]*A[.):]\s.+(?:\n|\\n)[ \t]*B[.):]\s|(?:(?:\n|\\n)+ *[-*•] ?[^\n]+){3,}"


class Decision(NamedTuple):
    """A line of `phrases/decisions.yaml`."""

    name: str
    verbs: frozenset[str]
    objects: tuple[str, ...]
    all_of: tuple[tuple[str, ...], ...]
    none_of: tuple[str, ...]
    category: str | None
    verb: str | None


@cache
def decisions() -> list[Decision]:
    """The decisions, in their order."""
    return [_decision(line) for line in load_phrases("decisions")["decisions"]]


def _decision(line: dict[str, Any]) -> Decision:
    return Decision(
        line["name"], frozenset(line.get("verbs", "").split()), tuple(line.get("objects", "").split()),
        tuple(tuple(item.split("|")) for item in line.get("if", [])),
        tuple(part for item in line.get("unless", []) for part in item.split("|")), line.get("category"), line.get("verb"),
    )


class Judged(NamedTuple):
    """Per text the verb (a number of `verb_names`), the category's, the decision's and the hit that asks."""

    verb: np.ndarray
    category: np.ndarray
    decision: np.ndarray
    hit: np.ndarray


CATEGORIES = ("generation", "transformation", "extraction", "qa", "analysis", "conversation", "other")


@cache
def verb_names() -> list[str]:
    """Lemmas that can be given, `other` last."""
    names = [*phrases().lemmas, *(line.verb for line in decisions() if line.verb)]
    return [*dict.fromkeys(names), "other"]


class Signals:
    """What holds of each text, by name."""

    def __init__(self, asks: Asks, has_input: np.ndarray) -> None:
        """Look at the texts once."""
        self.asks, self.size, self.has_input = asks, len(asks.views), has_input
        self.none = np.zeros(self.size, bool)
        hit, sure = asks.verbs
        lemma = np.where(hit >= 0, asks.value[hit], -1) if len(asks.value) else np.full(self.size, -1)
        words = np.diff(asks.words.tokens.offsets)
        question = self._question()
        inside = asks.sentence[asks.hits.word[hit]] > 0 if len(asks.value) else self.none
        late = question["last"] & (sure < 75) | question["auxiliary"] & inside & (sure < 90)
        strong = (sure >= _asks._SURE) & ~late | (sure >= _asks._POSSIBLE) & ~question["any"]
        weak = ~strong & (hit >= 0) & ~question["any"]
        weak &= np.where(lemma >= 0, phrases().weak[lemma], False)
        self.hit, self.lemma = hit, np.where(strong | weak, lemma, -1)
        newlines = pc.count_substring(asks.views, "\n").to_numpy()
        ending = pc.utf8_slice_codeunits(pc.utf8_rtrim_whitespace(asks.views), -1)
        ended = pc.is_in(ending, value_set=pa.array(list(".!。！"), ending.type)).to_numpy(zero_copy_only=False)
        listed = pc.match_substring_regex(asks.views, _LISTED).to_numpy(zero_copy_only=False)
        unspaced_words = np.where(self._unspaced(), words * 0.6, words)
        self.known: dict[str, np.ndarray] = {
            "question": question["any"], "asks": question["any"] & ~strong, "verbless": ~strong & ~question["any"], "verbed": strong,
            "weak": weak, "how": question["how"], "listed": listed, "input": has_input, "ended": ended,
            "passage": (unspaced_words > 50) | ((newlines > 2) & (unspaced_words > 25)), "short": unspaced_words <= 25, "tiny": unspaced_words <= 8,
        }
        self._add_signals()
        self._add_objects()

    def _unspaced(self) -> np.ndarray:
        firsts = self.asks.words.tokens.offsets[:-1]
        mask = np.zeros(self.size, bool)
        if self.asks.count:
            total = np.concatenate([[0], np.cumsum(self.asks.unspaced)])
            offsets = self.asks.words.tokens.offsets
            mask = (total[offsets[1:]] - total[offsets[:-1]]) * 2 > np.diff(offsets)
        return mask

    def _question(self) -> dict[str, np.ndarray]:
        asks = self.asks
        at = asks.kind == _asks._QUESTION
        word = asks.hits.word[at]
        glued = asks.unspaced[word]
        begun = (asks.place[word] >= _asks._SENTENCE) | glued
        first, last = asks.sentence[word] == 0, asks.last[word]
        marked = asks.asked
        ends = pc.match_substring_regex(asks.views, r"[?？؟][\s\"”')\]]*$").to_numpy(zero_copy_only=False)
        opening = asks.rows_with(word[begun & first])
        closing = asks.rows_with(word[begun & last])
        clause = asks.rows_with(word[(asks.place[word] >= _asks._CLAUSE) & (first | last)])
        aux = asks.hits.word[asks.kind == _asks._AUXILIARY]
        how_at = asks.hits.word[asks.kind == _asks._HOW]
        how = asks.rows_with(how_at[(asks.place[how_at] >= _asks._SENTENCE) & (asks.sentence[how_at] == 0)])
        any_question = opening | closing | ends | (marked & clause) | (marked & asks.rows_with(word))
        return {"any": any_question, "last": ends | (closing & marked), "how": how, "auxiliary": marked & asks.rows_with(aux[(asks.place[aux] >= _asks._SENTENCE) & (asks.sentence[aux] == 0)])}

    def _add_signals(self) -> None:
        asks = self.asks
        for number, (name, at) in enumerate(zip(phrases().signals, phrases().places, strict=True)):
            word = asks.hits.word[(asks.kind == _asks._SIGNAL) & (asks.value == number)]
            if at == "start":
                word = word[asks.place[word] >= _asks._SENTENCE]
            elif at == "first":
                word = word[(asks.sentence[word] == 0) & (asks.place[word] >= _asks._SENTENCE)]
            elif at == "end":
                length = asks.hits.length[(asks.kind == _asks._SIGNAL) & (asks.value == number)]
                word = word[word + length == asks.words.tokens.offsets[asks.row[word] + 1]]
            self.known[name] = asks.rows_with(word)
            if name == "you":
                roles = [phrases().signals.index(each) for each in ("persona", "named", "as_a")]
                of_role = (asks.kind == _asks._SIGNAL) & np.isin(asks.value, roles)
                end = asks.words.tokens.offsets[:-1].copy()
                np.maximum.at(end, asks.row[asks.hits.word[of_role]], asks.hits.word[of_role] + asks.hits.length[of_role])
                self.known["you_after"] = asks.rows_with(word[word >= end[asks.row[word]]])

    def _add_objects(self) -> None:
        asks = self.asks
        at = np.flatnonzero(asks.kind == _asks._OBJECT)
        word, row = asks.hits.word[at], asks.row[asks.hits.word[at]]
        offsets = asks.words.tokens.offsets
        found = self.lemma >= 0
        begin = np.where(found, asks.hits.word[self.hit] + asks.hits.length[self.hit], offsets[:-1]) if len(asks.hits.word) else offsets[:-1]
        wide = self._unspaced()
        low = np.where(wide, np.maximum(begin - 15, offsets[:-1]), begin)[row]
        high = (begin + np.where(wide, _asks._WINDOW_UNSPACED, _asks._WINDOW))[row]
        near = (word >= low) & (word < high)
        self.object = np.full(self.size, -1)
        order = np.flatnonzero(near)[::-1]
        self.object[row[order]] = asks.value[at[order]]
        for number, name in enumerate(phrases().groups):
            self.known[f"object:{name}"] = asks.rows_with(word[near & (asks.value[at] == number)])

    def holds(self, item: str) -> np.ndarray:
        """Mask of the texts that an item of a decision holds of."""
        if item.startswith("verb:"):
            return self.lemma == phrases().lemmas.index(item[5:])
        return self.known[item]

    def decide(self) -> Judged:
        """The decision on each text."""
        names = verb_names()
        undecided = np.ones(self.size, bool)
        verb, category = np.full(self.size, names.index("other")), np.full(self.size, CATEGORIES.index("other"))
        which = np.full(self.size, -1)
        numbers = {lemma: number for number, lemma in enumerate(phrases().lemmas)}
        for number, line in enumerate(decisions()):
            mask = undecided.copy()
            if line.verbs:
                mask &= np.isin(self.lemma, [numbers[lemma] for lemma in line.verbs])
            if line.objects:
                mask &= np.isin(self.object, [phrases().groups.index(name) for name in line.objects])
            for items in line.all_of:
                mask &= np.logical_or.reduce([self.holds(item) for item in items])
            for item in line.none_of:
                mask &= ~self.holds(item)
            rows = np.flatnonzero(mask)
            if len(rows) == 0:
                continue
            undecided[rows], which[rows] = False, number
            own = np.where(self.lemma[rows] >= 0, self.lemma[rows], names.index("answer"))
            verb[rows] = names.index(line.verb) if line.verb else own
            defaults = np.array([CATEGORIES.index(each) for each in phrases().categories])
            category[rows] = CATEGORIES.index(line.category) if line.category else defaults[self.lemma[rows]]
        empty = np.diff(self.asks.words.tokens.offsets) == 0
        verb[empty], category[empty], which[empty] = names.index("other"), CATEGORIES.index("other"), -1
        return Judged(verb, category, which, self.hit)
