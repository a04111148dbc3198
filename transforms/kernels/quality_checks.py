"""What the signals of quality ask of one row, where a regular expression alone cannot tell."""

from __future__ import annotations

import json
import operator
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import regex

from transforms.kernels.phrases import load_phrases

_NUMBERS = dict(
    zip("one two three four five six seven eight nine ten".split(), range(1, 11), strict=True)  # noqa: SIM905 plain words
) | {"a single": 1}
_SUM = regex.compile(
    r"(-?\d[\d,]*(?:\.\d+)?) ?([-+*/\u00d7\u00f7]) ?(\d[\d,]*(?:\.\d+)?)"
    r" ?= ?[$\u20ac\u00a3]?(-?\d[\d,]*(?:\.\d+)?)"
    r"(?![\d/*^%,A-Za-z]|\.\d|\s*[-+*/\u00d7\u00f7(:])"
)
_CHAINED = regex.compile(r"\p{L}$|(?:[\d.,/*\u00d7\u00f7+=^()%:$\u2013\u2014\u201c-]|\b[xX])\s*$")
_SIGNS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "\u00d7": operator.mul,
    "/": operator.truediv,
    "\u00f7": operator.truediv,
}
_MOST = frozenset(
    {"at most", "no more than", "under", "fewer than", "less than", "maximum of", "within", "up to"}
)
_SLACK = 0.1


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
    return _NUMBERS.get(text.lower()) or float(text.replace(",", ""))


def wrong_arithmetic(row: Example) -> bool:
    """Whether a sum of two numbers is stated with another result.

    >>> [wrong_arithmetic(Example("", "", text, text, "")) for text in ("12 * 7 = 84", "12 * 7 = 85")]
    [False, True]
    """
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
    """Whether the output breaks a length, or is no JSON, that the instruction asks for."""
    if regex.search(r"\bjson\b", row.found, regex.IGNORECASE):
        return row.output.strip()[:1] in "{[" and not _is_json(row.output)
    limit = _context("limit").search(row.instruction)
    if limit is None or not row.output.strip() or _context("each").search(row.instruction):
        return False
    kind, wanted, unit = limit[1].lower(), _number(limit[2]), limit[3].lower()
    found = _count(row.output.strip(), unit)
    slack = 0 if unit in {"sentence", "paragraph"} else max(1, _SLACK * wanted)
    if kind == "at least":
        return found < wanted - slack
    if kind in _MOST or (kind in {"in", "use", "only"} and unit != "sentence"):
        return found > wanted + slack
    return abs(found - wanted) > slack


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _count(text: str, unit: str) -> int:
    if unit == "word":
        return len(text.split())
    if unit == "character":
        return len(text)
    if unit == "paragraph":
        return len([part for part in regex.split(r"\n\s*\n", text) if part.strip()])
    return len(
        regex.findall(
            r"[^.!?\u3002\uff01\uff1f]*[\p{L}\d][.!?\u3002\uff01\uff1f\"'\u201d)]+(?=\s|$)|[^.!?\u3002\uff01\uff1f\s][^.!?\u3002\uff01\uff1f]*$",
            text,
        )
    )


def too_few_items(row: Example) -> bool:
    """Whether a list has fewer items than were asked for."""
    items = len(_context("item").findall(row.output))
    asked = _context("count").search(row.instruction) if items > 1 else None
    return asked is not None and items < _number(asked[1])


def without_input(row: Example) -> bool:
    """Whether there is no input."""
    return not row.input.strip()


def input_missing(row: Example) -> bool:
    """Whether an instruction speaks of a text that neither it nor an input gives."""
    instruction = row.instruction.strip()
    alone = (
        len(instruction) < 160
        and not _context("given").search(instruction)
        and not _context("each").search(instruction)
    )
    return without_input(row) and alone and not regex.search(r"[.!?]\s", instruction)


def not_in_role(row: Example) -> bool:
    """Whether the prompt asks for no letter, story or role in which one may apologise."""
    return not _context("role").search(row.prompt)


def not_about_models(row: Example) -> bool:
    """Whether the prompt does not speak of AI."""
    return not _context("models").search(row.prompt)


def not_code(row: Example) -> bool:
    """Whether neither the prompt nor the output is about code or markup."""
    return not _context("code").search(row.prompt) and not _context("code").search(row.output)


def private(row: Example) -> bool:
    """Whether an address, number or key could be somebody's."""
    found = row.found.strip()
    if "@" in found:
        return not _context("made_up").search(found)
    digits = regex.sub(r"\D", "", found)
    if regex.fullmatch(r"(?:\d{1,3}\.){3}\d{1,3}", found):
        return not _context("local").match(found) and all(int(part) < 256 for part in found.split("."))
    if regex.match(r"[A-Z]{2}\d{2}", found):
        return _is_iban(found)
    if regex.match(r"(?:sk|pk|gh|xox|AKIA|-----)", found):
        return True
    if len(digits) >= 13 and not found.startswith("+"):
        return len(set(digits)) > 2 and regex.search(r"[3-6]", digits[0]) is not None and is_luhn(digits)
    return (
        "555" not in digits
        and "123" not in digits
        and len(set(digits)) > 3
        and not _context("code").search(row.prompt)
    )


def is_luhn(digits: str) -> bool:
    """Whether the last digit checks the others, as on payment cards.

    >>> is_luhn("4539578763621486"), is_luhn("4539578763621487")
    (True, False)
    """
    values = [int(digit) for digit in reversed(digits)]
    doubled = (sum(divmod(2 * value, 10)) for value in values[1::2])
    return (sum(values[::2]) + sum(doubled)) % 10 == 0


def _is_iban(text: str) -> bool:
    """Whether the check digits of an IBAN are right."""
    plain = text.replace(" ", "").upper()
    moved = plain[4:] + plain[:4]
    return moved.isalnum() and int("".join(str(int(each, 36)) for each in moved)) % 97 == 1


def repeats(row: Example) -> bool:
    """Whether half the four-word runs are repeats, or one line stands four times."""
    words = row.output.split()
    runs = Counter(zip(words, words[1:], words[2:], words[3:], strict=False))
    if runs and 1 - len(runs) / runs.total() > 0.5:
        return True
    lines = Counter(line.strip() for line in row.output.split("\n") if sum(map(str.isalpha, line)) >= 10)
    return bool(lines) and lines.most_common(1)[0][1] >= 4


def echoes(row: Example) -> bool:
    """Whether the output is in the main the instruction."""
    instruction, output = row.instruction.strip(), row.output.strip()
    return output.startswith(instruction[:200]) and len(output) < 1.5 * len(instruction)


def unfinished(row: Example) -> bool:
    """Whether a code block is not closed, or the text breaks off."""
    output = regex.sub(r"<\|endoftext\|>$", "", row.output.rstrip()).rstrip()
    if output.count("```") % 2:
        return True
    if output.endswith(("...", "\u2026")):
        return len(output) > 20 and not regex.search(r"[\"'\u201d]$", output)
    last = output.rsplit("\n", 1)[-1]
    if len(output) < 200 or len(last) <= 60 or not regex.search(r"[\p{Ll},;]$", last):
        return False
    if _context("code").search(row.prompt) or _context("code").search(output):
        return False
    return not regex.search(r"[=\d#]|sincerely|regards|yours|cheers|\blove,", last, regex.IGNORECASE)


CHECKS: dict[str, Callable[[Example], bool]] = {
    each.__name__: each
    for each in (
        wrong_arithmetic,
        constraint_missed,
        too_few_items,
        input_missing,
        without_input,
        not_in_role,
        not_about_models,
        not_code,
        private,
        repeats,
        echoes,
        unfinished,
    )
}
"""Checks by the name that the data file gives them."""
