"""The rows that an export is made of: kept ones from the release, dropped ones from where they lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import RunError
from pipelines.export.render import Examples
from pipelines.planning import UNIT_BYTES, plan_run
from pipelines.releases.inputs import tell_size
from pipelines.releases.kept import KeptPart, kept_parts, run_ends
from pipelines.releases.ledger import matching, parts_by_file, scan
from pipelines.releases.parts import open_table
from pipelines.releases.release import Release, open_release
from schemas.example import PREFIX
from schemas.reason import Reason
from schemas.release import InputRecord
from transforms.kernels.adapters import Adapter
from transforms.kernels.private import mask_rows
from transforms.kernels.rendered import whole
from transforms.kernels.rows import from_hex
from transforms.steps import storage
from transforms.steps.parquet import slice_rows
from transforms.steps.reader import UnreadableError
from transforms.steps.units import open_unit
from transforms.steps.write import REJECTS

_ID, _TURNS, _TOOLS = f"{PREFIX}record_id", f"{PREFIX}turns", f"{PREFIX}tools"


@dataclass(frozen=True)
class RejectsPart:
    """A file of rows that were dropped and saved."""

    path: str
    verdict: str


@dataclass(frozen=True)
class InputPart:
    """An input file that rows were dropped from, and the parts of the ledger that tell which."""

    record: InputRecord
    verdict: str
    ledger: tuple[str, ...]


Part: TypeAlias = KeptPart | RejectsPart | InputPart


def parts_of(release: Release, verdict: str) -> list[Part]:
    """What the rows of a verdict are read from, in order; each becomes one file of a split."""
    if verdict == "kept":
        return [*kept_parts(release)]
    if saved := release.parts(REJECTS):
        return [RejectsPart(path, verdict) for path in saved]
    records = [record for record in release.manifest.inputs if record.role == "input"]
    ledger = parts_by_file(release)
    return [InputPart(record, verdict, tuple(ledger[record.source, record.file])) for record in records]


def read_part(folder: str, part: Part) -> Iterator[Examples]:
    """The rows of a part of a release, some at a time."""
    release = _release(folder)
    if isinstance(part, KeptPart):
        yield from _read_kept(release, part)
    elif isinstance(part, RejectsPart):
        yield from _read_rejects(release, part)
    else:
        yield from _read_input(release, part)


@cache
def _release(folder: str) -> Release:
    return open_release(folder)


def _read_kept(release: Release, part: KeptPart) -> Iterator[Examples]:
    marked = None if part.held_out is None else np.unpackbits(np.frombuffer(part.held_out, np.uint8))
    for source, rows, at in _kept_pieces(part):
        held_out = None if marked is None else marked[at : at + len(rows)].astype(bool)
        yield _examples(release, source, rows, rows.column(_ID), held_out)


def _kept_pieces(part: KeptPart) -> Iterator[tuple[str, pa.RecordBatch, int]]:
    """The rows of a part in pieces of one source each, with the number of the first of them in the part."""
    at = 0
    for batch in _batches(part.path):
        for run in part.runs:
            low, high = max(run.start - part.first - at, 0), min(run.end - part.first - at, len(batch))
            if low < high:
                yield run.source, batch.slice(low, high - low), at + low
        at += len(batch)


def _examples(
    release: Release, source: str, rows: pa.RecordBatch, ids: pa.Array, held_out: np.ndarray | None = None
) -> Examples:
    mask = np.zeros(len(rows), bool) if held_out is None else held_out
    if _TURNS in rows.schema.names:
        turns, tools = rows.column(_TURNS), rows.column(_TOOLS)
    else:
        adapter = release.adapter(source, rows.schema)
        turns, tools = adapter.turns(rows), adapter.tools(rows)
    return Examples(ids.cast(pa.string()), whole(turns), tools, mask)


def _read_rejects(release: Release, part: RejectsPart) -> Iterator[Examples]:
    for batch in _batches(part.path):
        wanted = batch.filter(pc.equal(batch.column(f"{PREFIX}verdict"), part.verdict))
        at = 0
        for source, rows in run_ends(pa.chunked_array([wanted.column(f"{PREFIX}source")])):
            piece = wanted.slice(at, rows)
            yield _examples(release, source, piece, piece.column(_ID))
            at += rows


def _read_input(release: Release, part: InputPart) -> Iterator[Examples]:
    """Rows of an input file by the ledger, if they are what they were."""
    record = part.record
    wanted = matching(source=record.source, file=record.file, verdict=part.verdict)
    lines = [_in_export(table) for table in scan(part.ledger, wanted)]
    if not lines:
        return
    ledger = pa.concat_tables(lines)
    rows, ids = ledger["row"].to_numpy(), ledger["record_id"].combine_chunks()
    private = ledger["private"].to_numpy() & release.recipe.rules.masks
    for first, batch, adapter in _input_batches(release, record):
        low, high = np.searchsorted(rows, [first, first + len(batch)])
        if low < high:
            piece, wanted_ids = batch.take(pa.array(rows[low:high] - first)), ids[low:high]
            if not adapter.record_ids(piece).equals(from_hex(wanted_ids)):
                raise RunError(f"the input {record.path} has changed: rows of it have other record ids now")
            nobody = np.zeros(len(piece), bool)
            masked = np.flatnonzero(private[low:high])
            turns, tools = (
                mask_rows(column, masked) for column in (whole(adapter.turns(piece)), adapter.tools(piece))
            )
            yield Examples(wanted_ids.cast(pa.string()), turns, tools, nobody)


def _in_export(ledger: pa.Table) -> pa.Table:
    """Row and record id of some lines of a ledger, but for rows that a takedown list names.

    `private` says which are flagged for private data.
    """
    shown = [Reason.REMOVED.value not in reasons for reasons in ledger["reasons"].to_pylist()]
    private = [Reason.PRIVATE_DATA.value in flags for flags in ledger["flags"].to_pylist()]
    lines = ledger.select(["row", "record_id"]).append_column("private", pa.array(private, pa.bool_()))
    return lines.filter(pa.array(shown, pa.bool_()))


def _input_batches(release: Release, record: InputRecord) -> Iterator[tuple[int, pa.RecordBatch, Adapter]]:
    """The rows of an input file in slices, each with the number of its first row, and what reads them."""
    _check_there(record)
    (source,) = [one for one in release.recipe.sources if one.name == record.source]
    alone = source.model_copy(update={"input": (record.path,)})
    # Rules and taggers are not asked; those that whoever made the release had may be anything at all.
    read = {"sources": (alone,), "references": (), "own": (), "own_tagger": None}
    plan = plan_run(release.recipe.model_copy(update=read), None, UNIT_BYTES, None)
    for unit in plan.units:
        reader = open_unit(plan, unit)
        for group in range(*unit.groups):
            at = unit.first_row + reader.rows_before(group)
            try:
                for batch in reader.slices(group):
                    yield at, batch, reader.adapter
                    at += len(batch)
            except UnreadableError:
                continue  # what it held is in the ledger as unreadable, and no row of it was dropped


def _check_there(record: InputRecord) -> None:
    """Refuse an input that is gone, or that is of another size."""
    found = storage.find(record.path)
    if not found:
        raise RunError(f"the input {record.path} is gone, and with it the rows that were dropped from it")
    if found[0][1] != record.bytes:
        raise RunError(tell_size(record, found[0][1]))


def _batches(path: str) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file, in slices of some megabytes."""
    with open_table(path) as parquet:
        for group in range(parquet.metadata.num_row_groups):
            size = slice_rows(parquet.metadata.row_group(group))
            yield from parquet.iter_batches(size, [group], use_threads=False)
