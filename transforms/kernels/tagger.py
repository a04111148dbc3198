"""The default tagger: verb, category, noun, domain and difficulty of prompts, by phrases of data files."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels import domains
from transforms.kernels.asks import Asks, view
from transforms.kernels.decisions import CATEGORIES, Decided, decide, decisions, verb_names
from transforms.kernels.difficulty import count_points
from transforms.kernels.lexicon import split_words
from transforms.kernels.nouns import find_nouns
from transforms.kernels.phrasebook import phrasebook
from transforms.kernels.signals import Signals
from transforms.kernels.tasks import PromptTags, Tagger, first_verb

_INPUT_CHARS = 300
_LONG_INPUT = 250
_CODE_BONUS = 4


class _Distinct(NamedTuple):
    """Distinct instructions, each with or without an input, and of each row the number of its own."""

    asks: Asks
    signals: Signals
    decided: Decided
    row: np.ndarray


def by_phrases(instructions: pa.LargeStringArray, inputs: pa.LargeStringArray) -> PromptTags:
    """Tag by the phrases that stand in the instruction; equal instructions are looked at once.

    >>> row = ("Kindly draft me a poem!", "")
    >>> tags = by_phrases(*(pa.array([text], pa.large_string()) for text in row))
    >>> [column[0].as_py() for column in tags]
    ['write', 'generation', 'poem', 'arts', 0, False]
    """
    found = _distinct(instructions, inputs)
    asks, signals, decided, row = found
    domain = _domains(found, inputs)
    why = signals["how"] | signals["explain_why"]
    return PromptTags(
        pa.array(verb_names()).take(pa.array(decided.verb[row])),
        pa.array(CATEGORIES).take(pa.array(decided.category[row])),
        find_nouns(asks, signals).take(pa.array(row)),
        pa.array(domains.names()).take(pa.array(domain)),
        pa.array(count_points(np.diff(asks.offsets), decided, why)[row]),
        pa.array(asks.unspaced[row]),
    )


def _distinct(instructions: pa.LargeStringArray, inputs: pa.LargeStringArray) -> _Distinct:
    encoded = instructions.dictionary_encode()
    lengths = pc.utf8_length(pc.utf8_trim_whitespace(inputs)).to_numpy()
    given = np.searchsorted([1, _LONG_INPUT], lengths, "right")  # none, some, a text
    keys, row = np.unique(encoded.indices.to_numpy() * np.int64(3) + given, return_inverse=True)
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


class Told(NamedTuple):
    """Why one instruction is tagged as it is: the decision's name, and the words of the verb that asks."""

    decision: str | None
    words: str | None


def tell(instruction: str, given: str = "") -> Told:
    """Why an instruction is tagged with its task.

    >>> tell("Kindly draft me a poem!")
    Told(decision='a piece of writing', words='draft')
    """
    found = _distinct(*(pa.array([text], pa.large_string()) for text in (instruction, given)))
    at = int(found.decided.decision[0])
    name = decisions()[at].name if at >= 0 else None
    verb = found.signals.verb[0] >= 0
    hit = found.asks.hits.phrase[found.signals.hit[0]] if verb else -1
    return Told(name, phrasebook().texts[hit] if verb else None)


TAGGERS: dict[str, Tagger] = {"phrases": by_phrases, "first_verb": first_verb}
"""Taggers by the name a recipe gives them."""
