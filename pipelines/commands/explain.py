"""`tamis explain`: what happened to a row, and why."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pipelines.errors import PUBLISHED
from pipelines.options import Commands


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    command = commands.add_parser(
        "explain", help="say what happened to a row of a release, and why", allow_abbrev=False
    )
    command.set_defaults(handle=_explain, parser=command)
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
