"""The terminal that rows are shown on, as text or as JSON."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

from rich.console import Console


def to_json(document: Any) -> str:
    """A document as lines of JSON; escapes keep a row's characters from acting on a terminal."""
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def open_console() -> Console:
    """A console that prints text as it is, with escapes for what the terminal's encoding lacks."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A row may hold what the terminal's encoding does not.
        sys.stdout.reconfigure(errors="backslashreplace")
    return Console(highlight=False, markup=False, emoji=False)
