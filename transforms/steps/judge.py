"""Judging a unit, unless the verdict cache holds it already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transforms.steps import cache, tables
from transforms.steps.examine import Findings, examine, examine_lost, examine_unreadable
from transforms.steps.job import Job
from transforms.steps.parquet import READ_ERRORS, UnitReader


@dataclass(frozen=True)
class Judged:
    """Where the findings on a unit are stored, the digests of its row groups, and whether it has lost any."""

    judgement: str
    identity: str
    signatures: str
    digests: tuple[str, ...]
    lost: bool = False


def judge_unit(index: int, job: Job) -> tuple[int, Judged]:
    """Judge a unit; give where what was found of it is stored."""
    reader = UnitReader(job.plan, job.plan.units[index])
    judged = _judge(reader, job)
    job.mark_done("judge", index, reader.unit.rows)
    return index, judged


def _judge(reader: UnitReader, job: Job) -> Judged:
    digests = _digests(reader)
    flat = tuple(texts + others for texts, others in digests or ())
    if digests is None:
        found = examine_unreadable(reader) if reader.file.error else examine(reader, job, cache.KINDS)
        return _store_outside(found, job, flat)
    keys = cache.unit_keys(job.plan, job.recipe, reader, digests)
    entries = {name: f"{job.places.cache}/{name}/{key[:2]}/{key}.arrow" for name, key in keys.items()}
    missing = tuple(name for name, path in entries.items() if not cache.holds(path))
    if missing:
        found = examine(reader, job, missing)
        if found.unreadable:
            return _store_outside(examine(reader, job, cache.KINDS), job, flat)
        for name in missing:
            tables.store(entries[name], found.table(name))
    return Judged(entries["judgement"], entries["identity"], entries["signatures"], flat)


def _digests(reader: UnitReader) -> list[tuple[str, str]] | None:
    """Digests of the unit's row groups; None where they cannot be read."""
    if reader.file.error is not None:
        return None
    try:
        return [reader.digests(group) for group in range(*reader.unit.groups)]
    except READ_ERRORS:
        return None


def _store_outside(found: Findings, job: Job, digests: tuple[str, ...]) -> Judged:
    """Store what was found of a damaged unit beside the cache: it may be whole tomorrow."""
    folder = f"{job.places.staging}/damaged/{found.reader.unit.index:06d}"
    paths = {name: f"{folder}/{name}.arrow" for name in cache.KINDS}
    for name, path in paths.items():
        tables.store(path, found.table(name))
    lost = bool(found.unreadable)
    return Judged(paths["judgement"], paths["identity"], paths["signatures"], digests, lost=lost)


def lost_group(element: tuple[int, Judged], job: Job) -> list[tuple[int, int]]:
    """File and row group of a unit that is a part of a row group and could not be read."""
    unit = job.plan.units[element[0]]
    return [(unit.file, unit.groups[0])] if element[1].lost and job.plan.is_part(unit) else []


def settle(element: tuple[int, Judged], lost: Sequence[tuple[int, int]], job: Job) -> tuple[int, Judged]:
    """Let a row group be lost whole: its parts that could be read are lost with the part that could not."""
    index, judged = element
    unit = job.plan.units[index]
    if not job.plan.is_part(unit) or (unit.file, unit.groups[0]) not in lost:
        return element
    found = examine_lost(UnitReader(job.plan, unit), job)
    return index, _store_outside(found, job, judged.digests)
