"""The signals of quality, by `phrases/quality.yaml`: columns are searched, few rows looked at one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import regex

from schemas.reason import REASONS, Reason
from schemas.recipe import Recipe
from transforms.kernels.arrays import buffers
from transforms.kernels.marks import Marks
from transforms.kernels.measures import hint_limits
from transforms.kernels.phrases import MOST_PLACES, load_phrases
from transforms.kernels.quality_checks import CHECKS, Example
from transforms.kernels.texts import Texts

_START_CHARS = 300
"""First characters of an output, in which signals of its start are looked for."""

_LONG_BYTES = 300
"""Bytes that an output must exceed to be looked at for repetition."""

_TAIL_BYTES = 4000
"""Last bytes of such an output, which are compressed."""

_LEFT = 0.4
"""A text that repeats itself is compressed by lz4 to less than this share of its size."""

_ECHO_BYTES = 40
"""First bytes that an output shares with its instruction where it may echo it."""

_BARE_BYTES = 45
"""Size below which an output may be a bare answer."""

_PROMPT_BYTES = 480
"""Size below which an instruction without input is a bare prompt."""

_FEW = 8
"""Rows up to which Python is faster than RE2, which has to compile the expression first."""

_FIELDS = {"any": Texts._fields, "start": ("output",)}


_HINTS: dict[str, Callable[[], str]] = {
    "constraint_missed": lambda: rf"{hint_limits()}|\bjson\b",
    "private_data": lambda: str(load_phrases("private")["hint"]),
}
"""Hints that are made of other data files."""


class Signal(NamedTuple):
    """A signal as the data file has it."""

    reason: Reason
    field: str
    look: str | None
    hint: str | None
    check: str | None
    alone: bool


@cache
def signals() -> tuple[Signal, ...]:
    """Every signal, in the order of the data file."""
    return tuple(
        Signal(
            REASONS[name],
            each["in"],
            each.get("look"),
            _HINTS[name]() if name in _HINTS else each.get("hint", each.get("look")),
            each.get("check"),
            each.get("alone", False),
        )
        for name, each in load_phrases("quality")["signals"].items()
    )


@cache
def _pattern(look: str) -> regex.Pattern[str]:
    """The expression as Python looks for it, to tell what was found."""
    return regex.compile(
        regex.sub(r"\\x\{(\w+)\}", lambda code: regex.escape(chr(int(code[1], 16))), look), regex.IGNORECASE
    )


def mark_quality(recipe: Recipe, texts: Texts) -> Marks:
    """Marks of every signal that the recipe does not turn off."""
    marks = Marks.none(len(texts.output))
    actions = {signal: getattr(recipe.rules, signal.reason.value).action for signal in signals()}
    for signal, found in _found(texts, tuple(each for each in signals() if actions[each] != "off")):
        marks.add(signal.reason.bit, actions[signal], found)
    return marks


def marked_by(reason: Reason, texts: Texts) -> np.ndarray:
    """Mask of the rows that one signal marks."""
    mask = np.zeros(len(texts.output), bool)
    for _, rows in _found(texts, tuple(signal for signal in signals() if signal.reason is reason)):
        mask[rows] = True
    return mask


def find_signal(reason: Reason, row: tuple[str, str, str]) -> tuple[str, int] | None:
    """Field of a row of instruction, input and output, and where in it a signal's expression stands.

    None where no expression tells.
    """
    for signal in signals():
        if signal.reason is reason and signal.look:
            for field in _FIELDS.get(signal.field, (signal.field,)):
                example = Example(*row, row[Texts._fields.index(field)], "")
                match = next(_matches_of(signal, example), None)
                if match and _is_found(signal, example, looked=True):
                    return field, match.start()
    return None


def _found(texts: Texts, wanted: tuple[Signal, ...]) -> Iterator[tuple[Signal, np.ndarray]]:
    """Every signal and rows that it marks."""
    for field in Texts._fields:
        sought = [signal for signal in wanted if field in _FIELDS.get(signal.field, (signal.field,))]
        for signal in sought:
            if signal.reason.value in _SHAPES:
                yield signal, _look(signal, texts, field, np.flatnonzero(_SHAPES[signal.reason.value](texts)))
            elif signal.alone:
                mask = _matches(getattr(texts, field), signal.look or "")
                yield signal, _look(signal, texts, field, np.flatnonzero(mask))
        together = [each for each in sought if not each.alone and each.reason.value not in _SHAPES]
        every, bare = np.arange(len(texts.output)), np.flatnonzero(_has_bare_prompt(texts))
        yield from _search(texts, field, every, [each for each in together if each.check not in _BARE_PROMPT])
        yield from _search(texts, field, bare, [each for each in together if each.check in _BARE_PROMPT])


def _search(
    texts: Texts, field: str, rows: np.ndarray, sought: list[Signal]
) -> Iterator[tuple[Signal, np.ndarray]]:
    """Each signal and the rows of one field that it marks: one search for all hints, then one for each."""
    hints = tuple(signal.hint for signal in sought if signal.hint)
    if not hints or len(rows) == 0:
        return
    column = getattr(texts, field)
    column = column if len(rows) == len(column) else column.take(pa.array(rows))
    some = np.flatnonzero(_matches(column, _union(hints)))
    column = column.take(pa.array(some))
    for signal in sought:
        hinted = rows[some[_matches(column, f"(?i){signal.hint}")]]
        if len(hinted):
            yield signal, _look(signal, texts, field, hinted)


@cache
def _union(looks: tuple[str, ...]) -> str:
    return "(?i)" + "|".join(f"(?:{look})" for look in looks)


def _look(signal: Signal, texts: Texts, field: str, rows: np.ndarray) -> np.ndarray:
    """Those of some rows in which the signal is found and passes its check.

    RE2 looks first, unless the expression has a lookahead, which RE2 cannot do.
    """
    looked = signal.look is None
    if signal.look is not None and "(?!" not in signal.look and len(rows) > _FEW:
        text = getattr(texts, field).take(pa.array(rows))
        text = pc.utf8_slice_codeunits(text, 0, _START_CHARS) if signal.field == "start" else text
        rows, looked = rows[_matches(text, signal.look if signal.alone else f"(?i){signal.look}")], True
        if signal.check is None:
            return rows
    found = [_is_found(signal, example, looked=looked) for example in _examples(texts, rows, field)]
    return rows[np.array(found, bool)]


def _is_found(signal: Signal, example: Example, *, looked: bool) -> bool:
    """Whether a signal's expression stands in a text and passes its check."""
    if not looked and not _pattern(signal.look or "").search(_searched(signal, example)):
        return False
    return signal.check is None or _passes(signal, example)


def _matches(column: pa.LargeStringArray, pattern: str) -> np.ndarray:
    return np.asarray(pc.match_substring_regex(column, pattern).to_numpy(zero_copy_only=False))


def _examples(texts: Texts, rows: np.ndarray, field: str) -> Iterator[Example]:
    fields = [column.take(pa.array(rows)).to_pylist() for column in texts]
    at = Texts._fields.index(field)
    for row in zip(*fields, strict=True):
        instruction, given, output = row
        yield Example(instruction, given, output, row[at], "")


def _passes(signal: Signal, example: Example) -> bool:
    """Whether something that the expression finds passes the check."""
    if signal.look is None or signal.check not in _ON_FOUND:
        return CHECKS[signal.check or ""](example)
    return any(_matches_of(signal, example))


def _searched(signal: Signal, example: Example) -> str:
    """What of the text the expression is looked for in."""
    return example.text[:_START_CHARS] if signal.field == "start" else example.text


def _matches_of(signal: Signal, example: Example) -> Iterator[regex.Match[str]]:
    """What the expression finds first; if the check looks at that, only what passes."""
    check = CHECKS[signal.check] if signal.check in _ON_FOUND else None
    found = _pattern(signal.look or "").finditer(_searched(signal, example))
    for match in islice(found, MOST_PLACES):
        if check is None or check(example._replace(found=match[0])):
            yield match


def _has_bare_prompt(texts: Texts) -> np.ndarray:
    """Mask of the rows of a short instruction and no input."""
    asked, given = (np.diff(buffers(text).offsets) for text in (texts.instruction, texts.input))
    return (given == 0) & (asked < _PROMPT_BYTES)


_BARE_PROMPT = frozenset({"input_missing", "without_input", "plea"})
"""Checks that only rows with a bare prompt pass."""

_ON_FOUND = frozenset({"input_missing", "markup", "plea", "declines"})
"""Checks that look at what was found."""


def _repeating(texts: Texts) -> np.ndarray:
    """Mask of the long outputs whose ends lz4 compresses well."""
    data, offsets = buffers(texts.output)
    codec, mask = pa.Codec("lz4_raw"), np.zeros(len(texts.output), bool)
    for row in np.flatnonzero(np.diff(offsets) > _LONG_BYTES):
        start, end = offsets[row], offsets[row + 1]
        raw = pa.py_buffer(data[max(start, end - _TAIL_BYTES) : end])
        mask[row] = codec.compress(raw).size < _LEFT * raw.size
    return mask


def _echoing(texts: Texts) -> np.ndarray:
    """Mask of the outputs whose first bytes are those of their instructions."""
    asked, answered = buffers(texts.instruction), buffers(texts.output)
    long = (np.diff(asked.offsets) >= _ECHO_BYTES) & (np.diff(answered.offsets) >= _ECHO_BYTES)
    for at in range(_ECHO_BYTES):
        rows = np.flatnonzero(long)
        same = asked.data[asked.offsets[rows] + at] == answered.data[answered.offsets[rows] + at]
        long[rows[~same]] = False
    return long


def _breaking_off(texts: Texts) -> np.ndarray:
    """Mask of the outputs whose end, or whose code fences, may be those of a text that breaks off."""
    data, offsets = buffers(texts.output)
    last = data[np.maximum(offsets[1:] - 1, 0)] if len(data) else np.zeros(len(texts.output), np.uint8)
    fences = np.searchsorted(offsets, np.flatnonzero(data == ord("`")), "right") - 1
    fenced = np.bincount(fences, minlength=len(last)) >= 3
    ends = _ENDS[last] & (np.diff(offsets) > 20)
    open_ = pc.match_substring_regex(texts.output.filter(pa.array(ends)), _BROKEN)
    ends[ends] = open_.to_numpy(zero_copy_only=False)
    return ends | fenced


def _short(texts: Texts) -> np.ndarray:
    """Mask of the outputs of a few bytes."""
    length = np.diff(buffers(texts.output).offsets)
    return (length > 0) & (length < _BARE_BYTES)


_BROKEN = r"(?:[\p{Ll},;]|\.\.\.|\x{2026})\s*(?:<\|endoftext\|>)?\s*$"
_ENDS = np.isin(np.arange(256), list(b".,;> \n")) | (np.arange(256) >= ord("a"))
_SHAPES = {"repetition": _repeating, "echo": _echoing, "unfinished": _breaking_off, "bare_answer": _short}
"""Masks that narrow down the rows for signals that no expression narrows down."""
