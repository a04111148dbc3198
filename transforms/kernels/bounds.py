"""Bounds on what somebody else's code may take of this machine: time and memory."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread
from typing import NoReturn

SECONDS, ROOM = 60, 1 << 30
"""Seconds of a processor, and bytes of memory beside what is held already."""

_SIZE = Path("/proc/self/statm")
"""What a process holds, in pages (Linux)."""


class TooLongError(Exception):
    """It takes longer than it may."""


@contextmanager
def bounded(seconds: float = SECONDS, room: int = ROOM) -> Iterator[None]:
    """While the body runs, what takes too long is a TooLongError, and too much memory a MemoryError.

    Time is bounded in the main thread alone, and memory where the system says how much a process holds.
    """
    with _timed(seconds), _confined(room):
        yield


@contextmanager
def _timed(seconds: float) -> Iterator[None]:
    if current_thread() is not main_thread():
        yield
        return

    def stop(*_: object) -> NoReturn:
        raise TooLongError(f"it takes more than {seconds:g} seconds")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextmanager
def _confined(room: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    known = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    most = _held() + room
    if most == room or most > min(known, default=most):
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _held() -> int:
    """Bytes that this process holds, of its addresses; 0 where the system does not say so."""
    try:
        return int(_SIZE.read_bytes().split()[0]) * resource.getpagesize()
    except OSError:
        return 0
