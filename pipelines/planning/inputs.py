"""What a manifest says of the input."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from schemas.plan import Plan
from schemas.release import InputRecord


def rows_by_file(plan: Plan) -> Counter[int]:
    """Rows that are to be read of each file, by its number."""
    planned = Counter[int]()
    for unit in plan.units:
        planned[unit.file] += unit.rows
    return planned


def record_inputs(plan: Plan) -> Iterator[InputRecord]:
    """The record of each file of a plan, but for the digest of one that was not read yet."""
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
            digest=file.digest,
        )


def digest_inputs(plan: Plan, digests: Iterable[tuple[int, Sequence[str]]]) -> Iterator[InputRecord]:
    """The record of each file of a plan, with its digest by those of the row groups of units, in their order.

    None of what could not be read.
    """
    found: dict[int, list[str]] = defaultdict(list)
    for unit, groups in digests:
        if plan.units[unit].skip == 0:
            found[plan.units[unit].file] += groups
    for at, record in enumerate(record_inputs(plan)):
        yield record.model_copy(update={"digest": record.digest or _sum_up(found[at])})


def _sum_up(digests: Sequence[str]) -> str | None:
    """Digest of a file by those of its row groups; None of none."""
    if not digests:
        return None
    return hashlib.blake2b(":".join(digests).encode(), digest_size=16).hexdigest()
