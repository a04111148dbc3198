"""Distinct answers to one prompt: how many there are, and which of them the recipe keeps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from transforms.kernels.counts import Cell
from transforms.kernels.histogram import Histogram
from transforms.kernels.tally import READ, Tally
from transforms.steps.job import Job
from transforms.steps.keyed import REFERENCE, Keyed, by_priority, numbers, split, tiers, to_units

PROMPTS, CAPPED = "prompts", "capped"


def answers(table: pa.Table, job: Job) -> Iterator[tuple[str, Keyed]]:
    """What is to be known of the prompts of some rows of distinct contents, by bucket.

    `answers` counts a prompt's rows. Under a cap the rows that may be kept are named, too; those that
    this many outrank here already are capped.
    """
    table = table.filter(pa.array(tiers(table) != REFERENCE))
    most = job.recipe.dedup.max_answers_per_prompt
    if most is None:
        prompt, counts = np.unique(numbers(table, "prompt"), return_counts=True)
        found = pa.table({"prompt": prompt, "answers": counts})
    else:
        order, place, counts = _places(table)
        found = table.take(pa.array(order)).append_column("answers", [np.where(place == 0, counts, 0)])
        for keyed in _rows(found, place >= most):
            yield CAPPED, keyed
        found = found.filter(pa.array(place < most))
        prompt = numbers(found, "prompt")
    for keyed in split(prompt % np.uint64(job.plan.buckets), found):
        yield PROMPTS, keyed


def _places(table: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row numbers by prompt and priority; of each its place under its prompt, and how many rows are there."""
    order = by_priority(table)
    order = order[np.argsort(numbers(table, "prompt")[order], kind="stable")]
    _, starts, counts = np.unique(numbers(table, "prompt")[order], return_index=True, return_counts=True)
    return order, np.arange(len(order)) - np.repeat(starts, counts), np.repeat(counts, counts)


def _rows(table: pa.Table, marked: np.ndarray) -> Iterator[Keyed]:
    yield from to_units(numbers(table, "ref")[marked], {})


def cap(element: Keyed, most: int) -> Iterator[Keyed]:
    """The rows that too many others to their prompts outrank, to their units."""
    order, place, _ = _places(element[1])
    yield from _rows(element[1].take(pa.array(order)), place >= most)


def tell_copies(rows: pa.Table, copied: pa.Table | None) -> Iterator[Keyed]:
    """Copies of capped rows of a unit, which fall under the cap with them, to their own units."""
    if copied is not None:
        mine = np.isin(numbers(copied, "row"), numbers(rows, "row"))
        yield from to_units(numbers(copied, "copy")[mine], {})


def count(element: Keyed) -> bytes:
    """Tally of prompts, of those with several answers, and of these answers."""
    prompt, at = np.unique(numbers(element[1], "prompt"), return_inverse=True)
    counts = np.bincount(at, numbers(element[1], "answers")).astype(np.int64)
    several = counts[counts > 1]
    cells = {"all": len(prompt), "conflicting": len(several), "answers": int(several.sum())}
    counted = {Cell("prompt", None, name): number for name, number in cells.items() if number}
    return Tally(counted, {("answers", READ): Histogram.of(several)} if len(several) else {}).to_bytes()
