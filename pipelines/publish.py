"""The output folder: releases, the pointer to the latest, the lock, and what a killed run leaves."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import RunError, UsageError
from transforms.steps import presence, storage

OURS = frozenset({"releases", "runs", "LATEST", "latest", ".cache", ".staging", ".lock", presence.FILE})
MANIFEST = "manifest.json"
_PATIENCE_SECONDS = 60.0


def check_root(root: str) -> None:
    """Refuse an output folder that holds something else."""
    if storage.is_local(root) and Path(root).exists() and not Path(root).is_dir():
        raise UsageError(f"{root} is a file; --output takes a folder")
    others = [name for name in storage.list_names(root) if name not in OURS]
    if others:
        shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
        raise UsageError(f"{root} holds something else than releases ({shown}); name a new or empty folder")


def releases(root: str) -> list[str]:
    """Names of the releases of a root, sorted: folders with a manifest."""
    names = storage.list_names(f"{root}/releases")
    return [name for name in names if storage.exists(f"{root}/releases/{name}/{MANIFEST}")]


def next_name(root: str) -> str:
    """The next number, as a release's name."""
    taken = [int(name) for name in releases(root) if name.isdecimal()]
    return f"{max(taken, default=0) + 1:04d}"


def latest(root: str) -> str | None:
    """Name of the latest release, if there is one."""
    path = f"{root}/LATEST"
    return storage.read_bytes(path).decode().strip() if storage.exists(path) else None


def move_latest(root: str, name: str) -> None:
    """Point `LATEST`, and on a local disk the link `latest`, to a release."""
    storage.write_bytes(f"{root}/LATEST", f"{name}\n".encode())
    if storage.is_local(root):
        fresh = Path(root) / f".latest.{os.getpid()}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(f"releases/{name}")
        fresh.replace(Path(root) / "latest")


def clear_leftovers(root: str) -> list[str]:
    """Delete what killed runs left: staging areas and releases without a manifest; give the names."""
    whole = set(releases(root))
    dead = [name for name in storage.list_names(f"{root}/releases") if name not in whole]
    for name in dead:
        storage.delete_folder(f"{root}/releases/{name}")
    storage.delete_folder(f"{root}/.staging")
    return dead


@contextmanager
def lock(root: str) -> Iterator[None]:
    """Hold the output folder for one run; the lock of a dead one is free."""
    if not storage.is_local(root):
        yield
        return
    Path(root).mkdir(parents=True, exist_ok=True)
    with (Path(root) / ".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sentence = f"{root}: another run is writing there; wait for it or name another folder"
            raise UsageError(sentence) from None
        if not presence.wait_until_alone(root, _PATIENCE_SECONDS):
            raise RunError(
                f"{root}: workers of a run that was killed are still at work there; end them first"
            )
        try:
            yield
        finally:
            presence.leave(root)
