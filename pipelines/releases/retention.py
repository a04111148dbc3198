"""How many releases an output folder keeps."""

from __future__ import annotations

import json

from pipelines import output_folder
from schemas import paths
from transforms.steps import storage


def prune(root: str, keep: int) -> list[str]:
    """Delete all but the newest releases, never the one that LATEST names; give the names, oldest first."""
    by_age = sorted(output_folder.releases(root), key=lambda name: _age(root, name))
    old = by_age[: max(0, len(by_age) - keep)]
    latest = output_folder.latest(root)
    return [name for name in old if name != latest and output_folder.delete_release(root, name)]


def _age(root: str, name: str) -> tuple[float, int, str]:
    """What sorts as releases were made: when the run began or, unrecorded, the manifest was written."""
    record = f"{paths.run_folder(root, name)}/{paths.RUN_RECORD}"
    manifest = f"{paths.release_folder(root, name)}/{paths.MANIFEST}"
    try:
        made = float(json.loads(storage.read_bytes(record))["started"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        made = storage.written_at(manifest)
    return made, int(name) if name.isdecimal() else 0, name
