"""The output folder: releases, the pointer to the latest, the lock, and what a killed run leaves."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import RunError, UsageError
from transforms.steps import presence, storage

OURS = frozenset({"releases", "runs", "LATEST", "latest", ".cache", ".staging", ".lock", presence.FILE})
MANIFEST, HELD, REMOVALS = "manifest.json", "held.json", "removals.txt"
"""The manifest of a release; what a release that a gate holds has instead; a release's takedown list."""

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
_PATIENCE_SECONDS = 60.0


def check_root(root: str, cache: str) -> None:
    """Refuse an output folder that holds something else than releases and, it may be, the cache."""
    if storage.is_local(root) and Path(root).exists() and not Path(root).is_dir():
        raise UsageError(f"{root} is a file; --output takes a folder")
    names = [name for name in storage.list_names(root) if not storage.is_partial(name)]
    inside = cache.removeprefix(f"{root}/").split("/")[0]
    others = [name for name in names if name not in OURS | {inside}]
    if others:
        shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
        raise UsageError(f"{root} holds something else than releases ({shown}); name a new or empty folder")


def check_name(name: str) -> None:
    """Refuse a name that is no plain name of a folder."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"--release takes letters, digits and ._- after a letter or digit, found {name!r}")


def releases(root: str) -> list[str]:
    """Names of the releases of a root, sorted: folders with a manifest."""
    return _with_file(root, MANIFEST)


def held(root: str) -> list[str]:
    """Names of the releases that a gate holds, sorted: folders with a manifest by another name."""
    whole = set(releases(root))
    return [name for name in _with_file(root, HELD) if name not in whole]


def _with_file(root: str, file: str) -> list[str]:
    names = storage.list_names(f"{root}/releases")
    return [name for name in names if storage.exists(f"{root}/releases/{name}/{file}")]


def next_name(root: str) -> str:
    """The next number, as a release's name."""
    taken = [int(name) for name in releases(root) + held(root) if name.isdecimal()]
    return f"{max(taken, default=0) + 1:04d}"


def latest(root: str) -> str | None:
    """Name of the latest release, if there is one."""
    path = f"{root}/LATEST"
    return storage.read_bytes(path).decode().strip() if storage.exists(path) else None


def move_latest(root: str, name: str) -> None:
    """Point `LATEST`, and on a local disk the link `latest`, to a release."""
    storage.write_bytes(f"{root}/LATEST", f"{name}\n".encode())
    if storage.is_local(root):
        link = Path(root) / "latest"
        fresh = storage.partial_beside(link)
        fresh.symlink_to(f"releases/{name}")
        fresh.replace(link)


def clear_leftovers(root: str) -> list[str]:
    """Delete what killed runs left: half-written files and releases, staging areas; give the names."""
    whole = {*releases(root), *held(root)}
    dead = [name for name in storage.list_names(f"{root}/releases") if name not in whole]
    for name in dead:
        storage.delete_folder(f"{root}/releases/{name}")
    storage.delete_folder(f"{root}/.staging")
    storage.delete_partials(root)
    return dead


def clear_held(root: str, but: str | None = None) -> None:
    """Delete the releases that a gate holds, but for one."""
    for name in held(root):
        if name != but:
            storage.delete_folder(f"{root}/releases/{name}")


@contextmanager
def lock(root: str) -> Iterator[None]:
    """Hold the output folder for one run; the lock of a dead one is free."""
    if not storage.is_local(root):
        yield
        return
    try:
        Path(root).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{root} cannot be made: {error.strerror}") from None
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
