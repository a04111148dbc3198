"""Where an export is written before it is one, and the step that makes it one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from pipelines import lease
from pipelines.errors import RunError, UsageError
from transforms.steps import storage

MANIFEST = "export.json"
"""What makes a folder an export; written last."""


class Staged(NamedTuple):
    """A folder to write to, and the lease that holds it, if it is in a store."""

    folder: str
    held: lease.Lease | None = None

    def finish(self, manifest: str) -> None:
        """Write the manifest, unless another export has taken the folder over."""
        lost = self.held and lease.loss(self.folder, self.held.holder.owner)
        if lost:
            raise RunError(f"{lost}; nothing was exported")
        storage.write_bytes(f"{self.folder}/{MANIFEST}", manifest.encode())


@contextmanager
def staged(output: str) -> Iterator[Staged]:
    """A folder to write to, which is at `output` once all went well.

    On this machine it is a hidden one beside `output` that is renamed. A store cannot rename: there files go
    where they belong, held as the output folder of a run is, and the manifest, last, makes them an export.
    """
    if not storage.is_local(output):
        _unfinished(output)
        with lease.leased(output) as held:
            storage.delete_files([f"{output}/{name}" for name in _unfinished(output)])
            yield Staged(output, held)
        storage.delete_file(f"{output}/{lease.FILE}")
        return
    target = Path(storage.absolute(output))
    _check_free(target, output)
    target.parent.mkdir(parents=True, exist_ok=True)
    _delete_abandoned(target)
    folder = storage.partial_beside(target)
    folder.mkdir()
    try:
        with storage.locked(folder):
            yield Staged(str(folder))
            _check_free(target, output)
            folder.rename(target)
    finally:
        storage.delete_folder(str(folder))


def _check_free(target: Path, output: str) -> None:
    """Refuse a place where anything is but an empty folder."""
    if target.is_dir() and not any(target.iterdir()):
        target.rmdir()
    if target.exists() or target.is_symlink():
        raise UsageError(f"{output} is there already; --output takes a new or empty folder")


def _unfinished(output: str) -> list[str]:
    """What an export that was killed has left in a store; a place where anything else is is refused."""
    there = [name for name in storage.files_in(output) if name != lease.FILE]
    if others := [name for name in there if not name.startswith("data/")]:
        what = "an export" if MANIFEST in others else f"something else than an export ({others[0]})"
        raise UsageError(f"{output} holds {what}; --output takes a new or empty folder")
    return there


def _delete_abandoned(target: Path) -> None:
    """Delete what exports to the same place left that were killed: nobody holds them."""
    for path in target.parent.iterdir():
        if path.name.startswith(f".{target.name}.") and storage.is_partial(path.name) and path.is_dir():
            handle = os.open(path, os.O_RDONLY)
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                storage.delete_folder(str(path))
            os.close(handle)
