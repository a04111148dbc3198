"""Bounds on time and memory: what passes them is told, and afterwards all is as it was."""

from __future__ import annotations

import resource
import signal
from threading import Thread

import pytest

from transforms.kernels.bounds import TooLongError, bounded


def limits() -> tuple[object, ...]:
    return (
        resource.getrlimit(resource.RLIMIT_AS),
        signal.getsignal(signal.SIGVTALRM),
        signal.getitimer(signal.ITIMER_VIRTUAL),
    )


def run_on() -> None:
    while True:
        pass


def test_what_never_ends_is_ended() -> None:
    before = limits()
    with pytest.raises(TooLongError, match=r"it takes more than 0\.1 seconds"), bounded(0.1):
        run_on()
    assert limits() == before


def test_what_grows_is_stopped() -> None:
    before = limits()
    with pytest.raises(MemoryError), bounded(room=1 << 26):
        "x".ljust(1 << 30)
    assert limits() == before
    assert len("x".ljust(1 << 28)) == 1 << 28


def test_another_thread_has_its_memory_bounded() -> None:
    found: list[str] = []

    def grow() -> None:
        try:
            with bounded(room=1 << 26):
                "x".ljust(1 << 30)
        except MemoryError:
            found.append("stopped")

    thread = Thread(target=grow)
    thread.start()
    thread.join()
    assert found == ["stopped"]
