"""CPU seconds of tasks that take turns, so that the machine's noise falls on all of them."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from statistics import median

Seconds = dict[str, list[float]]
"""CPU seconds of each task in each round."""


def take_turns(tasks: Mapping[str, Callable[[], object]], rounds: int) -> Seconds:
    """CPU seconds (user and system, all threads) of every task in every round, after one to warm up.

    Python's garbage collector rests while a task runs.
    """
    for task in tasks.values():
        task()
    seconds: Seconds = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            seconds[name].append(_spend(task))
    return seconds


def _spend(task: Callable[[], object]) -> float:
    gc.collect()
    gc.disable()
    try:
        started = time.process_time()
        task()
        return time.process_time() - started
    finally:
        gc.enable()


def ratios(seconds: Seconds, name: str, ours: str) -> list[float]:
    """Seconds of a task to ours in the same round, ascending."""
    return sorted(theirs / own for theirs, own in zip(seconds[name], seconds[ours], strict=True))


def nanoseconds(seconds: Seconds, name: str, count: int) -> float:
    """Median nanoseconds of a task for each of the things it works on."""
    return median(seconds[name]) / count * 1e9
