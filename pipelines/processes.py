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
from threading import Thread
from typing import Any, TypeAlias

from transforms.steps.stores.registry import adopt, configured

Map: TypeAlias = Callable[..., Iterator[Any]]
"""Calls a function on each of some things; gives what it gives, in their order."""


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


def _begin(stores: str) -> None:
    """Let a process reach stores as its parent does, leave it to that to be stopped, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.ERROR)  # as in the command itself: Beam warns of what is not installed
    Thread(target=_end_with_parent, daemon=True).start()
    adopt(stores)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
