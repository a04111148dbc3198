"""Rules: each marks the examples it applies to; none removes any."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reason import Reason
from schemas.recipe import Recipe
from transforms.kernels.arrays import buffers
from transforms.kernels.marks import Marks
from transforms.kernels.texts import Texts
from transforms.kernels.tokens import find_tokens

_SPACES = " \t\n\r\v\f\xa0\u2028\u2029\u3000"
_SPECIAL = re.compile(r"[\\.\[\]{}()*+?^$|]")


class Rule(Protocol):
    """Marks the examples it applies to."""

    def __call__(self, texts: Texts) -> np.ndarray:
        """Mask of the marked examples (bool, one a row)."""


class Mark(NamedTuple):
    """A rule as the recipe has it: its reason, and what a marked row gets."""

    reason: Reason
    action: str
    rule: Rule


@dataclass(frozen=True)
class InstructionShorter:
    """Marks instructions under a number of characters and, where given, of tokens."""

    chars: int
    tokens: int | None = None

    def __call__(self, texts: Texts) -> np.ndarray:
        """Mask of the marked examples."""
        short = _bools(pc.less(pc.utf8_length(texts.instruction), self.chars))
        if self.tokens is None:
            return short
        rows = np.flatnonzero(short)
        found = find_tokens(buffers(texts.instruction.take(pa.array(rows))))
        short[rows] = np.diff(found.offsets) < self.tokens
        return short


@dataclass(frozen=True)
class InstructionLonger:
    """Marks instructions over a number of characters."""

    chars: int

    def __call__(self, texts: Texts) -> np.ndarray:
        """Mask of the marked examples."""
        return _bools(pc.greater(pc.utf8_length(texts.instruction), self.chars))


@dataclass(frozen=True)
class OutputShorter:
    """Marks outputs under a number of characters once stripped of white space."""

    chars: int

    def __call__(self, texts: Texts) -> np.ndarray:
        """Mask of the marked examples."""
        return _bools(pc.less(pc.utf8_length(pc.utf8_trim_whitespace(texts.output)), self.chars))


@dataclass(frozen=True)
class OutputContains:
    """Marks outputs that hold one of the texts, whatever their case."""

    patterns: tuple[str, ...]

    def __call__(self, texts: Texts) -> np.ndarray:
        """Mask of the marked examples."""
        if not self.patterns:
            return np.zeros(len(texts.output), bool)
        any_of = "|".join(_SPECIAL.sub(r"\\\g<0>", pattern) for pattern in self.patterns)
        return _bools(pc.match_substring_regex(texts.output, any_of, ignore_case=True))

    def found(self, output: str) -> list[str]:
        """The patterns that stand in one output, each reported.

        >>> OutputContains(("[insert", "TODO", "...")).found("todo: [Insert name]")
        ['[insert', 'TODO']
        """
        text = pa.array([output], pa.large_string())
        alone = Texts(text, text, text)
        return [pattern for pattern in self.patterns if OutputContains((pattern,))(alone).all()]


@dataclass(frozen=True)
class InstructionEndsWithout:
    """Marks instructions that are not empty and whose last character is none of the endings.

    White space and closings behind an ending are looked past, unless there are no closings.
    """

    endings: str
    closings: str = ""

    def __call__(self, texts: Texts) -> np.ndarray:
        """Mask of the marked examples."""
        last = pc.utf8_slice_codeunits(pc.utf8_rtrim(texts.instruction, self._looked_past), -1)
        ends = pc.is_in(last, value_set=pa.array([*self.endings, ""], pa.large_string()))
        return ~_bools(ends)

    def found(self, instruction: str) -> str:
        """The last character of an instruction, what is looked past left out; empty for an empty one.

        >>> InstructionEndsWithout(".", ")").found("Name it (freely) ")
        'y'
        """
        return instruction.rstrip(self._looked_past)[-1:]

    @property
    def _looked_past(self) -> str:
        return _SPACES + self.closings if self.closings else ""


def rules_of(recipe: Recipe) -> list[Mark]:
    """The rules on text that a recipe asks for, in the order of their reasons."""
    return [mark for mark in _all_rules(recipe) if mark is not None]


def _all_rules(recipe: Recipe) -> Iterator[Mark | None]:
    rules = recipe.rules
    short, long = rules.instruction_too_short, rules.instruction_too_long
    yield _mark(
        Reason.INSTRUCTION_TOO_SHORT, short.action, InstructionShorter(short.min_chars, short.min_tokens)
    )
    yield _mark(Reason.INSTRUCTION_TOO_LONG, long.action, InstructionLonger(long.max_chars))
    if long.flag_over is not None and long.action != "off":
        yield Mark(Reason.INSTRUCTION_TOO_LONG, "flag", InstructionLonger(long.flag_over))
    yield _mark(Reason.OUTPUT_EMPTY, rules.output_empty.action, OutputShorter(rules.output_empty.min_chars))
    if recipe.placeholders == "literal":
        literal = OutputContains(tuple(rules.placeholder.patterns))
        yield _mark(Reason.PLACEHOLDER, rules.placeholder.action, literal)
    ends = rules.no_end_punctuation
    yield _mark(Reason.NO_END_PUNCTUATION, ends.action, InstructionEndsWithout(ends.endings, ends.closings))


def _mark(reason: Reason, action: str, rule: Rule) -> Mark | None:
    return None if action == "off" else Mark(reason, action, rule)


def apply_rules(rules: Sequence[Mark], texts: Texts) -> Marks:
    """Marks of every rule on every example; what is a reason is not a flag too."""
    marks = Marks.none(len(texts.output))
    for mark in rules:
        marks.add(mark.reason.bit, mark.action, mark.rule(texts))
    return Marks(marks.reasons, marks.flags & ~marks.reasons)


def mark_rows(recipe: Recipe, texts: Texts) -> Marks:
    """Marks of the recipe's rules on lengths, endings and literal placeholders."""
    return apply_rules(rules_of(recipe), texts)


def _bools(mask: pa.BooleanArray) -> np.ndarray:
    return np.array(mask.to_numpy(zero_copy_only=False))
