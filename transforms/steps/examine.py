"""One pass over the rows of a unit, each looked at on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from schemas.reason import Reason
from schemas.verdict import IDENTITY, JUDGEMENT, signatures_schema
from transforms.kernels.prompt_findings import Models
from transforms.kernels.rows import content_hashes, prompt_hashes
from transforms.kernels.texts import Texts
from transforms.kernels.turns import Spoken
from transforms.steps.identity import identify, sign_rows
from transforms.steps.job import Job
from transforms.steps.judgement import judge
from transforms.steps.parts import parts_of, prompt_of, signed_by
from transforms.steps.reader import Reader, UnreadableError
from transforms.steps.stores.errors import first_line


@dataclass
class Findings:
    """What was found of a unit: by kind a table a slice; and a line for each row group that is unreadable."""

    reader: Reader
    permutations: int
    slices: list[dict[str, pa.Table]] = field(default_factory=list)
    unreadable: list[pa.Table] = field(default_factory=list)

    def table(self, kind: str) -> pa.Table:
        """All that was found of one kind."""
        pieces = [piece[kind] for piece in self.slices if kind in piece]
        lost = self.unreadable if kind == "judgement" else []
        return pa.concat_tables([self._schema(kind).empty_table(), *pieces, *lost])

    def _schema(self, kind: str) -> pa.Schema:
        known = {"judgement": JUDGEMENT, "identity": IDENTITY}
        return known.get(kind) or signatures_schema(self.permutations)


Sift: TypeAlias = Callable[[int, pa.RecordBatch], tuple[np.ndarray, pa.FixedSizeBinaryArray]]
"""Says of a slice of a row group which rows to look at, as a mask, and what their record ids are."""


@dataclass
class _Seen:
    """Which contents of a unit were signed already: in whole row groups, and in the one being read."""

    whole: set[bytes] = field(default_factory=set)
    fresh: set[bytes] = field(default_factory=set)

    def new_rows(self, hashes: pa.FixedSizeBinaryArray) -> list[int]:
        """Rows whose content is met for the first time."""
        contents = hashes.to_pylist()
        first = {content: row for row, content in reversed(list(enumerate(contents)))}
        new = first.keys() - self.whole - self.fresh
        self.fresh |= new
        return sorted(first[content] for content in new)

    def settle(self, *, read: bool) -> None:
        """End a row group: keep its contents if it could be read."""
        if read:
            self.whole |= self.fresh
        self.fresh = set()


def examine_unreadable(reader: Reader, job: Job) -> Findings:
    """The one line of a file that cannot be read at all."""
    return Findings(
        reader, job.recipe.dedup.permutations, unreadable=[_line_of(None, None, reader.file.error or "")]
    )


def examine_lost(reader: Reader, error: str, job: Job) -> Findings:
    """A part of a row group that is lost: the first part has the one line for all of them."""
    permutations = job.recipe.dedup.permutations
    if reader.unit.skip > 0:
        return Findings(reader, permutations)
    rows = sum(part.rows for part in reader.plan.parts_of(reader.unit))
    return Findings(reader, permutations, unreadable=[_line_of(0, rows, error)])


def examine(
    reader: Reader,
    job: Job,
    kinds: Sequence[str],
    sift: Sift | None = None,
    known_prompts: pa.Table | None = None,
) -> Findings:
    """Read every row group of a unit and find what is asked for; note those that cannot be read.

    Rows that are sifted out are not looked at, and what is known of some prompts, as PROMPTED, is not looked
    for again.
    """
    findings, seen = Findings(reader, job.recipe.dedup.permutations), _Seen()
    slices = _Slices(reader, job, kinds, sift, known_prompts)
    for group in range(*reader.unit.groups):
        try:
            found = list(slices.of(group, seen))
        except UnreadableError as error:
            findings.unreadable.append(_unreadable(reader, group, error))
            seen.settle(read=False)
            reader.lost.clear()
            continue
        seen.settle(read=True)
        findings.slices += found
        findings.unreadable += [_line_of(0, 1, error, row) for row, error in sorted(reader.lost.items())]
    return findings


@dataclass(frozen=True)
class _Slices:
    """What is found of a unit, slice by slice; the fields are those of `examine`."""

    reader: Reader
    job: Job
    kinds: Sequence[str]
    sift: Sift | None
    known_prompts: pa.Table | None

    def of(self, group: int, seen: _Seen) -> Iterator[dict[str, pa.Table]]:
        """By kind what is found of each slice of a row group."""
        reader = self.reader
        at, first = reader.rows_before(group), reader.unit.groups[0]
        for read in reader.slices(group, None if "identity" in self.kinds else list(reader.columns.values())):
            rows, batch = reader.whole_rows(reader.rank_alike(read), at)
            at += len(read)
            ids = None
            if self.sift is not None:
                wanted, ids = self.sift(group, batch)
                rows, batch = rows[wanted], batch.filter(pa.array(wanted))
            texts = reader.texts(batch)
            found = self._hash(batch, texts, ids, seen)
            if "judgement" in self.kinds:
                position = np.full(len(batch), group - first, np.int32), rows
                found["judgement"] = self._judge((texts, reader.adapter.spoken(batch)), position)
            yield found

    def _judge(self, said: tuple[Texts, Spoken | None], position: tuple[np.ndarray, np.ndarray]) -> pa.Table:
        job, unit = self.job, self.reader.unit.index
        recipe = job.recipe_of(unit)
        models = Models(
            job.model if recipe.language.enabled else None, job.counter_of(unit), self.known_prompts
        )
        return judge(said, position, recipe, models, job.benchmarks)

    def _hash(
        self, batch: pa.RecordBatch, texts: Texts, ids: pa.FixedSizeBinaryArray | None, seen: _Seen
    ) -> dict[str, pa.Table]:
        """Identity and signatures, where they are asked for."""
        if not {"identity", "signatures"}.intersection(self.kinds):
            return {}
        found: dict[str, pa.Table] = {}
        recipe, adapter = self.job.recipe_of(self.reader.unit.index), self.reader.adapter
        parts = parts_of(texts, recipe)
        hashes, ids = content_hashes(parts), adapter.record_ids(batch) if ids is None else ids
        if "identity" in self.kinds:
            prompts = prompt_hashes(prompt_of(texts) if len(parts) == 1 else parts[0])
            found["identity"] = identify(adapter.hashed, recipe, (ids, hashes), prompts, batch)
        if "signatures" in self.kinds:
            keys = {"content_hash": hashes, "record_id": ids}[signed_by(recipe)]
            found["signatures"] = sign_rows(texts, parts, keys, seen.new_rows(keys), recipe)
        return found


def _unreadable(reader: Reader, group: int, error: Exception) -> pa.Table:
    """The one line of a row group that cannot be read."""
    sentence, lost = f"row group {group}: {first_line(error)}", reader.group_rows(group)
    return _line_of(group - reader.unit.groups[0], lost, sentence)


def _line_of(group: int | None, lost: int | None, error: str, row: int | None = None) -> pa.Table:
    line: dict[str, object] = dict.fromkeys(JUDGEMENT.names)
    line |= {"row_group": group, "row": row, "rows_lost": lost, "error": error}
    line |= {"reasons": Reason.UNREADABLE.bit, "flags": 0}
    return pa.Table.from_pylist([line], schema=JUDGEMENT)
