"""How much work a run has, before it is known what the cache holds."""

from __future__ import annotations

from pipelines.planning.inputs import record_inputs
from pipelines.planning.previous import Previous
from schemas.plan import Plan
from schemas.release import InputRecord

_WORKER_BYTES, _KNOWN = 16 << 20, 4
"""Bytes of the input that pay for another process; a file that is as it was is a fourth of the work."""


def worth(plan: Plan, previous: Previous | None) -> int:
    """How many processes pay, each of which takes a second or two to start."""
    known = set() if previous is None else {_name(one) for one in previous.release.manifest.inputs}
    work = sum(one.bytes // (_KNOWN if _name(one) in known else 1) for one in record_inputs(plan))
    return -(-work // _WORKER_BYTES)


def _name(record: InputRecord) -> tuple[str, str, int, int | None]:
    return record.source, record.file, record.bytes, record.rows
