"""Takedown lists that a run is given, and what their rows are: texts, which a refresh finds again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import reduce
from itertools import chain
from operator import or_
from typing import NamedTuple

import numpy as np

from pipelines.errors import RunError, UsageError
from pipelines.planning.inputs import rows_by_file
from schemas.plan import InputFile, Plan, Unit
from schemas.release import InputRecord
from transforms.kernels.removals import Pattern, Removals, glob_of, read_removals
from transforms.kernels.rows import to_hex
from transforms.steps import storage
from transforms.steps.reader import ChangedError, Reader, UnreadableError
from transforms.steps.units import open_unit


def read_lists(paths: Sequence[str]) -> Removals:
    """What any of some files names; a file that is no takedown list is refused."""
    return reduce(or_, map(_read, paths), Removals())


def _read(path: str) -> Removals:
    try:
        return read_removals(storage.read_bytes(storage.absolute(path)).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UsageError(f"{path}: the takedown list cannot be read: it is not UTF-8 text") from None
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"{path}: the takedown list cannot be read: {reason}") from None
    except ValueError as error:
        raise UsageError(f"{path}, {error}") from None


def join_lists(given: Removals, before: Removals, plan: Plan) -> Removals:
    """What a run's lists and that of the release before name; rows by the texts that stand there now.

    Their numbers hold for the input as it is when they are first given; the texts stay down wherever a
    refresh has them. Places that were looked up before are not looked up again.
    """
    joined = given | before
    known: dict[Pattern, frozenset[str]] = {}
    for pattern in joined.patterns:
        known[pattern.place] = known.get(pattern.place, frozenset()) | pattern.ids
    settled = {place for place, ids in known.items() if ids or place.last is None}
    patterns = {place._replace(ids=known[place]) for place in settled}
    places = known.keys() - settled
    return Removals(joined.ids, frozenset(patterns.union(_look_up(places, plan) if places else ())))


def names_nothing(removals: Removals, plan: Plan) -> list[str]:
    """Lines of a list that are of no file of the input."""
    files = plan.inputs
    return [
        str(pattern)
        for pattern in sorted(removals.patterns, key=str)
        if not any(pattern.is_of(file.source, file.name) for file in files)
    ]


def follow_files(before: Removals, inputs: Iterable[InputRecord], plan: Plan) -> tuple[Removals, list[str]]:
    """The list of the release before, with lines for its `inputs` that are called otherwise now; those lost.

    What a file is called depends on the recipe and on what else its folder holds. So one that a line named
    stays named while it is at the same path. A line is lost whose files are all gone from their paths, when
    no file has a name that it is of.
    """
    now = {file.path: file for file in plan.inputs}
    lines = [pattern for pattern in before.patterns if not pattern.ids]
    more, gone, kept = set(), set(), set()
    for record in inputs:
        file = now.get(record.path)
        if record.role == "reference" or (file and (file.source, file.name) == (record.source, record.file)):
            continue
        for line in (line for line in lines if line.is_of(record.source, record.file)):
            if file is None:
                gone.add(line)
            elif not line.is_of(file.source, file.name):
                more.add(line._replace(source=glob_of(file.source), file=glob_of(file.name)))
                kept.add(line)
    lost = Removals(patterns=frozenset(gone - kept))
    return before | Removals(patterns=frozenset(more)), names_nothing(lost, plan)


def _look_up(places: Collection[Pattern], plan: Plan) -> Iterator[Pattern]:
    """Places with the record ids of the rows there, and those of rows that are not read now, for later."""
    ids: dict[Pattern, set[str]] = {place: set() for place in places}
    unread: dict[Pattern, list[Pattern]] = {place: [] for place in places}
    named = [_Named.of(places, plan, at) for at in range(len(plan.files))]
    for unit in plan.units:
        wanted = named[unit.file].rows_in(unit)
        if wanted:
            rows = np.unique(np.concatenate([*wanted.values()]))
            there = dict(_ids_of(open_unit(plan, unit), rows))
            for place, mine in wanted.items():
                ids[place].update(there[row] for row in mine.tolist() if row in there)
                lost = [row + unit.first_row for row in mine.tolist() if row not in there]
                unread[place] += _runs(plan.files[unit.file], np.array(lost, np.int64))
    planned = rows_by_file(plan)
    for at, file in enumerate(plan.files):
        for place, rest in named[at].past(planned[at], file):
            unread[place].append(rest)
    for place, found in ids.items():
        yield place._replace(ids=frozenset(found))
        yield from unread[place] if found else ()


class _Named(NamedTuple):
    """The places that are of a file, and the first and the last row of each."""

    places: list[Pattern]
    first: np.ndarray
    last: np.ndarray

    @classmethod
    def of(cls, places: Collection[Pattern], plan: Plan, at: int) -> _Named:
        """Those of a file that is no reference."""
        file = plan.files[at]
        reference = plan.sources[file.source].reference
        found = [place for place in places if not reference and place.is_of(file.source, file.name)]
        ends = np.array([(place.first, place.last) for place in found], np.int64).reshape(-1, 2)
        return cls(found, ends[:, 0], ends[:, 1])

    def rows_in(self, unit: Unit) -> dict[Pattern, np.ndarray]:
        """The rows of a unit, counted in it, that each of the places has there."""
        start, stop = unit.first_row, unit.first_row + unit.rows
        low, high = np.maximum(self.first, start) - start, np.minimum(self.last + 1, stop) - start
        some = np.flatnonzero(low < high).tolist()
        return {self.places[at]: np.arange(low[at], high[at]) for at in some}

    def past(self, read: int, file: InputFile) -> Iterator[tuple[Pattern, Pattern]]:
        """Each place with its rows after the first `read` of the file, if it has any there.

        A file that cannot be read may have any number of rows.
        """
        for place, first, last in zip(self.places, self.first.tolist(), self.last.tolist(), strict=True):
            start, stop = max(first, read), last if file.rows is None else min(last, file.rows - 1)
            if start <= stop:
                yield place, _place(file, start, stop)


def _runs(file: InputFile, rows: np.ndarray) -> Iterator[Pattern]:
    """Some rows of a file, ascending, as places."""
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(rows) else []
    for run in runs:
        yield _place(file, int(run[0]), int(run[-1]))


def _place(file: InputFile, first: int, last: int) -> Pattern:
    return Pattern(glob_of(file.source), glob_of(file.name), first, last)


def _ids_of(reader: Reader, rows: np.ndarray) -> Iterator[tuple[int, str]]:
    """Those of some rows of a unit, ascending, that can be read, and their record ids."""
    for group in range(*reader.unit.groups):
        at = reader.rows_before(group)
        here = rows[(rows >= at) & (rows < at + reader.group_rows(group))]
        try:
            batches = [to_hex(reader.adapter.record_ids(batch)).to_pylist() for batch in reader.take(here)]
        except UnreadableError:
            continue
        except ChangedError as error:
            raise RunError(str(error)) from None
        ids = zip(here.tolist(), chain(*batches), strict=True)
        yield from ((row, text) for row, text in ids if row not in reader.lost)
