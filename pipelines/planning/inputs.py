"""What a manifest says of the input before it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from schemas.plan import Plan
from schemas.release import InputRecord


def rows_by_file(plan: Plan) -> Counter[int]:
    """Rows that are to be read of each file, by its number."""
    planned = Counter[int]()
    for unit in plan.units:
        planned[unit.file] += unit.rows
    return planned


def record_inputs(plan: Plan) -> Iterator[InputRecord]:
    """The record of each file of a plan, but for its digest."""
    planned = rows_by_file(plan)
    for at, file in enumerate(plan.files):
        yield InputRecord(
            role="reference" if plan.sources[file.source].reference else "input",
            source=file.source,
            file=file.name,
            path=file.path,
            bytes=file.bytes,
            rows=file.rows,
            rows_planned=planned[at],
            digest=None,
        )
