"""The texts of rows picked here and there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from schemas.plan import Unit
from schemas.recipe import Recipe
from schemas.verdict import Reason
from transforms.kernels.quality_marks import mark_quality
from transforms.kernels.texts import Texts as Columns
from transforms.steps.job import Job
from transforms.steps.parquet import UnitReader, texts_of

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
    plan = job.plan
    first = Unit(index=-1, file=file, groups=(0, 1), skip=0, first_row=0, rows=0)
    metadata = UnitReader(plan, first).parquet.metadata
    sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    starts = np.cumsum([0, *sizes])
    groups = np.searchsorted(starts, rows, "right") - 1
    found: dict[int, Texts] = {}
    for group in np.unique(groups).tolist():
        start, size = int(starts[group]), sizes[group]
        unit = Unit(index=-1, file=file, groups=(group, group + 1), skip=0, first_row=start, rows=size)
        inside = np.array(rows)[groups == group]
        found |= _read_group(UnitReader(plan, unit), group, start, inside)
    return found


def _read_group(reader: UnitReader, group: int, start: int, rows: np.ndarray) -> dict[int, Texts]:
    found: dict[int, Texts] = {}
    for batch in reader.slices(group, list(reader.columns.values())):
        here = rows[(rows >= start) & (rows < start + len(batch))]
        if len(here):
            chosen = texts_of(reader.columns, batch.take(here - start))
            columns = [column.to_pylist() for column in chosen]
            found |= {row: Texts(*texts) for row, *texts in zip(here.tolist(), *columns, strict=True)}
        start += len(batch)
        if start > rows[-1]:
            break
    return found
