"""Exact duplicates: rows of equal content meet in a bucket, and the first in priority survives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from transforms.steps.job import Job
from transforms.steps.judge import Judged
from transforms.steps.keyed import Keyed, UnitRows, by_priority, numbers, split, to_units, words

COPIES, COPIED = "copies", "copied"


def content_keys(element: tuple[int, Judged], job: Job) -> Iterator[Keyed]:
    """Content hash and priority of the unit's rows that stand, by content bucket."""
    rows = UnitRows(*element)
    table = pa.table(rows.candidates_for(job.plan, job.recipe, rows.standing()))
    yield from split(words(table, "content_hash")[:, 0] % np.uint64(job.plan.buckets), table)


def collapse(element: Keyed) -> Iterator[tuple[str, Keyed]]:
    """Rows that are copies: to their own units what they copy, to the copied rows' units their copies."""
    table = element[1]
    order = by_priority(table)
    content = words(table, "content_hash")[order]
    together = np.lexsort((np.arange(len(order)), content[:, 1], content[:, 0]))
    order, content = order[together], content[together]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (content[1:] != content[:-1]).any(1)
    first = order[np.flatnonzero(fresh)[np.cumsum(fresh) - 1]][~fresh]
    later = order[~fresh]
    references = numbers(table, "ref")
    ids = table["record_id"].take(pa.array(first))
    for keyed in to_units(references[later], {"survivor": references[first], "survivor_id": ids}):
        yield COPIES, keyed
    for keyed in to_units(references[first], {"copy": references[later]}):
        yield COPIED, keyed
