"""Who works in an output folder: workers of a killed run live on for a moment, and must not meet the next."""

from __future__ import annotations

import fcntl
import time
from functools import cache
from pathlib import Path
from typing import IO

from transforms.steps import storage

FILE = ".workers"
_POLL_SECONDS = 0.2


@cache
def announce(root: str) -> IO[str] | None:
    """Hold a shared lock on a local output folder for as long as this process lives."""
    if not storage.is_local(root):
        return None
    file = (Path(root) / FILE).open("a", encoding="utf-8")
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def wait_until_alone(root: str, seconds: float) -> bool:
    """Wait for other processes that work in a local output folder to end; whether they did in time."""
    if not storage.is_local(root):
        return True
    deadline = time.monotonic() + seconds
    with (Path(root) / FILE).open("a", encoding="utf-8") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    return False
                time.sleep(_POLL_SECONDS)
            else:
                return True
