"""Looking at the bytes of the input without judging its rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from schemas.plan import Plan
from transforms.steps import storage
from transforms.steps.job import Job, writing
from transforms.steps.parquet import UnitReader


def look(index: int, plan: Plan) -> list[str]:
    """Digests of a unit's row groups, one string each."""
    reader = UnitReader(plan, plan.units[index])
    return ["".join(reader.digests(group)) for group in range(*reader.unit.groups)]


@writing
def look_there(index: int, job: Job) -> None:
    """Store what `look` gives in the staging area, for whoever asked another machine to look."""
    storage.write_bytes(job.places.looked(index), json.dumps(look(index, job.plan)).encode())


def sum_up_file(digests: Sequence[str]) -> str | None:
    """Digest of a file by those of its row groups; None where none of it was read."""
    if not digests:
        return None
    return hashlib.blake2b(":".join(digests).encode(), digest_size=16).hexdigest()
