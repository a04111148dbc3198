"""How much work a run has, before it is known what the cache holds."""

from __future__ import annotations

from pipelines.planning.inputs import record_inputs
from pipelines.planning.previous import Previous
from schemas.plan import Plan
from schemas.release import InputRecord
from transforms.steps.lines import codec_of

_WORKER_BYTES, _KNOWN = 16 << 20, 4
"""Bytes of the input that pay for another process; a file that is as it was is a fourth of the work."""

_WHOLE_ROWS, _ROW_BYTES = 1_000_000, 2700
"""Rows of one unit that a worker may lack the memory for, and what it needs for each of them."""


def worth(plan: Plan, previous: Previous | None) -> int:
    """How many processes pay, each of which takes a second or two to start."""
    known = set() if previous is None else {_name(one) for one in previous.release.manifest.inputs}
    work = sum(one.bytes // (_KNOWN if _name(one) in known else 1) for one in record_inputs(plan))
    return -(-work // _WORKER_BYTES)


def tell_whole(plan: Plan) -> str | None:
    """A sentence on compressed files that no unit is small enough a part of; None where there is none."""
    large = [unit for unit in plan.units if unit.span is not None and unit.rows > _WHOLE_ROWS]
    large = [unit for unit in large if codec_of(plan.files[unit.file].path)]
    if not large:
        return None
    largest = max(large, key=lambda unit: unit.rows)
    others = (
        f" (and so of {len(large) - 1:,} more files of over {_WHOLE_ROWS:,} rows)" if len(large) > 1 else ""
    )
    return (
        f"{plan.files[largest.file].path} is compressed, so one worker takes all its {largest.rows:,} rows, "
        f"which needs some {largest.rows * _ROW_BYTES / 1e9:.0f} GB of memory{others}; "
        "unpack it, or split it into several files"
    )


def _name(record: InputRecord) -> tuple[str, str, int, int | None]:
    return record.source, record.file, record.bytes, record.rows
