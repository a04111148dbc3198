"""What happened to a row of a release, and why: `tamis explain`."""

from __future__ import annotations

from pipelines.explain.lookup import look_up
from pipelines.explain.page import show
from pipelines.releases.release import open_to_look
from pipelines.terminal import open_console

__all__ = ["explain"]


def explain(release: str, record: str) -> None:
    """Print what happened to a record of a release, and why."""
    found = open_to_look(release)
    answer = look_up(found, record)
    console = open_console()
    for block in show(found, answer):
        console.print(block)
