"""What two texts differ in, on one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipelines.escapes import one_line
from pipelines.explain.compare import compare
from pipelines.explain.spans import Mark, Span

_CONTEXT, _MARKED = 24, 48


def difference(old: str, new: str) -> list[Span]:
    """Both texts as one, with a little around each place where they differ.

    >>> spans = difference("Which city is more hazardous?", "Which city is less hazardous?")
    >>> [(span.text, span.mark.name) for span in spans[:3]]
    [('Which city is ', 'PLAIN'), ('more', 'OLD'), ('less', 'NEW')]
    """
    spans = list(_merged(*compare(old, new)))
    last = len(spans) - 1
    return [Span(_shown(span, first=at == 0, last=at == last), span.mark) for at, span in enumerate(spans)]


def marked(spans: Sequence[Span]) -> int:
    """Characters that only one of the texts has.

    >>> marked(difference("more or less", "less or less"))
    8
    """
    return sum(len(span.text) for span in spans if span.mark is not Mark.PLAIN)


def _merged(old: Sequence[Span], new: Sequence[Span]) -> Iterator[Span]:
    """The spans of both sides in one row; what both have stands once."""
    left, right = list(old), list(new)
    while left or right:
        if left and left[0].mark is Mark.OLD:
            yield left.pop(0)
        elif right and right[0].mark is Mark.NEW:
            yield right.pop(0)
        else:
            yield left.pop(0)
            right.pop(0)


def _shown(span: Span, *, first: bool, last: bool) -> str:
    text = span.text
    if span.mark is not Mark.PLAIN:
        return one_line(text if len(text) <= _MARKED else f"{text[:_MARKED]}…")
    most = _CONTEXT if first or last else 2 * _CONTEXT
    if len(text) <= most:
        return one_line(text)
    head = "" if first else text[:_CONTEXT]
    tail = "" if last else text[-_CONTEXT:]
    return one_line(f"{head}…{tail}")
