"""The texts of rows picked here and there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from schemas.reason import Reason
from schemas.recipe import Recipe
from transforms.kernels.quality_marks import mark_quality
from transforms.kernels.texts import Texts as Columns
from transforms.steps.job import Job
from transforms.steps.reader import Reader
from transforms.steps.units import open_unit

_THREADS = 4


class Place(NamedTuple):
    """Where a row lies: source, file and row in the file."""

    source: str
    file: str
    row: int


class Texts(NamedTuple):
    """Instruction, input and output of a row."""

    instruction: str
    input: str
    output: str


HIDDEN = Texts("(left out: it may hold private data)", "", "")


def read_texts(places: Iterable[Place], job: Job) -> Mapping[Place, Texts]:
    """Texts of rows, reading each row group that holds one of them once."""
    wanted: dict[tuple[str, str], set[int]] = defaultdict(set)
    for place in places:
        wanted[place.source, place.file].add(place.row)
    files = {(file.source, file.name): at for at, file in enumerate(job.plan.files)}
    found: dict[Place, Texts] = {}
    with ThreadPoolExecutor(_THREADS) as pool:
        tasks = {key: pool.submit(_read, files[key], sorted(rows), job) for key, rows in wanted.items()}
        for key, task in tasks.items():
            found |= {Place(*key, row): texts for row, texts in task.result().items()}
    return found


def hide_private(found: Mapping[Place, Texts]) -> dict[Place, Texts]:
    """The texts, those that may hold private data left out, whatever the recipe looks for."""
    columns = [pa.array(column, pa.large_string()) for column in zip(*found.values(), strict=True)]
    if not columns:
        return {}
    marked = mark_quality(Recipe(), Columns(*columns)).flags & np.uint64(Reason.PRIVATE_DATA.bit)
    return {
        place: HIDDEN if hidden else texts
        for (place, texts), hidden in zip(found.items(), marked != 0, strict=True)
    }


def _read(file: int, rows: list[int], job: Job) -> dict[int, Texts]:
    """Texts of some rows of a file, ascending."""
    found: dict[int, Texts] = {}
    for unit in job.plan.units:
        inside = [row - unit.first_row for row in rows if 0 <= row - unit.first_row < unit.rows]
        if unit.file == file and inside:
            texts = _read_unit(open_unit(job.plan, unit), np.array(inside))
            found |= {unit.first_row + row: said for row, said in texts.items()}
    return found


def _read_unit(reader: Reader, rows: np.ndarray) -> dict[int, Texts]:
    """Texts of some rows of a unit, ascending, by their numbers in it."""
    found: dict[int, Texts] = {}
    for group in range(*reader.unit.groups):
        start = reader.rows_before(group)
        left = rows[(rows >= start) & (rows < start + reader.group_rows(group))]
        for batch in reader.slices(group, list(reader.columns.values())) if len(left) else ():
            here = left[(left >= start) & (left < start + len(batch))]
            if len(here):
                columns = [column.to_pylist() for column in reader.texts(batch.take(here - start))]
                found |= {row: Texts(*texts) for row, *texts in zip(here.tolist(), *columns, strict=True)}
            start += len(batch)
            if start > left[-1]:
                break
    return found
