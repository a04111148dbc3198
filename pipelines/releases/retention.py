"""How many releases an output folder keeps."""

from __future__ import annotations

import json

from pipelines import publish
from transforms.steps import storage


def prune(root: str, keep: int) -> list[str]:
    """Delete all but the newest releases, never the one that LATEST names; give the names, oldest first.

    The manifest goes first, so that a release is whole or none at any moment.
    """
    by_age = sorted(publish.releases(root), key=lambda name: _age(root, name))
    latest = publish.latest(root)
    old = [name for name in by_age[: max(0, len(by_age) - keep)] if name != latest]
    for name in old:
        folder = f"{root}/releases/{name}"
        storage.delete_file(f"{folder}/{publish.MANIFEST}")
        storage.delete_folder(folder)
    return old


def _age(root: str, name: str) -> tuple[float, int, str]:
    """What sorts as releases were made: when the run began or, unrecorded, the manifest was written."""
    record, manifest = f"{root}/runs/{name}/run.json", f"{root}/releases/{name}/{publish.MANIFEST}"
    if storage.exists(record):
        made = float(json.loads(storage.read_bytes(record))["started"])
    else:
        made = storage.written_at(manifest)
    return made, int(name) if name.isdecimal() else 0, name
