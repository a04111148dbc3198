"""Who works in an output folder: workers of a killed run live on for a moment, and must not meet the next."""

from __future__ import annotations

import fcntl
import time
from pathlib import Path
from typing import IO

from transforms.steps import storage

FILE = ".workers"
_POLL_SECONDS = 0.2
_held: dict[str, IO[str]] = {}


def announce(root: str) -> None:
    """Hold a shared lock on a local output folder until this process ends or waits to be alone there."""
    if root in _held or not storage.is_local(root):
        return
    file = (Path(root) / FILE).open("a", encoding="utf-8")
    fcntl.flock(file, fcntl.LOCK_SH)
    _held[root] = file


def leave(root: str) -> None:
    """Let go of an output folder, if this process holds it."""
    if root in _held:
        _held.pop(root).close()


def wait_until_alone(root: str, seconds: float) -> bool:
    """Wait for other processes that work in a local output folder to end; whether they did in time."""
    if not storage.is_local(root):
        return True
    leave(root)
    deadline = time.monotonic() + seconds
    with (Path(root) / FILE).open("a", encoding="utf-8") as file:
        while not (alone := _lock(file)) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
    return alone


def _lock(file: IO[str]) -> bool:
    """Whether nobody else holds the file."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
