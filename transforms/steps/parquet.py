"""Reading the rows of a unit from Parquet, in slices of bounded size."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from transforms.kernels.casts import cast
from transforms.steps import storage
from transforms.steps.ranges import RangeFile
from transforms.steps.reader import READ_ERRORS, Reader, UnreadableError, damage_of

SLICE_BYTES = 4 << 20
_READ_BYTES = 1 << 20
_MOST_ROWS, _FEWEST_ROWS = 8192, 64
_PLAIN = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type a column is worked on in: dictionaries decoded, views as large text, lists of any length.

    Views and fixed lengths are looked for inside other types, too: Arrow cannot cut the ones into slices, and
    cannot read the others again where nulls are among them.

    >>> plain_type(pa.dictionary(pa.int8(), pa.string())), plain_type(pa.string_view())
    (DataType(string), DataType(large_string))
    >>> str(plain_type(pa.struct({"spot": pa.list_(pa.float32(), 2), "tags": pa.list_(pa.string_view())})))
    'struct<spot: list<item: float>, tags: list<item: large_string>>'
    """
    return plain_type(kind.value_type) if pa.types.is_dictionary(kind) else _plain_inside(kind)


def _plain_inside(kind: pa.DataType) -> pa.DataType:
    """The plain type, nested dictionaries being left as they are."""
    if isinstance(kind, pa.BaseExtensionType):
        stored = _plain_inside(kind.storage_type)
        return kind if stored == kind.storage_type else stored
    if pa.types.is_struct(kind):
        return pa.struct([_plain_field(field) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(_plain_field(kind.key_field), _plain_field(kind.item_field), kind.keys_sorted)
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        return pa.list_(_plain_field(kind.value_field))
    if pa.types.is_large_list(kind):
        return pa.large_list(_plain_field(kind.value_field))
    return _PLAIN.get(kind, kind)


def _plain_field(field: pa.Field) -> pa.Field:
    return field.with_type(_plain_inside(field.type))


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table's columns in a schema's order and plain types; absent ones are null."""
    columns = {}
    for field in schema:
        kind = plain_type(field.type)
        if field.name in table.column_names:
            chunks = [cast(chunk, kind) for chunk in table[field.name].chunks]
            columns[field.name] = pa.chunked_array(chunks, kind)
        else:
            columns[field.name] = pa.nulls(len(table), kind)
    return pa.table(columns)


def slice_rows(group: pq.RowGroupMetaData) -> int:
    """Rows of a row group that make a slice of about 4 MB."""
    mean = max(1, group.total_byte_size // max(1, group.num_rows))
    return max(_FEWEST_ROWS, min(_MOST_ROWS, SLICE_BYTES // mean))


def digest_footer(metadata: pq.FileMetaData) -> str:
    """BLAKE2b of a footer, in hexadecimal: it says where each column is stored, how long, and its bounds."""
    sink = pa.BufferOutputStream()
    metadata.write_metadata_file(sink)
    return hashlib.blake2b(sink.getvalue(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class UnitReader(Reader):
    """Reads the rows of one unit of Parquet."""

    @cached_property
    def _ranges(self) -> RangeFile | None:
        """The file, where each request counts; None on this machine."""
        return None if storage.is_local(self.file.path) else storage.open_ranges(self.file.path)

    @property
    def _read_bytes(self) -> int:
        """Most bytes of a read; each is a request where they count."""
        return _READ_BYTES if self._ranges is None else storage.FAR_READ_BYTES

    def _open(self) -> pa.NativeFile:
        if self._ranges is not None:
            return pa.PythonFile(self._ranges, mode="r")
        return storage.open_input(self.file.path)

    @cached_property
    def parquet(self) -> pq.ParquetFile:
        """The open file."""
        file = self._open()
        self.check_size(file)
        # Arrow's own threads would read ahead: whole row groups, and for ever where Python ends meanwhile.
        parquet = pq.ParquetFile(file, buffer_size=self._read_bytes, pre_buffer=False)
        if digest_footer(parquet.metadata) != self.file.footer:
            raise self.changed("it has another footer")
        return parquet

    @cached_property
    def _starts(self) -> np.ndarray:
        """Rows of the unit's row groups before each, and in all."""
        groups = [self.parquet.metadata.row_group(group).num_rows for group in range(*self.unit.groups)]
        return np.cumsum([0, *groups])

    def group_rows(self, group: int) -> int:
        """Rows of a row group that belong to the unit."""
        whole = self.parquet.metadata.row_group(group).num_rows - self.unit.skip
        return min(whole, self.unit.rows - self.rows_before(group))

    def rows_before(self, group: int) -> int:
        """Rows of the unit before a row group."""
        return int(self._starts[group - self.unit.groups[0]])

    def slices(self, group: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows of a row group, in slices of about 4 MB, of some columns or all.

        Raises:
            UnreadableError: the row group is damaged.
        """
        names = self.parquet.schema_arrow.names
        wanted = None if columns is None else [name for name in columns if name in names]
        skip, left = self.unit.skip, self.group_rows(group)
        size = slice_rows(self.parquet.metadata.row_group(group))
        self._fetch(group, wanted)
        for batch in _read(self.parquet.iter_batches(size, [group], wanted, use_threads=False)):
            rows = batch[skip : skip + left]
            skip, left = max(0, skip - len(batch)), left - len(rows)
            yield from _split(rows)
            if left <= 0:
                return

    def _fetch(self, group: int, columns: Sequence[str] | None) -> None:
        """Where requests count, fetch some columns, or all, of the unit or, if too much, of a row group."""
        if self._ranges is not None:
            self._ranges.fetch(self._stored(range(*self.unit.groups), columns))
            self._ranges.fetch(self._stored([group], columns))

    @cached_property
    def _fields(self) -> list[pa.Field]:
        """The column that each stored one is of: nested ones are stored in several."""
        fields = self.parquet.schema_arrow
        return [field for field in fields for _ in range(_stored_in(field.type))]

    def _stored(self, groups: Iterable[int], columns: Sequence[str] | None) -> list[tuple[int, int]]:
        """From where to where in the file some columns of some row groups, or all, are stored."""
        metadata = [self.parquet.metadata.row_group(group) for group in groups]
        wanted = [at for at, field in enumerate(self._fields) if columns is None or field.name in columns]
        chunks = [group.column(at) for group in metadata for at in wanted]
        return [(start := _start(chunk), start + int(chunk.total_compressed_size)) for chunk in chunks]

    def digests(self, group: int) -> tuple[str, str]:
        """BLAKE2b of the stored bytes of a row group and their types: of its text columns, and of the others.

        Numbers may be stored alike and mean other things.
        """
        metadata = self.parquet.metadata.row_group(group)
        texts, others = hashlib.blake2b(digest_size=16), hashlib.blake2b(digest_size=16)
        self._fetch(group, None)
        file = self._open()
        for index, field in enumerate(self._fields):
            column = metadata.column(index)
            file.seek(_start(column))
            digest = texts if field.name in self.columns.values() else others
            told = f"{column.path_in_schema}:{field.type}:{column.total_compressed_size}:"
            digest.update(told.encode())
            for at in range(0, column.total_compressed_size, self._read_bytes):
                digest.update(file.read(min(self._read_bytes, column.total_compressed_size - at)))
        return texts.hexdigest(), others.hexdigest()


def _stored_in(kind: pa.DataType) -> int:
    """How many columns a type is stored in: one for each value that is not made of others.

    >>> _stored_in(pa.list_(pa.struct([("a", pa.int8()), ("b", pa.map_(pa.string(), pa.int8()))])))
    3
    """
    if isinstance(kind, pa.BaseExtensionType):
        return _stored_in(kind.storage_type)
    return sum(_stored_in(kind.field(at).type) for at in range(kind.num_fields)) or 1


def _start(column: pq.ColumnChunkMetaData) -> int:
    """Where a column's stored bytes begin in the file."""
    start = int(column.data_page_offset)
    if column.has_dictionary_page and column.dictionary_page_offset is not None:
        return min(start, int(column.dictionary_page_offset))
    return start


def _read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches, decoded; only what goes wrong in here, and want of memory aside, is damage."""
    while True:
        try:
            batch = next(batches, None)
            plain = None if batch is None else decoded(batch)
        except READ_ERRORS as error:
            raise UnreadableError(damage_of(error)) from error
        if plain is None:
            return
        yield plain


def _split(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The slice, in pieces where its rows turned out to be longer than they seemed."""
    pieces = min(max(1, batch.nbytes // (4 * SLICE_BYTES)), max(1, len(batch)))
    for at in range(pieces if len(batch) else 0):
        start, stop = at * len(batch) // pieces, (at + 1) * len(batch) // pieces
        yield batch[start:stop]


def decoded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The slice with every column in its plain type."""
    schema = pa.schema([field.with_type(plain_type(field.type)) for field in batch.schema])
    if schema.equals(batch.schema):
        return batch
    columns = [cast(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
    return pa.record_batch(columns, schema=schema)
