"""A unit that changed in part: what was found of its other rows, when it was last judged, holds still."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.recipe import Recipe
from schemas.verdict import IDENTITY, PROMPTED
from transforms.kernels.rows import as_words, first_words, holds_words, place_words, unique_words
from transforms.steps import cache, storage, tables
from transforms.steps.examine import Findings, examine, identify_whole
from transforms.steps.job import Job
from transforms.steps.keyed import words
from transforms.steps.lines import LinesReader
from transforms.steps.notes import Notes, read_note
from transforms.steps.parquet import UnitReader
from transforms.steps.parts import signed_by
from transforms.steps.reader import Reader, UnreadableError
from transforms.steps.stored_shingles import StoredShingles


@dataclass(frozen=True)
class Past:
    """What was found of the unit that stood in the same place when it was last judged."""

    judgement: pa.Table
    identity: pa.Table
    signatures: pa.Table
    shingles: str
    """Where those of its candidates are stored, if any are."""


def recall(notes: Notes, job: Job) -> Past | None:
    """What was last found of a unit's place, but for lines that were damaged; None where nothing was."""
    keys = _read(notes.own, job) or _read(notes.shared, job)
    if keys is None:
        return None
    found: dict[str, pa.Table] = {}
    for kind, key in keys.items():
        entry = cache.find_entry(cache.entry_path(job.places, kind, key), job.places)
        if entry is None:
            return None
        found[kind] = entry
    shingles = cache.entry_path(job.places, cache.SHINGLES, keys["signatures"])
    found["judgement"] = found["judgement"].filter(pc.field("error").is_null())
    return Past(**found, shingles=shingles)


def _read(note: str, job: Job) -> dict[str, str] | None:
    keys = read_note(note)
    if keys is None and storage.exists(note):
        cache.note_damaged(note, job.places)
    return keys


def carry_shingles(past: Past, findings: Findings, path: str, job: Job) -> None:
    """Store the shingles of a unit's past, of the rows that it still has, beside what was found of it."""
    stored = StoredShingles.load(past.shingles, job.places).table
    if not len(stored):
        return
    known = words(findings.table("identity"), signed_by(job.recipe))
    tables.store(path, stored.filter(pa.array(place_words(known, words(stored, "key")) >= 0)))


_WHOLE = pa.schema([IDENTITY.field(name) for name in ("record_id", "row_hash", "quality")])
"""What all columns of a row say of it."""


@dataclass(frozen=True)
class _New(Reader):
    """Reads those rows of a unit whose record ids are not known; notes of all of them what is _WHOLE."""

    known: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.uint64))
    recipe: Recipe = field(default_factory=Recipe)
    seen: list[tuple[int, pa.Table]] = field(default_factory=list)
    """Row group of the unit and _WHOLE, for each slice that was read."""

    fresh: list[pa.FixedSizeBinaryArray] = field(default_factory=list)
    """Record ids of what was read last."""

    def record_ids(self, batch: pa.RecordBatch) -> pa.FixedSizeBinaryArray:  # noqa: ARG002 — they are told apart by them
        return self.fresh[0]

    def slices(self, group: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        # It is the class of the kind of file that comes next.
        for batch in super().slices(group, columns):  # type: ignore[safe-super]
            if self.lost:
                raise UnreadableError(self.lost[min(self.lost)])
            ids = self.adapter.record_ids(batch)
            whole = identify_whole(self.adapter.hashed, self.recipe, ids, batch)
            self.seen.append((group - self.unit.groups[0], pa.table(whole, schema=_WHOLE)))
            new = pa.array(~holds_words(self.known, as_words(ids)))
            self.fresh[:] = [ids.filter(new)]
            yield batch.filter(new)


class _NewRows(_New, UnitReader):
    """Reads the new rows of a unit of Parquet."""


class _NewLines(_New, LinesReader):
    """Reads the new rows of a unit of JSON Lines."""


def examine_changed(reader: Reader, job: Job, past: Past) -> Findings:
    """What `examine` finds of a unit; rules and hashes look at those rows alone that its past has not.

    Of their prompts, those that its past has are not looked at again.
    """
    known = words(past.identity, "record_id")
    kind = _NewRows if reader.unit.span is None else _NewLines
    new = kind(reader.plan, reader.unit, known=unique_words(known), recipe=job.recipe)
    # Tags of the user's own tagger may go by the answer.
    prompts = past.judgement.select(PROMPTED.names) if job.recipe.own_tagger is None else None
    found = examine(new, job, cache.KINDS, prompts)
    if found.unreadable:
        return examine(reader, job, cache.KINDS)
    whole = pa.concat_tables([_WHOLE.empty_table(), *(table for _, table in new.seen)])
    groups = np.repeat([0, *(group for group, _ in new.seen)], [0, *(len(table) for _, table in new.seen)])
    before = place_words(known, words(whole, "record_id"))
    order = pa.array(np.where(before >= 0, before, len(past.identity) + np.cumsum(before < 0) - 1))
    judgement, identity = (
        pa.concat_tables([getattr(past, kind), found.table(kind)]).take(order)
        for kind in ("judgement", "identity")
    )
    placed = {"row_group": pa.array(groups, pa.int32()), "row": pa.array(np.arange(len(order)))}
    identity = _replace(identity, {name: whole[name] for name in whole.column_names})
    keys = words(identity, signed_by(job.recipe))
    signed = pa.concat_tables([past.signatures, found.table("signatures")])
    tables_found = {
        "judgement": _replace(judgement, placed),
        "identity": identity,
        "signatures": signed.take(pa.array(place_words(words(signed, "key"), keys[first_words(keys)]))),
    }
    return Findings(reader, job.recipe.dedup.permutations, [tables_found])


def _replace(table: pa.Table, columns: Mapping[str, Any]) -> pa.Table:
    """The table with other values in some of its columns."""
    held = {name: columns.get(name, table[name]) for name in table.column_names}
    return pa.table(held, schema=table.schema)
