"""Reading files of JSON Lines through, before any work: by all cores where there is much to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias

import pyarrow as pa

from pipelines.errors import RunError
from pipelines.processes import Map, processes
from transforms.steps.lines import Content, spans_of, survey

GRAIN = 1 << 20
_MUCH = 128 << 20
"""Bytes from which other processes pay, each of which takes a second to start."""

_THREADS = 16
Surveyed: TypeAlias = "Content | pa.ArrowException | OSError"


class _Task(NamedTuple):
    path: str
    size: int
    span: tuple[int, int]
    grain: int


def survey_all(files: Sequence[tuple[str, int]], grain: int = GRAIN) -> list[Surveyed]:
    """What each of some files of a size holds, which can be cut about every `grain` bytes; or its damage."""
    tasks = [_Task(path, size, span, grain) for path, size in files for span in spans_of(path, size)]
    try:
        with _workers(tasks) as each:
            spans = zip(tasks, each(_survey, tasks), strict=True)
            found: dict[str, Surveyed] = {}
            for task, span in spans:
                before = found.setdefault(task.path, span)
                if before is not span and isinstance(before, Content):
                    if isinstance(span, Content):
                        before.add(span)
                    else:
                        found[task.path] = span
            return [found[path] for path, _ in files]
    except BrokenProcessPool:
        raise RunError("a process that read the input was killed; nothing was published") from None


def _survey(task: _Task) -> Surveyed:
    try:
        return survey(*task)
    except (pa.ArrowException, OSError) as damage:
        return damage


@contextmanager
def _workers(tasks: Sequence[_Task]) -> Iterator[Map]:
    if sum(stop - start for _, _, (start, stop), _ in tasks) > _MUCH:
        with processes(None, len(tasks)) as each:
            yield each
        return
    with ThreadPoolExecutor(_THREADS) as pool:
        yield pool.map
