"""`tamis sample`: the dataset that the demo runs on."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from pipelines.errors import PUBLISHED, UsageError
from pipelines.options import Commands, add_command, refuse


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    command = add_command(
        commands, "sample", _sample, help="write the sample dataset that the demo runs on", stores=False
    )
    command.add_argument("folder", metavar="DIR", help="folder to write to on this machine")


def _sample(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines.sample import write_sample
    from transforms.steps import storage

    refuse(parsed, rest)
    if not storage.is_local(parsed.folder):
        raise UsageError(f"{parsed.folder} is not on this machine, where tamis sample writes")
    write_sample(Path(parsed.folder))
    print(f"sample data is in {parsed.folder}")
    return PUBLISHED
