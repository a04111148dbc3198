"""`tamis explain`: what happened to a row, and why."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pipelines.errors import PUBLISHED
from pipelines.options import Commands, add_command


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    command = add_command(
        commands, "explain", _explain, help="say what happened to a row of a release, and why"
    )
    command.add_argument(
        "release", metavar="DIR", help="folder of a release, or an output folder for its latest"
    )
    command.add_argument("record", metavar="RECORD", help="record id, or FILE:ROW, or SOURCE/FILE:ROW")


def _explain(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines.explain import explain
    from pipelines.reach import reach

    reach(parsed, rest)
    explain(parsed.release, parsed.record)
    return PUBLISHED
