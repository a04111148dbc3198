"""What happened to a row of a release, and why: `tamis explain`."""

from __future__ import annotations

import io
import sys

from rich.console import Console

from pipelines.explain.lookup import look_up
from pipelines.explain.page import show
from pipelines.explain.release import open_release

__all__ = ["explain"]


def explain(release: str, record: str) -> None:
    """Print what happened to a record of a release, and why."""
    found = open_release(release)
    answer = look_up(found, record)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A row may hold what the terminal's encoding does not.
        sys.stdout.reconfigure(errors="backslashreplace")
    console = Console(highlight=False, markup=False, emoji=False)
    for block in show(found, answer):
        console.print(block)
