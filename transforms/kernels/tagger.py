"""The default tagger: verb, category, noun, difficulty and domain of examples, by phrases of data files."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels import domains
from transforms.kernels.asks import Asks, view
from transforms.kernels.decisions import CATEGORIES, Decided, decide, decisions, verb_names
from transforms.kernels.lexicon import split_words
from transforms.kernels.nouns import find_nouns
from transforms.kernels.phrasebook import phrasebook
from transforms.kernels.phrases import listed, load_phrases
from transforms.kernels.signals import Signals
from transforms.kernels.tasks import Tagger, Tasks, first_verb
from transforms.kernels.texts import Texts

DIFFICULTIES = ("simple", "moderate", "complex")
_INPUT_CHARS = 300
_LONG_INPUT = 250
_PER_CHARACTER = 2.5
_CODE_BONUS = 4


class _Distinct(NamedTuple):
    """Distinct instructions, each with or without an input, and of each row the number of its own."""

    asks: Asks
    signals: Signals
    decided: Decided
    row: np.ndarray


def by_phrases(texts: Texts) -> Tasks:
    """Tag by the phrases that stand in the instruction; equal instructions are looked at once.

    >>> row = ("Kindly draft me a poem!", "", "Roses are red.")
    >>> asked = [pa.array([text], pa.large_string()) for text in row]
    >>> [column[0].as_py() for column in by_phrases(Texts(*asked))]
    ['write', 'generation', 'poem', 'simple', 'arts']
    """
    found = _distinct(texts)
    asks, signals, decided, row = found
    domain = _domains(found, texts.input)
    return Tasks(
        pa.array(verb_names()).take(pa.array(decided.verb[row])),
        pa.array(CATEGORIES).take(pa.array(decided.category[row])),
        find_nouns(asks, signals).take(pa.array(row)),
        pa.array(DIFFICULTIES).take(pa.array(_difficulties(found, texts.output))),
        pa.array(domains.names()).take(pa.array(domain)),
    )


def _distinct(texts: Texts) -> _Distinct:
    encoded = texts.instruction.dictionary_encode()
    lengths = pc.utf8_length(pc.utf8_trim_whitespace(texts.input)).to_numpy()
    inputs = np.searchsorted([1, _LONG_INPUT], lengths, "right")  # none, some, a text
    keys, row = np.unique(encoded.indices.to_numpy() * np.int64(3) + inputs, return_inverse=True)
    asks = Asks(view(encoded.dictionary).take(pa.array(keys // 3)))
    signals = Signals(asks, keys % 3 > 0, keys % 3 > 1)
    return _Distinct(asks, signals, decide(asks, signals), row)


def _domains(found: _Distinct, inputs: pa.LargeStringArray) -> np.ndarray:
    """Number of each row's domain: the instruction's words count twice the input's."""
    score = 2 * domains.score(found.asks.words)
    coding = found.signals.has_object(["code"]) & found.signals.has_verb(
        ["write", "create", "design", "provide"]
    )
    score[coding, domains.names().index("code")] += _CODE_BONUS
    heads = pc.utf8_slice_codeunits(inputs, 0, _INPUT_CHARS).dictionary_encode()
    score = score[found.row] + domains.score(split_words(heads.dictionary))[heads.indices.to_numpy()]
    return np.where(score.max(1) > 0, score.argmax(1), len(domains.names()) - 1)


@cache
def _weights() -> np.ndarray:
    """Points of difficulty for each verb."""
    data = load_phrases("difficulty")
    deep, light = listed(data["deep"]), listed(data["light"])
    return np.array([(verb in deep) - (verb in light) for verb in verb_names()])


def _difficulties(found: _Distinct, outputs: pa.LargeStringArray) -> np.ndarray:
    """Number of each row's difficulty, by the points of `phrases/difficulty.yaml`."""
    data, signals, decided = load_phrases("difficulty"), found.signals, found.decided
    words = np.diff(found.asks.offsets)
    points = _weights()[decided.verb] + sum((words >= least) for least in data["instruction_words"])
    points = points + (decided.category == CATEGORIES.index("conversation"))
    points = (points + (signals["how"] | signals["explain_why"]))[found.row]
    chars = pc.utf8_length(outputs).to_numpy() * np.where(found.asks.unspaced, _PER_CHARACTER, 1)[found.row]
    points = points + sum((chars > most) for most in data["answer_chars"])
    return (points >= data["moderate_from"]).astype(int) + (points >= data["complex_from"])


class Told(NamedTuple):
    """Why one instruction is tagged as it is: the decision's name, and the words of the verb that asks."""

    decision: str | None
    words: str | None


def tell(instruction: str, given: str = "") -> Told:
    """What spoke for an instruction's task.

    >>> tell("Kindly draft me a poem!")
    Told(decision='a piece of writing', words='draft')
    """
    texts = [pa.array([text], pa.large_string()) for text in (instruction, given, "")]
    found = _distinct(Texts(*texts))
    at = int(found.decided.decision[0])
    name = decisions()[at].name if at >= 0 else None
    verb = found.signals.verb[0] >= 0
    hit = found.asks.hits.phrase[found.signals.hit[0]] if verb else -1
    return Told(name, phrasebook().texts[hit] if verb else None)


TAGGERS: dict[str, Tagger] = {"phrases": by_phrases, "first_verb": first_verb}
"""Taggers by the name a recipe gives them."""
