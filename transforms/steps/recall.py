"""A unit that changed in part: what was found of its other rows, when it was last judged, holds still."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.verdict import IDENTITY
from transforms.kernels.rows import place_words
from transforms.steps import cache, storage, tables
from transforms.steps.examine import Findings, examine, identify_whole, ids_of
from transforms.steps.job import Job
from transforms.steps.keyed import words
from transforms.steps.parquet import UnitReader, UnreadableError
from transforms.steps.parts import signed_by


@dataclass(frozen=True)
class Past:
    """What was found of the unit that stood in the same place when it was last judged."""

    judgement: pa.Table
    identity: pa.Table
    signatures: pa.Table


def recall(reader: UnitReader, job: Job) -> Past | None:
    """What was last found of a unit's place; None where nothing was, by this recipe and these versions."""
    try:
        keys = json.loads(storage.read_bytes(_note(reader, job)))
        paths = {kind: cache.entry_path(job.places, kind, keys[kind]) for kind in cache.KINDS}
        return Past(**{kind: tables.load(path) for kind, path in paths.items()})
    except (FileNotFoundError, tables.DamagedError, KeyError, ValueError):
        return None


def remember(keys: dict[str, str], reader: UnitReader, job: Job) -> None:
    """Note the keys of what was found of a unit at its place."""
    storage.write_bytes(_note(reader, job), json.dumps(keys, sort_keys=True).encode())


def _note(reader: UnitReader, job: Job) -> str:
    key = cache.place_key(job.plan, job.recipe_of(reader.unit.index), reader)
    return f"{job.places.cache}/places/{key[:2]}/{key}.json"


@dataclass(frozen=True)
class _Rows(UnitReader):
    """Reads some rows of a unit, by a mask over them all."""

    mask: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))

    def slices(self, group: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        at = self.rows_before(group)
        for batch in super().slices(group, columns):
            yield batch.filter(pa.array(self.mask[at : at + len(batch)]))
            at += len(batch)


def examine_changed(reader: UnitReader, job: Job, past: Past) -> Findings:
    """What `examine` finds of a unit; rules and hashes look at those rows alone that its past has not."""
    try:
        groups, whole = _look_through(reader, job)
    except UnreadableError:
        return examine(reader, job, cache.KINDS)
    before = place_words(words(past.identity, "record_id"), words(whole, "record_id"))
    found = examine(_Rows(reader.plan, reader.unit, before < 0), job, cache.KINDS)
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
        "signatures": signed.take(pa.array(place_words(words(signed, "key"), keys[_first(keys)]))),
    }
    return Findings(reader, job.recipe.dedup.permutations, [tables_found])


def _look_through(reader: UnitReader, job: Job) -> tuple[pa.Array, pa.Table]:
    """The row group of each row of a unit, and what all its columns say of it."""
    numbers, pieces = [np.zeros(0, np.int32)], []
    for group in range(*reader.unit.groups):
        for batch in reader.slices(group):
            ids = ids_of(reader.columns, batch)
            pieces.append(pa.table(identify_whole(reader.columns, job.recipe, ids, batch)))
            numbers.append(np.full(len(batch), group - reader.unit.groups[0], np.int32))
    schema = pa.schema([IDENTITY.field(name) for name in ("record_id", "row_hash", "quality")])
    return pa.array(np.concatenate(numbers)), pa.concat_tables([schema.empty_table(), *pieces])


def _replace(table: pa.Table, columns: Mapping[str, Any]) -> pa.Table:
    """The table with other values in some of its columns."""
    held = {name: columns.get(name, table[name]) for name in table.column_names}
    return pa.table(held, schema=table.schema)


def _first(keys: np.ndarray) -> np.ndarray:
    """Rows whose key (uint64 of shape (rows, 2)) no row before them has.

    >>> _first(np.array([[1, 5], [2, 0], [1, 5], [1, 2]], np.uint64)).tolist()
    [0, 1, 3]
    """
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    fresh = np.ones(len(keys), bool)
    fresh[1:] = (keys[order[1:]] != keys[order[:-1]]).any(1)
    return np.sort(order[fresh])
