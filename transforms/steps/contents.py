"""Exact duplicates: rows of equal content meet in a bucket, and the first in priority survives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from transforms.kernels.arrays import is_new
from transforms.kernels.rows import order_words
from transforms.steps import prompts
from transforms.steps.job import Job
from transforms.steps.keyed import Keyed, by_priority, numbers, split, to_units, won_by, words
from transforms.steps.unit_rows import UnitRows

COPIES, COPIED = "copies", "copied"


def content_keys(rows: UnitRows) -> Iterator[Keyed]:
    """Content hash, prompt and priority of the unit's rows that stand, by content bucket."""
    standing = rows.standing()
    table = pa.table({**rows.contenders(standing), "prompt": rows.prompts(standing)})
    yield from split(words(table, "content_hash")[:, 0] % np.uint64(rows.job.plan.buckets), table)


def collapse(element: Keyed, job: Job) -> Iterator[tuple[str, Keyed]]:
    """Rows that are copies: to their own units what they copy, to the copied rows' units their copies.

    The others are answers to their prompts.
    """
    table = element[1]
    order = by_priority(table)
    content = words(table, "content_hash")[order]
    together = order_words(content)
    order, content = order[together], content[together]
    fresh = is_new(*content.T)
    first = order[np.flatnonzero(fresh)[np.cumsum(fresh) - 1]]
    yield from _copies(table, first[~fresh], order[~fresh])
    yield from prompts.answers(table.take(pa.array(order[fresh])), job)


def _copies(table: pa.Table, first: np.ndarray, later: np.ndarray) -> Iterator[tuple[str, Keyed]]:
    references = numbers(table, "ref")
    columns = {
        "survivor": references[first],
        "survivor_id": table["record_id"].take(pa.array(first)),
        "won_by": won_by(table, first, later),
    }
    for keyed in to_units(references[later], columns):
        yield COPIES, keyed
    for keyed in to_units(references[first], {"copy": references[later]}):
        yield COPIED, keyed
