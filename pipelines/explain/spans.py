"""Text as a person reads it on a terminal: marked, cut to a length, and with nothing hidden in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import regex
from rich.text import Text

from pipelines.escapes import HIDDEN, write_out

MOST = 1200
_CONTEXT, _SLACK = 200, 40


class Mark(Enum):
    """What is to be said of a stretch of text: how it looks, and the brackets that show it without colour."""

    look: str
    opening: str
    closing: str

    def __init__(self, look: str, opening: str, closing: str) -> None:
        """Make the member."""
        self.look, self.opening, self.closing = look, opening, closing

    PLAIN = ("default", "", "")
    OLD = ("bold underline red", "[-", "-]")
    NEW = ("bold underline green", "{+", "+}")
    FOUND = ("bold underline yellow", "", "")
    CUT = ("italic dim", "[… ", " …]")


@dataclass(frozen=True)
class Span:
    """A stretch of text with one mark; a CUT one stands for `hidden` characters."""

    text: str
    mark: Mark = Mark.PLAIN
    hidden: int = 0

    @property
    def size(self) -> int:
        """Characters of the original text it stands for."""
        return self.hidden or len(self.text)


def find(text: str, patterns: Iterable[str]) -> list[Span]:
    """The text with every place marked where one of the patterns stands, whatever its case.

    >>> [(span.text, span.mark.name) for span in find("see todo, Todo.", ["TODO"])]
    [('see ', 'PLAIN'), ('todo', 'FOUND'), (', ', 'PLAIN'), ('Todo', 'FOUND'), ('.', 'PLAIN')]
    """
    either = "|".join(map(regex.escape, patterns))
    pieces = regex.split(f"({either})", text, flags=regex.IGNORECASE) if either else [text]
    marks = (Mark.PLAIN, Mark.FOUND)
    return [Span(piece, marks[at % 2]) for at, piece in enumerate(pieces) if piece]


def fold(spans: Sequence[Span], most: int = MOST) -> list[Span]:
    """The spans with the middle of long ones left out, and what follows once `most` characters are shown.

    >>> [len(span.text) or span.hidden for span in fold([Span("x" * 900)], 200)]
    [150, 700, 50]
    """
    context = max(_CONTEXT, most // (2 * max(1, len(spans))))
    head, tail = (most * 3 // 4, most // 4) if len(spans) == 1 else (context, context)
    pieces = [piece for span in spans for piece in _cut(span, head, tail)]
    return list(_limit(pieces, most))


def _cut(span: Span, head: int, tail: int) -> list[Span]:
    text, mark = span.text, span.mark
    if len(text) - head - tail <= _SLACK:
        return [span]
    # Cut between words, if there is a space near.
    head = text.rfind(" ", head - _SLACK // 2, head) + 1 or head
    tail = len(text) - max(text.find(" ", len(text) - tail, len(text) - tail + _SLACK // 2), len(text) - tail)
    return [
        Span(text[:head], mark),
        Span("", Mark.CUT, len(text) - head - tail),
        Span(text[len(text) - tail :], mark),
    ]


def _limit(spans: Sequence[Span], most: int) -> Iterator[Span]:
    shown = 0
    for at, span in enumerate(spans):
        rest = sum(left.size for left in spans[at:])
        if shown >= most and rest > _SLACK:
            yield Span("", Mark.CUT, rest)
            return
        yield span
        shown += len(span.text)


def draw(spans: Iterable[Span]) -> Text:
    """The spans as styled text."""
    text = Text(overflow="fold")
    for span in spans:
        lead, body, trail = _around(span)
        _append(text, lead, Mark.PLAIN.look)
        text.append(span.mark.opening, span.mark.look)
        _append(text, body, span.mark.look)
        text.append(span.mark.closing, span.mark.look)
        _append(text, trail, Mark.PLAIN.look)
    return text


def _around(span: Span) -> tuple[str, str, str]:
    """What stands before, inside and after the brackets of a span: white space outside, or else visible."""
    if span.mark is Mark.CUT:
        return "", f"{span.hidden:,} characters left out", ""
    if span.mark not in {Mark.OLD, Mark.NEW}:
        return "", span.text, ""
    body = span.text.strip()
    if not body:
        return "", "".join("␣" if space == " " else write_out(space) for space in span.text), ""
    start = span.text.index(body)
    return span.text[:start], body, span.text[start + len(body) :]


def _append(text: Text, shown: str, look: str) -> None:
    at = 0
    for run in HIDDEN.finditer(shown):
        text.append(shown[at : run.start()], look)
        text.append(write_out(run[0]), f"{look} reverse")
        at = run.end()
    text.append(shown[at:], look)
