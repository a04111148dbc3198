"""`tamis unlock`: free an output folder whose run has ended."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pipelines.errors import PUBLISHED, UsageError
from pipelines.options import Commands, add_command


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    command = add_command(
        commands,
        "unlock",
        _unlock,
        help="free an output folder on an object store whose run will not end by itself",
        description="Free an output folder whose run has ended.",
    )
    command.add_argument("root", metavar="ROOT", help="folder of the releases")


def _unlock(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines import holding
    from pipelines.reach import reach
    from transforms.steps import storage

    reach(parsed, rest)
    root = storage.folder(parsed.root)
    if not storage.list_names(root):
        raise UsageError(f"{root} is no output folder: nothing is there")
    holder = holding.unlock(root)
    if holder is None:
        print(f"{root}: nobody holds it")
    else:
        print(f"{root}: freed; release {holder.release or '(not named yet)'} will not be published")
    return PUBLISHED
