"""The texts of rows picked here and there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from schemas.plan import Unit
from schemas.reason import Reason
from transforms.kernels.quality_marks import marked_by
from transforms.kernels.texts import Texts as Columns
from transforms.steps.job import Job
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
    units: dict[tuple[str, str], list[Unit]] = defaultdict(list)
    for unit in job.plan.units:
        file = job.plan.files[unit.file]
        units[file.source, file.name].append(unit)
    found: dict[Place, Texts] = {}
    with ThreadPoolExecutor(_THREADS) as pool:
        tasks = {key: pool.submit(_read, units[key], sorted(rows), job) for key, rows in wanted.items()}
        for key, task in tasks.items():
            found |= {Place(*key, row): texts for row, texts in task.result().items()}
    return found


def hide_private(found: Mapping[Place, Texts]) -> dict[Place, Texts]:
    """The texts, those that may hold private data left out, whatever the recipe looks for."""
    columns = [pa.array(column, pa.large_string()) for column in zip(*found.values(), strict=True)]
    if not columns:
        return {}
    marked = marked_by(Reason.PRIVATE_DATA, Columns(*columns))
    return {
        place: HIDDEN if hidden else texts
        for (place, texts), hidden in zip(found.items(), marked, strict=True)
    }


def _read(units: Sequence[Unit], rows: Sequence[int], job: Job) -> dict[int, Texts]:
    """Texts of some rows of a file, ascending, by its units."""
    found: dict[int, Texts] = {}
    for unit in units:
        inside = [row for row in rows if unit.first_row <= row < unit.first_row + unit.rows]
        if inside:
            reader = open_unit(job.plan, unit)
            said = [reader.texts(batch) for batch in reader.take(np.array(inside) - unit.first_row)]
            lines = (line for texts in said for line in zip(*(one.to_pylist() for one in texts), strict=True))
            found |= {row: Texts(*line) for row, line in zip(inside, lines, strict=True)}
    return found
