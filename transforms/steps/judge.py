"""Judging a unit, unless the verdict cache holds it already."""

from __future__ import annotations

from dataclasses import dataclass

from transforms.steps import cache, tables
from transforms.steps.examine import Findings, examine, examine_unreadable
from transforms.steps.job import Job
from transforms.steps.parquet import READ_ERRORS, UnitReader


@dataclass(frozen=True)
class Judged:
    """Where the findings on a unit are stored, and the digests of its row groups."""

    judgement: str
    identity: str
    signatures: str
    digests: tuple[str, ...]


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
    return Judged(**entries, digests=flat)


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
    return Judged(**paths, digests=digests)
