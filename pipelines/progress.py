"""What a run shows while it works, from the records its steps leave."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from schemas.paths import Places
from schemas.plan import Plan
from transforms.steps import storage

_LIVE_SECONDS, _PLAIN_SECONDS = 0.5, 10.0
_FAR_SECONDS = 30.0
"""Between two looks at a store, where each costs a request for a thousand elements that are done."""
STEPS = {"judge": "Judging units", "resolve": "Resolving units", "write": "Writing parts"}


class Records:
    """The completion records of a run, counted as they come."""

    def __init__(self, places: Places) -> None:
        """Watch the records of a run's staging area."""
        self.folder = places.marks

    def read(self) -> dict[str, tuple[int, int]]:
        """Elements done and their rows, by step."""
        done = dict.fromkeys(STEPS, (0, 0))
        for name in storage.list_names(self.folder):
            if not name.startswith("."):
                step, _, rows = name.split("-")
                done[step] = (done[step][0] + 1, done[step][1] + int(rows))
        return done


@contextmanager
def watch(places: Places, plan: Plan, *, quiet: bool) -> Iterator[None]:
    """Show progress while the body runs: live on a terminal, a line now and then elsewhere."""
    if quiet:
        yield
        return
    totals = {"judge": len(plan.units), "resolve": len(plan.units), "write": sum(plan.parts.values())}
    stop = threading.Event()
    shown = _Live(totals) if sys.stdout.isatty() else _Plain(totals)
    thread = threading.Thread(target=_follow, args=(Records(places), shown, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _follow(records: Records, shown: _Live | _Plain, stop: threading.Event) -> None:
    with shown:
        while not stop.wait(shown.seconds if storage.is_local(records.folder) else _FAR_SECONDS):
            shown.show(records.read())
        shown.show(records.read())


class _Live:
    """Bars on a terminal."""

    seconds = _LIVE_SECONDS

    def __init__(self, totals: dict[str, int]) -> None:
        columns = (
            TextColumn("{task.description:<16}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rows]:>12,} rows {task.fields[rate]:>9,.0f}/s"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        self.file: IO[str] = os.fdopen(os.dup(1), "w")
        self.progress = Progress(*columns, console=Console(file=self.file, force_terminal=True))
        self.tasks: dict[str, TaskID] = {
            step: self.progress.add_task(STEPS[step], total=total, rows=0, rate=0.0, start=step == "judge")
            for step, total in totals.items()
        }
        self.looked = self.progress.get_time()

    def __enter__(self) -> None:
        self.progress.start()

    def __exit__(self, *_: object) -> None:
        self.progress.stop()
        self.file.close()

    def show(self, done: dict[str, tuple[int, int]]) -> None:
        for step, (count, rows) in done.items():
            task = self.progress.tasks[self.tasks[step]]
            if count and not task.started:
                self.progress.start_task(self.tasks[step])
                task.start_time = self.looked  # it began after the last look, at the earliest
            rate = rows / task.elapsed if task.elapsed else 0.0
            self.progress.update(self.tasks[step], completed=count, rows=rows, rate=rate)
        self.looked = self.progress.get_time()


class _Plain:
    """A line now and then, where nobody watches."""

    seconds = _PLAIN_SECONDS

    def __init__(self, totals: dict[str, int]) -> None:
        self.totals = totals
        self.started = time.monotonic()
        self.last: dict[str, tuple[int, int]] = {}

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, done: dict[str, tuple[int, int]]) -> None:
        if done == self.last:
            return
        self.last = done
        seconds = time.monotonic() - self.started
        steps = [f"{STEPS[step].lower()} {done[step][0]}/{total}" for step, total in self.totals.items()]
        sys.stdout.write(f"{seconds:6.0f} s  {', '.join(steps)}, {done['judge'][1]:,} rows\n")
        sys.stdout.flush()
