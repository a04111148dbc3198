"""The terminal that rows are shown on."""

from __future__ import annotations

import io
import sys

from rich.console import Console


def open_console() -> Console:
    """A console that prints text as it is, with escapes for what the terminal's encoding lacks."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A row may hold what the terminal's encoding does not.
        sys.stdout.reconfigure(errors="backslashreplace")
    return Console(highlight=False, markup=False, emoji=False)
