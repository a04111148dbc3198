"""Judging a unit, unless the verdict cache holds it already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from transforms.steps import cache, storage, tables
from transforms.steps.examine import Findings, examine, examine_lost, examine_unreadable
from transforms.steps.job import Job, writing
from transforms.steps.notes import notes_of, remember
from transforms.steps.reader import Reader
from transforms.steps.recall import carry_shingles, examine_changed, recall
from transforms.steps.units import open_unit

LostGroup: TypeAlias = tuple[int, int, str]
"""File and number of a row group that a part of cannot be read, and why."""


@dataclass(frozen=True)
class Judged:
    """Where the findings on a unit are stored, the digests of its row groups, and why it has lost any.

    The shingles of its candidates are stored later, by whoever needs them first.
    """

    judgement: str
    identity: str
    signatures: str
    shingles: str
    digests: tuple[str, ...]
    error: str | None = None


@writing
def judge_unit(index: int, job: Job) -> tuple[int, Judged]:
    """Judge a unit; give where what was found of it is stored."""
    reader = open_unit(job.plan, job.plan.units[index])
    judged = _judge(reader, job)
    job.mark_done("judge", index, reader.unit.rows)
    return index, judged


def _judge(reader: Reader, job: Job) -> Judged:
    if reader.file.error is not None:
        return _store_outside(examine_unreadable(reader, job), job, "damaged", ())
    stamp = storage.stamp(reader.file.path)
    digests = [reader.digests(group) for group in range(*reader.unit.groups)]
    flat = tuple(texts + others for texts, others in digests)
    keys = cache.unit_keys(job.plan, job.recipe_of(reader.unit.index), reader, digests)
    entries = {name: cache.entry_path(job.places, name, key) for name, key in keys.items()}
    shingles = cache.entry_path(job.places, cache.SHINGLES, keys["signatures"])
    missing, notes = cache.missing(entries, job), notes_of(reader, job)
    if missing:
        past = recall(notes, job)
        found = examine(reader, job, missing) if past is None else examine_changed(reader, job, past)
        if storage.stamp(reader.file.path) != stamp:
            raise reader.changed("it was written to")
        if found.unreadable and not reader.lost:
            return _store_outside(examine(reader, job, cache.KINDS), job, "damaged", flat)
        for name in missing:
            tables.store(entries[name], found.table(name))
        if past is not None and "signatures" in missing:
            carry_shingles(past, found, shingles, job)
        remember(notes.shared, keys)
    remember(notes.own, keys)
    return Judged(**entries, shingles=shingles, digests=flat)


def _store_outside(found: Findings, job: Job, where: str, digests: tuple[str, ...]) -> Judged:
    """Store what was found of a damaged unit beside the cache: it may be whole tomorrow."""
    folder = f"{job.places.staging}/{where}/{found.reader.unit.index:06d}"
    paths = {name: f"{folder}/{name}.arrow" for name in (*cache.KINDS, cache.SHINGLES)}
    for name in cache.KINDS:
        tables.store(paths[name], found.table(name))
    error = found.unreadable[0]["error"][0].as_py() if found.unreadable else None
    return Judged(**paths, digests=digests, error=error)


def lost_group(element: tuple[int, Judged], job: Job) -> list[LostGroup]:
    """The row group of a unit that reads a part of it and could not."""
    unit, error = job.plan.units[element[0]], element[1].error
    if error is None or len(job.plan.parts_of(unit)) == 1:
        return []
    return [(unit.file, unit.groups[0], error)]


@writing
def settle(element: tuple[int, Judged], lost: Sequence[LostGroup], job: Job) -> tuple[int, Judged]:
    """Let a row group be lost whole: its parts that could be read are lost with the part that could not."""
    index, judged = element
    unit = job.plan.units[index]
    errors = [error for file, group, error in lost if (file, group) == (unit.file, unit.groups[0])]
    if not errors or len(job.plan.parts_of(unit)) == 1:
        return element
    found = examine_lost(open_unit(job.plan, unit), min(errors), job)
    return index, _store_outside(found, job, "settled", judged.digests)
