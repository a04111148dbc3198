"""`tamis prune`: old releases deleted."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pipelines.errors import PUBLISHED, UsageError
from pipelines.escapes import escape
from pipelines.options import Commands, add_command


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    command = add_command(
        commands,
        "prune",
        _prune,
        help="delete old releases, and all that a gate holds; the latest always stays",
    )
    command.add_argument("root", metavar="ROOT", help="folder of the releases")
    command.add_argument(
        "--keep", type=int, metavar="N", required=True, help="how many of the newest releases to keep"
    )


def _prune(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines import holding, output_folder
    from pipelines.reach import reach
    from pipelines.releases.retention import prune
    from transforms.steps import storage

    reach(parsed, rest)
    if parsed.keep < 1:
        raise UsageError(f"--keep takes a whole number from 1, found {parsed.keep}")
    root = storage.folder(parsed.root)
    if not output_folder.releases(root):
        raise UsageError(f"there is no release in {root}")
    with holding.lock(root):
        if output_folder.latest(root) not in {None, *output_folder.releases(root)}:
            raise UsageError(
                f"{root}/LATEST names no release that is there, so which must stay is not known; "
                f"'tamis publish {root} NAME' names one"
            )
        waiting = [*output_folder.clear_held(root), *output_folder.clear_unfinished(root)]
        old = prune(root, parsed.keep)
        left = output_folder.releases(root)
    deleted = ", ".join([*old, *waiting]) or "nothing"
    print(escape(f"deleted {deleted}; left are {', '.join(left)}"))
    return PUBLISHED
