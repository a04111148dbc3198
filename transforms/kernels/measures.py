"""Lengths that instructions ask for, in words, sentences, characters or paragraphs, and lengths of texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

import regex

from transforms.kernels.phrases import UNSPACED, listed, load_phrases

_SLACK = 0.1
_HEADING = 100
"""Characters of what may be a heading or a remark before the text."""

_COUNTED = frozenset({"sentence", "paragraph"})
_ENDS = "\u3002\uff01\uff1f"
_NOT_END = rf"[^.!?{_ENDS}]"
_CLOSE = rf"(?:[{_ENDS}]+[\"'\u201d\u300d)]*|[.!?][.!?\"'\u201d)]{{0,60}}+(?=\s|$))"
_SENTENCE = regex.compile(
    rf"(?:\G|(?<=[.!?{_ENDS}]))"  # from elsewhere a text would be gone through again and again
    rf"(?:{_NOT_END}*+[.!?{_ENDS}]{_CLOSE}|{_NOT_END}++(?<=[\p{{L}}\d\p{{P}}]){_CLOSE}"
    rf"|\s*+(?!\s){_NOT_END}++$)"
)


class Limit(NamedTuple):
    """A length that is asked for: `exactly`, `most`, `least` or `in` so many of a unit."""

    kind: str
    wanted: float
    unit: str

    def is_kept(self, text: str) -> bool:
        """Whether a text keeps to it; for words and characters there is a tenth of slack.

        >>> Limit("exactly", 2, "sentence").is_kept("Rain falls. It is wet.")
        True
        """
        slack = 0 if self.unit in _COUNTED else max(1, _SLACK * self.wanted)
        counts = set(_counts(text, self.unit))
        low, high = min(counts), max(counts)
        if self.kind == "least":
            return high >= self.wanted - slack
        if self.kind == "most" or (self.kind == "in" and self.unit not in _COUNTED):
            return low <= self.wanted + slack
        return low - slack <= self.wanted <= high + slack


def find_limits(instruction: str) -> Iterator[Limit]:
    """The limits that an instruction sets.

    >>> [str(limit.kind) for limit in find_limits("Use at most 50 words, in two paragraphs.")]
    ['most', 'in']
    >>> list(find_limits("用不超过一百字回答")), list(find_limits("用三句话总结"))
    ([Limit(kind='most', wanted=100, unit='character')], [Limit(kind='in', wanted=3, unit='sentence')])
    """
    for match in _limit().finditer(instruction.lower()):
        kind = _kinds("behind").get(match["behind"] or "") or _kinds("before").get(match["before"] or "")
        wanted = read_number(match["number"])
        if kind and wanted:
            yield Limit(kind, wanted, _units()[match["unit"]])


@cache
def _limit() -> regex.Pattern[str]:
    before, behind = (_any(_kinds(name)) for name in ("before", "behind"))
    return regex.compile(
        rf"(?:(?<![\p{{Latin}}\p{{Cyrillic}}])(?P<before>{before})(?:\s+the)?\s*)?{_measure()}(?:\s*(?P<behind>{behind}))?"
        r"(?!\s+(?:or|to|oder|bis|ou|o|a|или)\s|[-\u2013]\d|\p{Latin}|\p{Cyrillic})"
    )


@cache
def _measure() -> str:
    """A number and a unit."""
    number = rf"\d{{1,4}}|(?<![一二三四五六七八九十百千两])[一二三四五六七八九十百千两]++|{_any(_numbers())}"
    return rf"(?P<number>{number})[ -]?(?P<unit>{_any(_units())})"


def hint_limits() -> str:
    """The expression by which RE2 searches a whole column: a number before a unit."""
    numbers = [name for name in _numbers() if not UNSPACED.search(name)]
    return rf"(?:\d|[一二三四五六七八九十百两]|\b(?:{_any(numbers)}))[ -]?(?:{_any(_units())})"


def _any(words: Iterable[str]) -> str:
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(regex.escape(word, special_only=True) for word in ordered)


@cache
def _kinds(place: str) -> dict[str, str]:
    return {word: kind for kind, words in load_phrases("measures")[place].items() for word in listed(words)}


@cache
def _units() -> dict[str, str]:
    return {word: unit for unit, words in load_phrases("measures")["units"].items() for word in listed(words)}


@cache
def _numbers() -> dict[str, int]:
    return dict(load_phrases("measures")["numbers"])


def read_number(text: str) -> int:
    """A number in figures or words; 0 for one that is not known.

    >>> [read_number(text) for text in ("12", "seven", "一百五十", "十二")]
    [12, 7, 150, 12]
    """
    if text.isdecimal():
        return int(text)
    if text in _numbers():
        return _numbers()[text]
    total, digit = 0, 0
    for each in text:
        scale = {"十": 10, "百": 100, "千": 1000}.get(each)
        digit, total = (0, total + (digit or 1) * scale) if scale else (_numbers().get(each, 0), total)
    return total + digit


def _counts(text: str, unit: str) -> list[int]:
    """How many of a unit a text has, by each way of counting."""
    text = text.strip()
    if unit == "word":
        return [len(text.split())]
    if unit == "character":
        return [len(text), len(regex.findall(r"\S", text)), len(regex.findall(r"[\p{L}\p{N}]", text))]
    if unit == "paragraph":
        parts = [regex.split(cut, text) for cut in (r"\n\s*\n", r"\n")]
        long = [part for part in parts[0] if len(part.strip()) > _HEADING]
        return [len(long), *(len([part for part in each if part.strip()]) for each in parts)]
    return [len(_SENTENCE.findall(text))]
