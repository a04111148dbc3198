"""`tamis verify`: a release held to its manifest."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pipelines.errors import PUBLISHED, RunError, UsageError
from pipelines.options import Commands, add_command


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    command = add_command(
        commands,
        "verify",
        _verify,
        help="check every file, count and digest of a release against its manifest",
    )
    command.add_argument(
        "release", metavar="DIR", help="folder of a release, or an output folder for its latest"
    )


def _verify(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines.reach import reach
    from pipelines.releases.release import open_to_look
    from pipelines.releases.verify import find_faults
    from transforms.steps import storage

    reach(parsed, rest)
    folder = storage.folder(parsed.release)
    try:
        release = open_to_look(folder)
    except UsageError as error:
        if storage.exists(folder) or not storage.list_names(folder):
            raise
        raise RunError(str(error)) from None
    faults = list(find_faults(release))
    if faults:
        raise RunError("\n".join([f"{release.folder} is not what its manifest says:", *faults]))
    counts = release.manifest.counts
    print(
        f"{release.folder} is whole: {len(release.manifest.files)} files, {counts.ledger:,} ledger rows, "
        f"{counts.verdicts['kept']:,} kept; digest {release.manifest.digest}"
    )
    return PUBLISHED
