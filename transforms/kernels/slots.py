"""Slots that nobody filled in, found in outputs, and which of them are defects.

Their words and shapes are in `phrases/placeholders.yaml`; what else is asked of a match is here. One search
over a column finds the few outputs that may have a slot, and only these are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from itertools import islice
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import regex

from schemas.reason import Reason
from schemas.recipe import Recipe
from transforms.kernels.marks import Marks
from transforms.kernels.phrases import MOST_PLACES, UNSPACED, listed, load_phrases, one_of
from transforms.kernels.texts import Texts

_TITLED = regex.compile(r"[A-Z][\w'\u2019]+(?:[ /-](?:[A-Z][\w'\u2019]+|of|the|and|or|&))+")
_TITLES = regex.compile(rf"(?<=[\p{{L}},.] )\[({_TITLED.pattern})\]")
_WORD = regex.compile(r"[\p{L}\d]+(?:-\p{L}+)?")
_CASED = ("types", "code_line")
_LONGEST = 8
"""Words in a bracket up to which it may name what belongs there."""

_NEAR = 60
"""Characters before a slot in which a letter may greet or end."""

_SHORT = 300
"""An answer of fewer characters that names what belongs there is hardly an answer."""


class Slot(NamedTuple):
    """An unfilled slot: where it stands in the output, the name of its shape, and whether it is a defect."""

    start: int
    end: int
    kind: str
    defect: bool


@dataclass(frozen=True)
class _Words:
    """The words of the data file, as sets; those in scripts without spaces as one expression, `glued`."""

    opener: regex.Pattern[str]
    wanted: regex.Pattern[str]
    nouns: frozenset[str]
    directions: frozenset[str]
    glued: regex.Pattern[str]
    tags: frozenset[str]

    def names(self, inside: str) -> bool:
        """Whether a bracket names what belongs there."""
        lowered = inside.lower()
        words = set(_WORD.findall(lowered))
        return bool((words & self.nouns) or self.glued.search(lowered))

    def directs(self, inside: str) -> bool:
        """Whether a bracket is a direction to a reader or a player."""
        return not self.directions.isdisjoint(_WORD.findall(inside.lower()))


class _Shape(NamedTuple):
    """A shape's expression, texts of which every match has one, and whether lines are matched one by one."""

    pattern: regex.Pattern[str]
    needs: tuple[str, ...]
    by_line: bool

    def matches(self, output: str) -> Iterator[regex.Match[str]]:
        """The first places of an output that have the shape."""
        return islice(self._matches(output), MOST_PLACES)

    def _matches(self, output: str) -> Iterator[regex.Match[str]]:
        if not any(needed in output for needed in self.needs):
            return
        if not self.by_line:
            yield from self.pattern.finditer(output)
            return
        start = 0
        for line in output.split("\n"):
            if any(needed in line for needed in self.needs):
                yield from self.pattern.finditer(output, start, start + len(line))
            start += len(line) + 1


@cache
def _words() -> _Words:
    data = load_phrases("placeholders")
    nouns = listed(data["nouns"])
    apart = [noun for noun in nouns if " " not in noun and not UNSPACED.search(noun)]
    return _Words(
        regex.compile(one_of(listed(data["openers"])), regex.IGNORECASE),
        regex.compile(one_of(listed(data["wanted"])), regex.IGNORECASE),
        frozenset([*apart, *(f"{noun}s" for noun in apart)]),
        frozenset(listed(data["directions"])),
        regex.compile("|".join(map(regex.escape, filter(UNSPACED.search, nouns)))),
        frozenset(data["tags"].split()),
    )


@cache
def _shapes() -> dict[str, _Shape]:
    shapes = load_phrases("placeholders")["shapes"]
    return {
        name: _Shape(
            regex.compile(shape["regex"], regex.VERSION1 | (regex.IGNORECASE if shape.get("i") else 0)),
            tuple(shape.get("needs", ("",))),
            shape.get("by_line", False),
        )
        for name, shape in shapes.items()
    }


@cache
def _context(name: str) -> regex.Pattern[str]:
    """An expression of the data file that tells a slot's surroundings."""
    flags = 0 if name in _CASED else regex.IGNORECASE
    return regex.compile(load_phrases("placeholders")["contexts"][name], flags)


@cache
def _hint() -> str:
    data = load_phrases("placeholders")
    words = "|".join(map(regex.escape, listed(data["openers"]) + listed(data["nouns"])))
    return str(data["hint"]).replace("{words}", words)


def hint_slots(outputs: pa.LargeStringArray) -> np.ndarray:
    """Mark the outputs that may have a slot: a superset of those that have one."""
    return np.asarray(pc.match_substring_regex(outputs, _hint()).to_numpy(zero_copy_only=False))


@dataclass
class Answer:
    """A prompt and its output, and what several checks ask of them.

    `letter` says whether a slot stands where a letter greets or ends.
    """

    prompt: str
    output: str
    letter: bool = False
    _line: tuple[int, int, str] = field(default=(0, -1, ""), init=False)

    @cached_property
    def wanted(self) -> bool:
        """Whether the prompt asks for something that is to be filled in."""
        return bool(_words().wanted.search(self.prompt))

    @cached_property
    def templating(self) -> bool:
        """Whether braces are the language of templates here."""
        return _says("templating", self.prompt) or _says("templating", self.output)

    @cached_property
    def titles(self) -> frozenset[str]:
        """Titles in brackets that are no directions."""
        return frozenset(title for title in _TITLES.findall(self.output) if not _words().directs(title))

    @cached_property
    def undecided(self) -> bool:
        """Whether it is said of three things that they are to be decided."""
        return len(regex.findall(r"\bTB[DA]\b", self.output)) >= 3

    def line(self, match: regex.Match[str]) -> str:
        """The line that a match begins in; that of the match before is at hand, as it may be long."""
        start, end, _ = self._line
        if not (start <= match.start() and match.end() <= end):
            start = self.output.rfind("\n", 0, match.start()) + 1
            end = self.output.find("\n", match.end()) % (len(self.output) + 1)  # -1 is the end
            self._line = start, end, self.output[start:end]
        return self._line[2]


@lru_cache(maxsize=16)
def _says(name: str, text: str) -> bool:
    """Whether an expression of the data file stands in a prompt or line, which may be that of many slots."""
    return bool(_context(name).search(text))


@lru_cache(maxsize=1)
def _is_code(line: str) -> bool:
    return bool(regex.search(r"\bf[\"']|\$|[;=<>]|format|print|\\|\breturn\b", line))


def find_slots(prompt: str, output: str) -> list[Slot]:
    r"""The unfilled slots of an output, in the order they stand in.

    >>> [slot.kind for slot in find_slots("Write a letter.", "Dear [Name],\nyour {{author}}")]
    ['bracket', 'residue']
    >>> find_slots("Which types?", "`[String, Number]`, and [more](https://a.b)")
    []
    """
    answer = Answer(prompt, output)
    found = [
        (match.start(), match.end(), kind)
        for kind, shape in _shapes().items()
        for match in shape.matches(output)
        if kind not in _CHECKS or _CHECKS[kind](match, answer)
    ]
    answer.letter = any(
        _context("letter").search(output[max(0, start - _NEAR) : start + 1]) for start, _, _ in found
    )
    return [Slot(*place, _is_defect(*place, answer)) for place in sorted(found)]


def mark_slots(recipe: Recipe, texts: Texts) -> Marks:
    """Marks of the placeholder rules, where the recipe wants them precise: defects, and slots called for."""
    marks = Marks.none(len(texts.output))
    actions = {
        name: getattr(recipe.rules, name.value).action for name in (Reason.PLACEHOLDER, Reason.SLOT_EXPECTED)
    }
    if recipe.placeholders == "literal" or set(actions.values()) == {"off"}:
        return marks
    at = np.flatnonzero(hint_slots(texts.output))
    found = (
        column.take(pa.array(at)).to_pylist() for column in (texts.instruction, texts.input, texts.output)
    )
    for row, instruction, given, output in zip(at, *found, strict=True):
        slots = find_slots(f"{instruction}\n{given}", output)
        if slots:
            reason = Reason.PLACEHOLDER if any(slot.defect for slot in slots) else Reason.SLOT_EXPECTED
            marks.add(reason.bit, actions[reason], row)
    return marks


def _bracket(match: regex.Match[str], answer: Answer) -> bool:
    inside, words = match["inside"].strip(), _words()
    if words.opener.match(inside) or regex.search(r"\bplaceholder\b", inside):
        return True
    before = answer.output[max(0, match.start() - 12) : match.start() + 1]
    if _context("greeting").search(before):
        return True
    if _TITLED.fullmatch(inside) and len(answer.titles) > 1:
        return True
    named = words.names(inside) and not words.directs(inside) and len(inside.split()) <= _LONGEST
    if not named or _context("types").search(inside) or _says("code_line", answer.line(match)):
        return False
    if _context("quoted").match(inside):
        return False
    plain = all(word.islower() or word.isupper() for word in inside.split())
    return plain or inside[:1].isupper() or inside[:1] == "#" or not inside.isascii()


def _residue(match: regex.Match[str], answer: Answer) -> bool:
    return "{" not in match[0] or not answer.templating


def _brace(match: regex.Match[str], answer: Answer) -> bool:
    return not _is_code(answer.line(match)) and not _says("templating", answer.prompt)


def _angle(match: regex.Match[str], answer: Answer) -> bool:
    name = match["angled"]
    if name.lower() in _words().tags or f"</{name}" in answer.output or match[0] in answer.prompt:
        return False
    if name.startswith("file_") or _says("usage", answer.line(match)):
        return False
    alone = _context("secret").fullmatch(name) and "</" not in answer.output
    apart = alone or any(sign in name for sign in "-_ ") or _context("demanding").match(name)
    return bool(apart and _context("readers").search(name))


def _blank(match: regex.Match[str], answer: Answer) -> bool:
    before = answer.output[max(0, match.start() - 80) : match.start()]
    blank = _is_blank(answer.line(match))
    return bool(_context("asked_before").search(before)) if blank is None else blank


@lru_cache(maxsize=1)
def _is_blank(line: str) -> bool | None:
    """Whether blanks in a line are there to be written on; None where it holds nothing else."""
    rest = line.replace("_", "")
    if _context("drawing").search(line) and not regex.search(r"\p{L}{2}.*\p{L}{2}", rest):
        return False
    if regex.search(r"[\\/|]_|_[\\/|]|[`^~]|\)\)|\(\(|//|--", line):
        return False
    if not rest.strip():
        return None
    return bool(regex.search(r"\p{L}{2,}|[\p{Han}]", rest)) and not regex.search(
        r"_[a-z](?:(?!_[a-z])\w)*__|[=;{}<>]", line
    )


def _yours(match: regex.Match[str], answer: Answer) -> bool:
    return match[0] not in answer.prompt and not ("path/to" in match[0] and "path/to" in answer.prompt)


def _crosses(match: regex.Match[str], answer: Answer) -> bool:
    numeral = regex.fullmatch(r"[IVX]+", match[0]) and answer.output[match.end() : match.end() + 1] == "."
    return match[0] not in answer.prompt and not numeral


def _stub(match: regex.Match[str], answer: Answer) -> bool:
    whole = len(match[0]) == len(answer.output)
    return whole or "todo" not in match[0].lower() or not _says("remark", answer.prompt)


def _elision(match: regex.Match[str], answer: Answer) -> bool:
    return "|" in match[0] or match[0].strip() not in answer.prompt


def _undecided(_: regex.Match[str], answer: Answer) -> bool:
    return answer.undecided


def _filler(_: regex.Match[str], answer: Answer) -> bool:
    return not _says("filler_wanted", answer.prompt)


_CHECKS: dict[str, Callable[[regex.Match[str], Answer], bool]] = {
    "bracket": _bracket,
    "residue": _residue,
    "brace": _brace,
    "angle": _angle,
    "blank": _blank,
    "yours": _yours,
    "crosses": _crosses,
    "stub": _stub,
    "elision": _elision,
    "undecided": _undecided,
    "filler": _filler,
}
"""What is asked of a match besides its shape."""


def _is_defect(start: int, end: int, kind: str, answer: Answer) -> bool:
    """Whether a slot stands in for what was asked, the instruction having called for none."""
    text = answer.output[start:end]
    if kind in {"angle", "yours", "crosses", "brace"}:
        return False
    if kind == "stub":
        return bool(_context("evasion").search(text)) and not _says("how_to", answer.prompt)
    if kind in {"residue", "undecided", "filler", "elision"} or _context("generic").search(text):
        fenced = kind == "elision" and answer.output.count("```", 0, start) % 2
        return not fenced and not _says("form", answer.prompt)
    demanded = kind == "blank" or bool(_context("demand").match(text)) or len(answer.output) < _SHORT
    return demanded and not answer.wanted and not answer.letter
