"""`tamis duplicates`: which rows are duplicates of which, and what other thresholds would keep."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pipelines.errors import PUBLISHED, UsageError
from pipelines.options import Commands, add_command


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    command = add_command(
        commands,
        "duplicates",
        _duplicates,
        help="list which rows of a release are duplicates of which, or try other thresholds",
    )
    flag = command.add_argument
    flag("release", metavar="DIR", help="folder of a release, or an output folder for its latest")
    flag("--limit", type=int, metavar="N", default=10, help="clusters to list, largest first (default: 10)")
    flag("--members", type=int, metavar="M", default=5, help="members to list of each (default: 5)")
    flag("--json", action="store_true", help="print JSON")
    either = command.add_mutually_exclusive_group()
    either.add_argument("--parquet", metavar="FILE", help="write all clusters with all members to a new file")
    either.add_argument(
        "--what-if",
        metavar="THRESHOLDS",
        help="show what other thresholds would keep instead, such as 0.8,0.85,0.9",
    )


def _duplicates(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines.duplicates import Question, list_duplicates
    from pipelines.reach import reach

    reach(parsed, rest)
    for name in ("limit", "members"):
        if getattr(parsed, name) < 0:
            raise UsageError(f"--{name} takes a whole number from 0, found {getattr(parsed, name)}")
    question = Question(
        release=parsed.release,
        limit=parsed.limit,
        members=parsed.members,
        what_if=parsed.what_if,
        parquet=parsed.parquet,
        json=parsed.json,
    )
    list_duplicates(question)
    return PUBLISHED
