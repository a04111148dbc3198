"""Writing one part of a release: curated rows, the ledger, or saved rejects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.example import CANONICAL, CURATED_COLUMNS, PREFIX
from schemas.plan import Plan
from schemas.reason import Reason
from schemas.verdict import EDGES, LEDGER, Verdict
from transforms.kernels.adapters.adapter import canonical
from transforms.kernels.private import mask_rows
from transforms.kernels.rows import digest_rows, from_hex, sum_hashes, to_hex
from transforms.steps import storage, tables
from transforms.steps.job import Job, writing
from transforms.steps.lines import schema_of
from transforms.steps.parquet import conform, plain_type
from transforms.steps.reader import Reader
from transforms.steps.resolve import Resolved, are_rejects, staged
from transforms.steps.units import open_unit

CURATED, VERDICTS, REJECTS, DUPLICATES = "curated", "verdicts", "rejects", "duplicates"
_BLOCK_ROWS, _GROUP_BYTES = 2048, 64 << 20
_MADE = tuple(PREFIX + name for name in CANONICAL.names)
_REJECT_COLUMNS = tuple(name for name in LEDGER.names if name not in {"rows_lost", "error"})


@dataclass(frozen=True)
class Part:
    """A written file of a release."""

    kind: str
    index: int
    path: str
    bytes: int
    sha256: str
    rows: int
    digest: int
    records: int


@writing
def write_part(task: tuple[str, int], counts: Sequence[Resolved], job: Job) -> Part | None:
    """Write one part: its share of the rows of its kind, in input order.

    None, and nothing is written, where a job that was started twice has ended its release already.
    """
    kind, index = task
    if job.detached and (storage.exists(job.places.manifest) or storage.exists(job.places.held)):
        return None
    of = job.plan.parts[kind]
    low, high = _bounds(kind, index, counts, job.plan)
    name = f"{kind}/part-{index:05d}-of-{of:05d}.parquet"
    rows = _part_rows(kind, list(_share(kind, low, high, counts)), job)
    schema = part_schema(kind, job.plan)
    with storage.create(f"{job.places.release_folder}/{name}") as file:
        hashed = storage.Hashed(file)
        sums = _write_groups(hashed, schema, low, _regroup(rows, schema, job.plan.group_rows))
    before = sum(count for other, count in job.plan.parts.items() if other < kind)
    job.mark_done("write", before + index, sums.rows)
    return Part(
        kind=kind,
        index=index,
        path=name,
        bytes=hashed.bytes,
        sha256=hashed.sha256.hexdigest(),
        rows=sums.rows,
        digest=sums.digest,
        records=sums.records,
    )


def _bounds(kind: str, index: int, counts: Sequence[Resolved], plan: Plan) -> tuple[int, int]:
    """The rows of a kind that are in a part: its share of all or, of input rows, of those of its split."""
    shards = plan.shards if kind in {CURATED, REJECTS} and plan.shards else {"": plan.parts[kind]}
    first = 0
    for split, of in shards.items():
        total = sum(getattr(one, kind) for one in counts if not split or plan.split_of(one.unit) == split)
        if index < of:
            return first + index * total // of, first + (index + 1) * total // of
        first, index = first + total, index - of
    raise IndexError(f"there is no part {index} of {kind}")


def _share(kind: str, low: int, high: int, counts: Sequence[Resolved]) -> Iterator[tuple[int, int, int]]:
    """Units that rows `low` to `high` of a kind are in, and from which to which of the unit's they are."""
    at = 0
    for resolved in sorted(counts, key=lambda resolved: resolved.unit):
        size = getattr(resolved, kind)
        start, stop = max(low - at, 0), min(high - at, size)
        if start < stop:
            yield resolved.unit, start, stop
        at += size


def _part_rows(kind: str, share: list[tuple[int, int, int]], job: Job) -> Iterator[pa.Table]:
    for unit, start, stop in share:
        if kind == DUPLICATES:
            yield tables.load(job.places.edges(unit)).slice(start, stop - start)
            continue
        resolved = staged(unit, job)
        if kind == VERDICTS:
            yield resolved.slice(start, stop - start).select(LEDGER.names)
            continue
        kept = pc.equal(resolved["verdict"], Verdict.KEPT.value)
        chosen = resolved.filter(kept if kind == CURATED else pa.array(are_rejects(resolved)))
        chosen = chosen.slice(start, stop - start)
        names = CURATED_COLUMNS if kind == CURATED else _REJECT_COLUMNS
        reader, masks = open_unit(job.plan, job.plan.units[unit]), job.recipe.rules.masks
        for table in _with_input(reader, chosen, names):
            yield _mask(table, [*reader.columns.values(), *_MADE]) if masks else table


def _with_input(reader: Reader, ledger: pa.Table, names: Iterable[str]) -> Iterator[pa.Table]:
    """Input rows of some ledger rows, ascending, all their columns, with some of the ledger's beside."""
    rows = np.asarray(ledger["row"].to_numpy()) - reader.unit.first_row
    beside = ledger.select(list(names)).rename_columns([PREFIX + name for name in names])
    for group in range(*reader.unit.groups):
        at = reader.rows_before(group)
        if not ((rows >= at) & (rows < at + reader.group_rows(group))).any():
            continue
        for batch in reader.slices(group):
            low, high = np.searchsorted(rows, [at, at + len(batch)])
            if low < high:
                taken = batch.take(pa.array(rows[low:high] - at))
                if reader.unit.span is not None:  # of Parquet, the footer tells
                    _check_same(reader, taken, ledger["record_id"][low:high])
                columns = dict(zip(batch.schema.names, taken.columns, strict=True))
                yield pa.table(columns | _turns(reader, taken) | _columns(beside, low, high))
            at += len(batch)


def _check_same(reader: Reader, batch: pa.RecordBatch, ids: pa.ChunkedArray) -> None:
    """Refuse rows that are others than those that were judged."""
    if to_hex(reader.adapter.record_ids(batch)) != ids.combine_chunks():
        raise reader.changed("it has other rows")


def _turns(reader: Reader, batch: pa.RecordBatch) -> dict[str, pa.Array]:
    """The canonical examples of some rows, where a run needs them to say in one way what they hold."""
    if not reader.plan.mixed:
        return {}
    found = canonical(reader.adapter, batch)
    return {PREFIX + name: found[name] for name in found.schema.names}


def _mask(table: pa.Table, columns: Iterable[str]) -> pa.Table:
    """The rows, the texts of those flagged with private data masked; all other columns as they are."""
    flags = table[f"{PREFIX}flags"].combine_chunks()
    private = pc.equal(flags.flatten(), Reason.PRIVATE_DATA.value)
    rows = pc.list_parent_indices(flags).filter(private).to_numpy()
    for name in set(columns).intersection(table.column_names):
        masked = mask_rows(table[name].combine_chunks(), rows)
        table = table.set_column(table.column_names.index(name), name, masked)
    return table


def _columns(table: pa.Table, low: int, high: int) -> dict[str, pa.ChunkedArray]:
    part = table.slice(low, high - low)
    return dict(zip(part.column_names, part.columns, strict=True))


def input_schema(plan: Plan) -> pa.Schema:
    """The schema of the input's columns as a release has them."""
    return schema_of(plan.schema)


def part_schema(kind: str, plan: Plan) -> pa.Schema:
    """The columns of a part of a release."""
    if kind in {VERDICTS, DUPLICATES}:
        return LEDGER if kind == VERDICTS else EDGES
    names = CURATED_COLUMNS if kind == CURATED else _REJECT_COLUMNS
    beside = [*(CANONICAL if plan.mixed else []), *(LEDGER.field(name) for name in names)]
    return pa.schema([*input_schema(plan), *(field.with_name(PREFIX + field.name) for field in beside)])


def _regroup(pieces: Iterator[pa.Table], schema: pa.Schema, size: int) -> Iterator[pa.Table]:
    """The same rows in row groups, each column in one chunk.

    A group ends at `size` rows or, looked at every `_BLOCK_ROWS` rows, at `_GROUP_BYTES`: where it ends
    depends on the rows alone, not on the pieces they come in.
    """
    waiting: list[pa.Table] = []
    rows = held = 0
    for block in _blocks(pieces, schema):
        waiting.append(block)
        rows, held = rows + len(block), held + block.nbytes
        if rows >= size or held >= _GROUP_BYTES:
            yield pa.concat_tables(waiting).combine_chunks()
            waiting, rows, held = [], 0, 0
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


def _blocks(pieces: Iterator[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    """The same rows in tables of exactly `_BLOCK_ROWS` rows, but for the last."""
    left = pa.table([], schema=pa.schema([]))
    for piece in pieces:
        found = conform(piece, schema)
        table = pa.concat_tables([left, found]) if len(left) else found
        whole = len(table) - len(table) % _BLOCK_ROWS
        for at in range(0, whole, _BLOCK_ROWS):
            yield table.slice(at, _BLOCK_ROWS)
        left = table.slice(whole)
    if len(left):
        yield left


@dataclass
class Sums:
    """What is summed up of written rows: their number, their digest in their places, and their record ids."""

    rows: int = 0
    digest: int = 0
    records: int = 0

    def add(self, table: pa.Table, first: int) -> None:
        """Add the rows of a row group, of a part whose first row has the place `first`."""
        columns = [column.combine_chunks() for column in table.columns]
        self.digest = (self.digest + digest_rows(columns, first + self.rows)) % (1 << 128)
        if PREFIX + "record_id" in table.column_names:
            ids = from_hex(table[PREFIX + "record_id"].combine_chunks())
            self.records = (self.records + sum_hashes(ids)) % (1 << 128)
        self.rows += len(table)


def _write_groups(file: storage.Hashed, schema: pa.Schema, first: int, groups: Iterator[pa.Table]) -> Sums:
    """Write a row group for each table."""
    sums = Sums()
    schema = pa.schema([field.with_type(stored_type(field.type)) for field in schema])
    with pq.ParquetWriter(file, schema, compression="zstd", write_page_checksum=True) as writer:
        for table in groups:
            sums.add(table, first)
            stored = [_stored(table[field.name], field.type) for field in schema]
            writer.write_table(pa.table(stored, schema=schema), row_group_size=max(1, len(table)))
    return sums


def stored_type(kind: pa.DataType) -> pa.DataType:
    """The type a column is written in: a dictionary's indices are int32, a view is large."""
    if pa.types.is_dictionary(kind):
        return pa.dictionary(pa.int32(), plain_type(kind))
    return plain_type(kind)


def _stored(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    return column.dictionary_encode() if pa.types.is_dictionary(kind) else column
