"""Who works in a local output folder: workers of a killed run may live on, and must not meet the next."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from transforms.steps import storage

FILE = ".workers"
_POLL_SECONDS = 0.2


class StaleRunError(RuntimeError):
    """A worker of a run that was killed is asked to work on after another has begun."""


@contextmanager
def at_work(root: str, owner: str) -> Iterator[None]:
    """Hold a shared lock on a local output folder while a run's worker writes there.

    Raises:
        StaleRunError: the folder has become another run's.
    """
    if not storage.is_local(root):
        yield
        return
    Path(root).mkdir(parents=True, exist_ok=True)
    with (Path(root) / FILE).open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        file.seek(0)
        current = file.read()
        if owner not in {current, ""}:
            raise StaleRunError(f"{root} is another run's by now; this one was taken for dead")
        yield


def take_over(root: str, owner: str, seconds: float) -> bool:
    """Make a local folder an owner's as soon as nobody is at work there; whether that was in time."""
    deadline = time.monotonic() + seconds
    with (Path(root) / FILE).open("a", encoding="utf-8") as file:
        while not _lock(file):
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        file.truncate(0)
        file.write(owner)
    return True


def _lock(file: IO[str]) -> bool:
    """Whether nobody else holds the file."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
