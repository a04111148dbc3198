"""`tamis diff`: what moved from one release to another."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pipelines.errors import PUBLISHED, UsageError
from pipelines.options import Commands, add_command


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    command = add_command(
        commands,
        "diff",
        _diff,
        help="show which rows entered, left and changed between two releases, and what drifted",
    )
    flag = command.add_argument
    flag("before", metavar="A", help="folder of a release, or an output folder for its latest")
    flag("after", metavar="B", help="the one to compare it with")
    flag("--limit", type=int, metavar="N", default=0, help="list the first N of the rows that moved, by id")
    flag("--json", action="store_true", help="print JSON")
    flag("--parquet", metavar="FILE", help="write all rows that moved to a new file")


def _diff(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines.diff import Question, compare_releases
    from pipelines.reach import reach

    reach(parsed, rest)
    if parsed.limit < 0:
        raise UsageError(f"--limit takes a whole number from 0, found {parsed.limit}")
    question = Question(
        before=parsed.before,
        after=parsed.after,
        limit=parsed.limit,
        parquet=parsed.parquet,
        json=parsed.json,
    )
    compare_releases(question)
    return PUBLISHED
