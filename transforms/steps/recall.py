"""A unit that changed in part: what was found of its other rows, when it was last judged, holds still."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.verdict import IDENTITY
from transforms.kernels.rows import first_words, place_words
from transforms.steps import cache, storage, tables
from transforms.steps.examine import Findings, examine, identify_whole
from transforms.steps.job import Job
from transforms.steps.keyed import words
from transforms.steps.parquet import UnitReader
from transforms.steps.parts import signed_by
from transforms.steps.reader import Reader, UnreadableError


@dataclass(frozen=True)
class Past:
    """What was found of the unit that stood in the same place when it was last judged."""

    judgement: pa.Table
    identity: pa.Table
    signatures: pa.Table
    shingles: str
    """Where those of its candidates are stored, if any are."""


def note_of(reader: Reader, job: Job) -> str | None:
    """File that notes the keys of what was last found of a unit's place, by this recipe and these versions.

    A unit of lines has no place: a line more before it moves it.
    """
    if not isinstance(reader, UnitReader):
        return None
    key = cache.place_key(job.plan, job.recipe_of(reader.unit.index), reader)
    return f"{job.places.cache}/places/{key[:2]}/{key}.json"


def recall(note: str | None, job: Job) -> Past | None:
    """What was last found of a unit's place; None where nothing was."""
    if note is None:
        return None
    try:
        keys = json.loads(storage.read_bytes(note))
        paths = {kind: cache.entry_path(job.places, kind, keys[kind]) for kind in cache.KINDS}
        shingles = cache.entry_path(job.places, cache.SHINGLES, keys["signatures"])
        return Past(**{kind: tables.load(path) for kind, path in paths.items()}, shingles=shingles)
    except (FileNotFoundError, tables.DamagedError, KeyError, ValueError):
        return None


def remember(note: str | None, keys: dict[str, str]) -> None:
    """Note the keys of what was found of a unit at its place, if it has one."""
    if note is not None:
        storage.write_bytes(note, json.dumps(keys, sort_keys=True).encode())


def carry_shingles(past: Past, findings: Findings, path: str, job: Job) -> None:
    """Store the shingles of a unit's past, of the rows that it still has, beside what was found of it."""
    try:
        stored = tables.load(past.shingles)
    except (FileNotFoundError, tables.DamagedError):
        return
    known = words(findings.table("identity"), signed_by(job.recipe))
    tables.store(path, stored.filter(pa.array(place_words(known, words(stored, "key")) >= 0)))


@dataclass(frozen=True)
class _Rows(UnitReader):
    """Reads some rows of a unit, by a mask over them all."""

    mask: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))

    def slices(self, group: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        at = self.rows_before(group)
        for batch in super().slices(group, columns):
            yield batch.filter(pa.array(self.mask[at : at + len(batch)]))
            at += len(batch)


def examine_changed(reader: Reader, job: Job, past: Past) -> Findings:
    """What `examine` finds of a unit; rules and hashes look at those rows alone that its past has not."""
    try:
        groups, whole = _look_through(reader, job)
    except UnreadableError:
        return examine(reader, job, cache.KINDS)
    before = place_words(words(past.identity, "record_id"), words(whole, "record_id"))
    found = examine(_Rows(reader.plan, reader.unit, mask=before < 0), job, cache.KINDS)
    if found.unreadable:
        return examine(reader, job, cache.KINDS)
    order = pa.array(np.where(before >= 0, before, len(past.identity) + np.cumsum(before < 0) - 1))
    judgement, known = (
        pa.concat_tables([getattr(past, kind), found.table(kind)]).take(order)
        for kind in ("judgement", "identity")
    )
    placed = {"row_group": groups, "row": pa.array(np.arange(len(order)))}
    identity = _replace(known, {name: whole[name] for name in whole.column_names})
    keys = words(identity, signed_by(job.recipe))
    signed = pa.concat_tables([past.signatures, found.table("signatures")])
    tables_found = {
        "judgement": _replace(judgement, placed),
        "identity": identity,
        "signatures": signed.take(pa.array(place_words(words(signed, "key"), keys[first_words(keys)]))),
    }
    return Findings(reader, job.recipe.dedup.permutations, [tables_found])


def _look_through(reader: Reader, job: Job) -> tuple[pa.Array, pa.Table]:
    """The row group of each row of a unit, and what all its columns say of it."""
    numbers, pieces = [np.zeros(0, np.int32)], []
    for group in range(*reader.unit.groups):
        for batch in reader.slices(group):
            ids = reader.adapter.record_ids(batch)
            pieces.append(pa.table(identify_whole(reader.adapter.hashed, job.recipe, ids, batch)))
            numbers.append(np.full(len(batch), group - reader.unit.groups[0], np.int32))
    schema = pa.schema([IDENTITY.field(name) for name in ("record_id", "row_hash", "quality")])
    return pa.array(np.concatenate(numbers)), pa.concat_tables([schema.empty_table(), *pieces])


def _replace(table: pa.Table, columns: Mapping[str, Any]) -> pa.Table:
    """The table with other values in some of its columns."""
    held = {name: columns.get(name, table[name]) for name in table.column_names}
    return pa.table(held, schema=table.schema)
