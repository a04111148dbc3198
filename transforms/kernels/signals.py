"""What holds of instructions, by name: the signals and objects that the decisions on tasks go by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels.asks import BESIDES, POSSIBLE, QUESTION_MARKS, SURE, Asks
from transforms.kernels.phrasebook import Kind, phrasebook
from transforms.kernels.word_layout import CLAUSE, SENTENCE

_CLOSING = " \t\r\n\"'\u201d\u2019)]"
_STOPS = (".", "!", "\u3002", "\uff01")
_NEAR, _NEAR_UNSPACED, _BEFORE_UNSPACED = 10, 25, 15
"""Words after the verb (in a script without spaces also before it) among which its object is looked for."""

_PASSAGE, _SHORT, _TINY = 50, 25, 8
"""Words above which a text is a passage, and up to which it is short or tiny."""

_BULLETS = 3
"""Bullets from which a text lists choices."""

_PER_WORD = 0.6
"""Words that a character counts as in a script without spaces."""

ROLES = ("persona", "named", "as_a")
"""Signals that the row is about a role to be played."""


class Signals:
    """What holds of each text: masks by name; the verb that asks (or -1), its hit, and its first object."""

    def __init__(self, asks: Asks, has_input: np.ndarray, long_input: np.ndarray) -> None:
        """Look at the texts once."""
        self.asks, self.size = asks, len(asks.views)
        self.hit, self.verb = asks.verbs[0], np.full(self.size, -1)
        self._known: dict[str, np.ndarray] = {}
        self._add_requests()
        self._add_shapes()
        self._known |= {"input": has_input, "long_input": long_input}
        self._add_phrases()
        self.object = self._add_objects()

    def __getitem__(self, name: str) -> np.ndarray:
        """Mask of the texts that a signal, an `object:` or a `verb:` holds of."""
        if name.startswith("verb:"):
            return self.has_verb([name.removeprefix("verb:")])
        return self._known[name]

    def has_verb(self, verbs: Iterable[str]) -> np.ndarray:
        """Mask of the texts that one of some verbs asks in."""
        return _one_of(self.verb, phrasebook().verbs, verbs)

    def has_object(self, objects: Iterable[str]) -> np.ndarray:
        """Mask of the texts whose first object is one of some."""
        return _one_of(self.object, phrasebook().objects, objects)

    def _words(self, kind: Kind) -> np.ndarray:
        return self.asks.hits.word[self.asks.kind == kind]

    def _add_requests(self) -> None:
        """Whether a verb or a question asks; a question at the very end outdoes a doubtful verb."""
        asks, (hit, sure) = self.asks, self.asks.verbs
        question, last, auxiliary = self._questions()
        inside = asks.layout.sentence[asks.hits.word[hit]] > 0 if len(asks.hits.word) else question
        late = last & (sure < BESIDES) | auxiliary & inside & (sure < 90)
        lemma = np.where(hit >= 0, asks.value[hit], -1) if len(asks.value) else hit
        weak_verb = (hit >= 0) & phrasebook().weak[lemma]
        strong = ((sure >= SURE) & ~late | (sure >= POSSIBLE) & ~question) & ~weak_verb
        weak = ~question & weak_verb
        self.verb = np.where(strong | weak, lemma, -1)
        self._known |= {
            "question": question,
            "asks": question & ~strong,
            "verbless": ~strong & ~question,
            "verbed": strong,
            "weak": weak,
        }

    def _questions(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Masks: the text asks a question, ends with one, begins with one that yes or no answers."""
        asks, layout = self.asks, self.asks.layout
        word = self._words(Kind.QUESTION)
        begun = (asks.place[word] >= SENTENCE) | layout.unspaced[word]
        first, last = layout.sentence[word] == 0, layout.last[word]
        ends = self._ends_with(QUESTION_MARKS)
        opening, closing = asks.rows_with(word[begun & first]), asks.rows_with(word[begun & last])
        question = opening | closing | ends | (asks.asked & asks.rows_with(word))
        begin = self._words(Kind.AUXILIARY)
        auxiliary = asks.rows_with(begin[(asks.place[begin] >= SENTENCE) & (layout.sentence[begin] == 0)])
        how = self._words(Kind.HOW)
        first_or_last = (layout.sentence[how] == 0) | layout.last[how]
        self._known["how"] = asks.rows_with(how[(asks.place[how] >= SENTENCE) & first_or_last])
        return question, ends | (closing & asks.asked), auxiliary & asks.asked

    def _add_shapes(self) -> None:
        """How long the text is and how it is built."""
        words = np.diff(self.asks.offsets) * np.where(self.asks.unspaced, _PER_WORD, 1)
        lines = self.asks.count_bytes(ord("\n"))
        self._known |= {
            "listed": self._lists_choices(),
            "ended": self._ends_with(_STOPS),
            "passage": (words > _PASSAGE) | ((lines > 2) & (words > _SHORT)),
            "short": words <= _SHORT,
            "tiny": words <= _TINY,
            "colon": self.asks.has_colon,
            "unspaced": self.asks.unspaced,
        }

    @cached_property
    def _ending(self) -> pa.LargeStringArray:
        """The last character of each text but what closes quotes and brackets."""
        return pc.utf8_slice_codeunits(pc.utf8_rtrim(self.asks.views, _CLOSING), -1)

    def _ends_with(self, marks: Iterable[str]) -> np.ndarray:
        ends = pc.is_in(self._ending, value_set=pa.array(list(marks), self._ending.type))
        return np.asarray(ends.to_numpy(zero_copy_only=False))

    def _lists_choices(self) -> np.ndarray:
        """Mask of the texts with three or more bullets, or a second choice that is lettered."""
        asks, text = self.asks, self.asks.words.text
        tokens, layout = asks.words.tokens, asks.layout
        bullets = np.bincount(layout.row[layout.bulleted], minlength=self.size)
        letter = np.flatnonzero((tokens.ends - tokens.starts == 1) & (layout.place >= CLAUSE))
        letter = letter[text.data[tokens.starts[letter]] == ord("b")]
        following = text.data[np.minimum(tokens.ends[letter], len(text.data) - 1)]
        return (bullets >= _BULLETS) | asks.rows_with(letter[np.isin(following, list(b")."))])

    def _add_phrases(self) -> None:
        """The signals of the data file, each where it has to stand."""
        asks, of_signal = self.asks, self.asks.kind == Kind.SIGNAL
        order = np.flatnonzero(of_signal)[np.argsort(asks.value[of_signal], kind="stable")]
        bounds = np.searchsorted(asks.value[order], np.arange(len(phrasebook().signals) + 1))
        for number, name in enumerate(phrasebook().signals):
            at = order[bounds[number] : bounds[number + 1]]
            self._known[name] = asks.rows_with(self._standing(at, phrasebook().places[number]))
        self._known["you_after"] = self._spoken_to()

    def _standing(self, at: np.ndarray, place: str) -> np.ndarray:
        """Words of the hits that stand where a signal has to."""
        asks, word = self.asks, self.asks.hits.word[at]
        row = asks.layout.row[word]
        if place == "start":
            return word[asks.place[word] >= SENTENCE]
        if place == "first":
            return word[word == asks.offsets[row]]
        if place == "end":
            return word[word + asks.hits.length[at] == asks.offsets[row + 1]]
        return word

    def _spoken_to(self) -> np.ndarray:
        """Mask of the texts that say "you" again after what gives the reader a role."""
        asks, signals = self.asks, phrasebook().signals
        of_signal = asks.kind == Kind.SIGNAL
        roles = of_signal & np.isin(asks.value, [signals.index(name) for name in ROLES])
        end = asks.offsets[:-1].copy()
        word = asks.hits.word[roles]
        np.maximum.at(end, asks.layout.row[word], word + asks.hits.length[roles])
        you = asks.hits.word[of_signal & (asks.value == signals.index("you"))]
        return asks.rows_with(you[you >= end[asks.layout.row[you]]])

    def _add_objects(self) -> np.ndarray:
        """The first group of nouns near each text's verb, or -1; each group is a signal, too."""
        asks, offsets = self.asks, self.asks.offsets
        at = np.flatnonzero(asks.kind == Kind.OBJECT)
        word, row = asks.hits.word[at], asks.layout.row[asks.hits.word[at]]
        begin = offsets[:-1]
        if len(asks.hits.word):
            begin = np.where(self.verb >= 0, asks.hits.word[self.hit] + asks.hits.length[self.hit], begin)
        low = np.where(asks.unspaced, np.maximum(begin - _BEFORE_UNSPACED, offsets[:-1]), begin)
        high = begin + np.where(asks.unspaced, _NEAR_UNSPACED, _NEAR)
        near = (word >= low[row]) & (word < high[row])
        for number, name in enumerate(phrasebook().objects):
            self._known[f"object:{name}"] = asks.rows_with(word[near & (asks.value[at] == number)])
        first = np.full(self.size, -1)
        order = np.flatnonzero(near)
        order = order[np.lexsort((-asks.hits.length[at[order]], word[order]))][::-1]
        first[row[order]] = asks.value[at[order]]
        return first


def _one_of(numbers: np.ndarray, names: Sequence[str], wanted: Iterable[str]) -> np.ndarray:
    """Mask of the numbers whose name is one of those wanted; -1 has none."""
    table = np.zeros(len(names) + 1, bool)
    table[[names.index(name) for name in wanted]] = True
    return table[numbers]
