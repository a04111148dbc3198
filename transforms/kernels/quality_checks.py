"""What the signals of quality ask of one row, where a regular expression alone cannot tell."""

from __future__ import annotations

import json
import operator
from collections import Counter
from collections.abc import Callable
from functools import cache, lru_cache
from typing import NamedTuple

import regex

from transforms.kernels.measures import find_limits, read_number
from transforms.kernels.phrases import load_phrases
from transforms.kernels.private import find_private

_FIGURE = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_SUM = regex.compile(
    rf"(?<![\d.,])(-?{_FIGURE}) ?([-+*/\u00d7\u00f7]) ?({_FIGURE}) ?= ?[$\u20ac\u00a3]?(-?{_FIGURE})"
    r"(?![\d/*^%,A-Za-z]|\.\d|\s*[-+*/\u00d7\u00f7(:=\u2044\u2212])"
)
_CHAINED = regex.compile(
    r"\p{L}$|(?:[\d.,/*\u00d7\u00f7+=^()%:$\u2013\u2014\u201c\u2044\u2212-]|\b[xX]|\band)\s*$"
)
_SIGNS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "\u00d7": operator.mul,
    "/": operator.truediv,
    "\u00f7": operator.truediv,
}
_ASKED, _BEFORE = 160, 8
"""Characters under which an instruction gives no text; words under which it speaks of one early."""

_LETTERS, _TIMES = 10, 4
"""Letters from which a line counts, and times from which it is repeated too often."""

_PLEA, _DISCLAIMED = 400, 220
"""Characters under which a request is short; characters after a disclaimer in which an answer begins."""


@cache
def _context(name: str) -> regex.Pattern[str]:
    """An expression of the data file that tells what a row is about."""
    flags = 0 if name == "given" else regex.IGNORECASE
    return regex.compile(load_phrases("quality")["contexts"][name], flags | regex.MULTILINE)


class Example(NamedTuple):
    """A row as the checks see it, and the text in which something was found."""

    instruction: str
    input: str
    output: str
    text: str
    found: str

    @property
    def prompt(self) -> str:
        """Instruction and input."""
        return f"{self.instruction}\n{self.input}"


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def wrong_arithmetic(row: Example) -> bool:
    """Whether a calculation with two numbers is stated with a wrong result.

    >>> [wrong_arithmetic(Example("", "", text, text, "")) for text in ("12 * 7 = 84", "12 * 7 = 85")]
    [False, True]
    """
    if _context("equation").search(row.prompt):
        return False
    for match in _SUM.finditer(row.text):
        first, sign, second, stated = match.groups()
        if _CHAINED.search(row.text[max(0, match.start() - 4) : match.start()].removesuffix(" of ")):
            continue
        try:
            result = _SIGNS[sign](_number(first), _number(second))
        except (ValueError, ZeroDivisionError):
            continue
        if abs(result - _number(stated)) > max(
            0.01 * abs(result), 0.99 if "." in stated or sign in "/\u00f7" else 0
        ):
            return True
    return False


def constraint_missed(row: Example) -> bool:
    """Whether the output misses a length that the instruction asks for, or is not the JSON it asks for."""
    if not row.output.strip():
        return False
    if _context("json").search(row.instruction):
        return row.output.strip()[:1] in "{[" and not _is_json(row.output)
    if _context("each").search(row.instruction):
        return False
    return any(not limit.is_kept(row.output) for limit in find_limits(row.instruction))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def too_few_items(row: Example) -> bool:
    """Whether a list has fewer items than were asked for."""
    items = len(_context("item").findall(row.output))
    asked = _context("count").search(row.instruction) if items > 1 else None
    return asked is not None and items < read_number(asked["count"].lower())


def without_input(row: Example) -> bool:
    """Whether there is no input."""
    return not row.input.strip()


def input_missing(row: Example) -> bool:
    """Whether an instruction speaks of a text that neither it nor an input gives."""
    instruction = row.instruction.strip()
    alone = (
        len(instruction) < _ASKED
        and not _context("given").search(instruction)
        and not _context("each").search(instruction)
        and not _context("made").search(instruction)
    )
    before = instruction[: instruction.find(row.found.strip())]
    early = len(before.split()) < _BEFORE and not regex.search("[.!?\u3002\uff01\uff1f]", before)
    return without_input(row) and alone and early and not regex.search(r"[.!?]\s", instruction)


def declines(row: Example) -> bool:
    """Whether the answer declines, and neither plays a role nor only disclaims and then answers."""
    if _context("role").search(row.prompt):
        return False
    if _context("regret").search(row.found):
        return True
    after = row.output.partition(row.found)[2][:_DISCLAIMED]
    return not _context("answers").search(after)


def not_about_models(row: Example) -> bool:
    """Whether the prompt does not speak of AI."""
    return not _context("models").search(row.prompt)


def not_code(row: Example) -> bool:
    """Whether neither the prompt nor the output is about code or markup."""
    return not any(_is_code(text) for text in (row.instruction, row.input, row.output))


@lru_cache(maxsize=4)
def _is_code(text: str) -> bool:
    return bool(_context("code").search(text))


def markup(row: Example) -> bool:
    """Whether there is HTML outside code and outside the cells of a table."""
    return not_code(row) and row.found in _outside_tables(row.output)


@lru_cache(maxsize=1)
def _outside_tables(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if "|" not in line)


def plea(row: Example) -> bool:
    """Whether a short instruction itself asks, not a text that it quotes."""
    quoted = regex.search(rf"[\"\u201c'\u2018][^\"\u201d]*{regex.escape(row.found)}", row.instruction)
    return len(row.instruction) < _PLEA and without_input(row) and not quoted


def private(row: Example) -> bool:
    """Whether an address, number or key could be somebody's."""
    return bool(find_private(row.text, row.prompt))


def repeats(row: Example) -> bool:
    """Whether half the four-word runs are repeats, or one line of prose stands four times."""
    words = row.output.split()
    runs = Counter(zip(words, words[1:], words[2:], words[3:], strict=False))
    if runs and 1 - len(runs) / runs.total() > 0.5:
        return not _context("coded").search(row.output)
    if _context("refrain").search(row.prompt):
        return False
    lines = Counter(line.strip() for line in row.output.split("\n") if line.strip())
    prose = [
        times
        for line, times in lines.items()
        if sum(map(str.isalpha, line)) >= _LETTERS and not _context("coded").search(line)
    ]
    return bool(prose) and max(prose) >= max(_TIMES, lines.total() // 10)


def echoes(row: Example) -> bool:
    """Whether the output is little more than the instruction again."""
    instruction, output = row.instruction.strip(), row.output.strip()
    return output.startswith(instruction[:200]) and len(output) < 1.5 * len(instruction)


def unfinished(row: Example) -> bool:
    """Whether a code block is not closed, or the text breaks off."""
    output = regex.sub(r"<\|endoftext\|>$", "", row.output.rstrip()).rstrip()
    last = output.rsplit("\n", 1)[-1]
    if output.count("```") % 2:
        return not regex.search(r"[.!?:;)}\]\"'`\u3002\uff01\uff1f]$", output)
    if output.endswith(("...", "\u2026")):
        others = len(regex.findall(r"(?m)(?:\.\.\.|\u2026)\s*$", output)) > 1
        return len(output) > 20 and not others and not regex.search(r"[\"'\u201d]$", output)
    if len(output) < 200 or len(last) <= 60 or not regex.search(r"[\p{Ll},;]$", last):
        return False
    if _context("code").search(row.prompt) or _context("code").search(output):
        return False
    if not regex.search(r"[.!?\u3002\uff01\uff1f][\"'\u201d)]* ?\S", last) or " -- " in last:
        return False  # a title, a name or a line of a table, and no prose
    listed = _context("item").search(last) and not regex.search(
        r"(?:,|\b(?:and|or|the|a|of|to|und|et|y|e))$", last
    )
    return not listed and not regex.search(
        r"[=\d#]|sincerely|regards|yours|cheers|\blove,", last, regex.IGNORECASE
    )


CHECKS: dict[str, Callable[[Example], bool]] = {
    each.__name__: each
    for each in (
        wrong_arithmetic,
        constraint_missed,
        too_few_items,
        input_missing,
        without_input,
        declines,
        not_about_models,
        not_code,
        markup,
        plea,
        private,
        repeats,
        echoes,
        unfinished,
    )
}
"""Checks by the name that the data file gives them."""
