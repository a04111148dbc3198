"""Takedown lists that a run is given, and what their rows are: texts, which a refresh finds again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from glob import escape
from itertools import chain
from operator import or_

import numpy as np

from pipelines.errors import RunError, UsageError
from schemas.plan import Plan
from transforms.kernels.removals import Pattern, Removals, read_removals
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
    patterns: list[Pattern] = []
    for place, ids in known.items():
        settled = ids or place.last is None
        patterns += [place._replace(ids=ids)] if settled else _look_up(place, plan)
    return Removals(joined.ids, frozenset(patterns))


def names_nothing(removals: Removals, plan: Plan) -> list[str]:
    """Lines of a list that are of no file of the input."""
    files = [file for file in plan.files if not plan.sources[file.source].reference]
    return [
        str(pattern)
        for pattern in sorted(removals.patterns, key=str)
        if not any(pattern.is_of(file.source, file.name) for file in files)
    ]


def _look_up(place: Pattern, plan: Plan) -> Iterator[Pattern]:
    """A place with the record ids of the rows there, and those of its rows that cannot be read, for later."""
    found: set[str] = set()
    unread: list[Pattern] = []
    for unit in plan.units:
        file = plan.files[unit.file]
        rows = np.arange(unit.first_row, unit.first_row + unit.rows)
        rows = rows[(rows >= place.first) & (rows <= (place.last or 0))] - unit.first_row
        named = place.is_of(file.source, file.name) and not plan.sources[file.source].reference
        if named and len(rows) and file.error is None:
            ids = dict(_ids_of(open_unit(plan, unit), rows))
            found.update(ids.values())
            lost = rows[~np.isin(rows, list(ids))] + unit.first_row
            runs = np.split(lost, np.flatnonzero(np.diff(lost) > 1) + 1) if len(lost) else []
            globs = escape(file.source), escape(file.name)
            unread += [Pattern(*globs, int(run[0]), int(run[-1])) for run in runs]
    yield place._replace(ids=frozenset(found))
    yield from unread if found else ()


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
