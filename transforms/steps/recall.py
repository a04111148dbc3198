"""A unit that changed in part: what was found of its other rows, when it was last judged, holds still."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.recipe import Recipe
from schemas.verdict import IDENTITY, PROMPTED
from transforms.kernels.rows import as_words, first_words, holds_words, place_words, unique_words
from transforms.steps import cache, storage, tables
from transforms.steps.examine import Findings, examine
from transforms.steps.identity import identify_whole
from transforms.steps.job import Job
from transforms.steps.keyed import words
from transforms.steps.notes import Notes, read_note
from transforms.steps.parts import signed_by
from transforms.steps.reader import Reader
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
class _Sieve:
    """Lets the rows of a unit through whose record ids are not known; keeps what is _WHOLE of all of them."""

    reader: Reader
    recipe: Recipe
    known: np.ndarray
    """Record ids as words, sorted."""

    seen: list[tuple[int, pa.Table]] = field(default_factory=list)
    """Row group of the unit and _WHOLE, for each slice."""

    def __call__(self, group: int, batch: pa.RecordBatch) -> tuple[np.ndarray, pa.FixedSizeBinaryArray]:
        """Which rows of a slice are new, and their record ids."""
        adapter = self.reader.adapter
        ids = adapter.record_ids(batch)
        whole = identify_whole(adapter.hashed, self.recipe, ids, batch)
        self.seen.append((group - self.reader.unit.groups[0], pa.table(whole, schema=_WHOLE)))
        new = ~holds_words(self.known, as_words(ids))
        return new, ids.filter(pa.array(new))


def examine_changed(reader: Reader, job: Job, past: Past) -> Findings:
    """What `examine` finds of a unit; rules and hashes look at those rows alone that its past has not.

    Of their prompts, those that its past has are not looked at again.
    """
    known = words(past.identity, "record_id")
    sieve = _Sieve(reader, job.recipe, unique_words(known))
    # Tags of the user's own tagger may go by the answer.
    prompts = past.judgement.select(PROMPTED.names) if job.recipe.own_tagger is None else None
    found = examine(reader, job, cache.KINDS, sieve, prompts)
    if found.unreadable:
        return examine(reader, job, cache.KINDS)
    whole = pa.concat_tables([_WHOLE.empty_table(), *(table for _, table in sieve.seen)])
    lengths = [len(table) for _, table in sieve.seen]
    groups = np.repeat([0, *(group for group, _ in sieve.seen)], [0, *lengths])
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
