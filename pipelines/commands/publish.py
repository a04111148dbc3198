"""`tamis publish`: LATEST moved to another release."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pipelines.errors import PUBLISHED
from pipelines.escapes import tell
from pipelines.options import Commands, add_command


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    command = add_command(
        commands,
        "publish",
        _publish,
        help="make another release of an output folder the latest, to roll back",
    )
    command.add_argument("root", metavar="ROOT", help="folder of the releases")
    command.add_argument("name", metavar="NAME", help="name of the release")
    command.add_argument("--held", action="store_true", help="publish a release that a gate holds")


def _publish(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines.reach import reach
    from pipelines.releases.pointing import point_to
    from transforms.steps import storage

    reach(parsed, rest)
    root = storage.folder(parsed.root)
    returning = point_to(root, parsed.name, held=parsed.held)
    print(f"{root}/LATEST names the release {parsed.name}")
    if returning is None:
        tell("what the release before had removed cannot be read; give --remove again if it had")
    elif returning:
        tell(
            f"rows that {len(returning):,} lines of the takedown list removed may be in this release; "
            "runs that follow it do not know of them, so give --remove again"
        )
    return PUBLISHED
