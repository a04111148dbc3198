"""Looking at the bytes of the input without judging its rows."""

from __future__ import annotations

import json

from schemas.plan import Plan
from transforms.steps import storage
from transforms.steps.job import Job, writing
from transforms.steps.units import open_unit


def look(index: int, plan: Plan) -> list[str]:
    """Digests of a unit's row groups, one string each; none where the file's is known from planning.

    None either of a later part of a large row group, which is looked at with its first.
    """
    reader = open_unit(plan, plan.units[index])
    if reader.file.digest is not None or reader.unit.skip:
        return []
    return ["".join(reader.digests(group)) for group in range(*reader.unit.groups)]


@writing
def look_there(index: int, job: Job) -> None:
    """Store what `look` gives in the staging area, for whoever asked another machine to look."""
    storage.write_bytes(job.places.looked(index), json.dumps(look(index, job.plan)).encode())
