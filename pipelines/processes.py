"""Processes of this machine, for work that Beam would add nothing to."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from threading import Thread, Timer, current_thread, main_thread
from types import FrameType
from typing import Any, TypeAlias

from transforms.steps.stores.registry import adopt, configured

Map: TypeAlias = Callable[..., Iterator[Any]]
"""Calls a function on each of some things; gives what it gives, in their order."""


_PATIENCE_SECONDS = 2.0
_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")
"""What a container may use, in microseconds of each period (Linux, control groups of version 2)."""


def cores() -> int:
    """How many cores this process may use: fewer than the machine has where a container has fewer."""
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota, period = map(int, _CPU_MAX.read_text("utf-8").split())
        return max(1, min(mine, -(-quota // period)))
    return mine


@contextmanager
def processes(wanted: int | None, tasks: int) -> Iterator[Map]:
    """What works in so many processes as are wanted, or one for each core; one of these starts no others."""
    many = min(wanted or cores(), tasks)
    if many <= 1 or parent_process() is not None:
        yield map
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(many, context, initializer=_begin, initargs=(configured(),)) as pool:
        try:
            yield pool.map
        except BaseException:
            for child in active_children():
                child.terminate()
            raise


@contextmanager
def interruptible(patience: float = _PATIENCE_SECONDS) -> Iterator[None]:
    """While the body runs, an interrupt also ends the processes it has started, should they stay for seconds.

    Beam waits for its workers as it leaves. One that an interrupt of this process alone finds as it starts
    never learns that nobody wants it any more.
    """
    before = signal.getsignal(signal.SIGINT)
    if current_thread() is not main_thread() or not callable(before):
        yield
        return
    timers: list[Timer] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        timers.append(Timer(patience, _end_children))
        timers[-1].daemon = True
        timers[-1].start()
        before(number, frame)

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        for timer in timers:
            timer.cancel()


def _end_children() -> None:
    """End every process that this one has started (on Linux; others are left to a second interrupt).

    Logging is off first, since Beam's threads would report each death as an error.
    """
    logging.disable(logging.CRITICAL)
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it may have ended meanwhile
            parent = path.read_text("utf-8", errors="replace").rpartition(")")[2].split()[1]
            if parent == str(os.getpid()):
                os.kill(int(path.parent.name), signal.SIGKILL)


def _begin(stores: str) -> None:
    """Set up a child: the parent's options for stores, interrupts left to the parent, an end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.ERROR)  # as in the command itself: Beam warns of what is not installed
    Thread(target=_end_with_parent, daemon=True).start()
    adopt(stores)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
