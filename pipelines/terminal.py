"""The terminal that rows are shown on, as text or as JSON."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from pipelines.escapes import escape


def to_json(document: Any) -> str:
    """A document as lines of JSON; escapes keep a row's characters from acting on a terminal."""
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


class _Console(Console):
    """A console whose texts are shown and do nothing, whoever wrote them and wherever they stand."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of what is printed, with escapes for what would hide, reorder or control."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else escape(text), style, control)


def open_console() -> Console:
    """A console that prints text as it is, with escapes for what the terminal's encoding lacks."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A row may hold what the terminal's encoding does not.
        sys.stdout.reconfigure(errors="backslashreplace")
    return _Console(highlight=False, markup=False, emoji=False)
