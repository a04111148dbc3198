"""What every adapter does: columns of the input to canonical examples, and back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Literal, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.example import CANONICAL
from transforms.kernels.texts import Texts
from transforms.kernels.turns import Spoken

Asked: TypeAlias = Literal["first", "all"]
"""Which user turns the instruction is: the first of them, or all."""


class Adapter(Protocol):
    """Reads one schema; `columns` says which column holds what, by the adapter's own names for it."""

    @property
    def name(self) -> str:
        """Its name in a recipe."""

    @property
    def rank(self) -> int:
        """Where it comes when adapters are tried, the lowest first."""

    @property
    def columns(self) -> Mapping[str, str]:
        """Column of each thing it reads."""

    def bind(self, schema: pa.Schema, named: Mapping[str, str]) -> Adapter | None:
        """The same adapter for the columns of a schema, some of them named; None where it lacks any."""

    def misfit(self, schema: pa.Schema, named: Mapping[str, str]) -> str | None:
        """Why it cannot read a schema that has its columns by name, but one of another type; else None."""

    def reading(self, columns: Mapping[str, str]) -> Adapter:
        """The same adapter for columns that were found before."""

    @property
    def hashed(self) -> frozenset[str]:
        """Columns whose values the record id covers entirely."""

    def spoken(self, batch: pa.RecordBatch) -> Spoken | None:
        """Turns of each row, for the rules on turns; None where there is nothing to say of them."""

    def turns(self, batch: pa.RecordBatch) -> pa.ListArray:
        """Turns of each row, as TURNS."""

    def tools(self, batch: pa.RecordBatch) -> pa.StringArray:
        """Tools of each row as text, null where it has none."""

    def texts(self, batch: pa.RecordBatch, asked: Asked = "first") -> Texts:
        """Instruction, input and output of each row, where turns are not needed."""

    def record_ids(self, batch: pa.RecordBatch) -> pa.FixedSizeBinaryArray:
        """128-bit hash of each row's roles and texts."""

    def rows(self, examples: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
        """The columns that the adapter reads, out of canonical examples, in the types of a schema."""


def canonical(adapter: Adapter, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Canonical examples of some rows, as CANONICAL, with what is not UTF-8 in them replaced."""
    columns = [in_utf8(column) for column in (adapter.turns(batch), adapter.tools(batch))]
    return pa.record_batch(columns, schema=CANONICAL)


def in_utf8(column: pa.Array) -> pa.Array:
    r"""A column of texts, or of lists or structs of such, with what is not UTF-8 in them replaced.

    >>> broken = pa.array([b"a\xff", None]).view(pa.string())
    >>> in_utf8(pa.StructArray.from_arrays([broken], ["text"])).to_pylist()[0]["text"] == "a\ufffd"
    True
    """
    with contextlib.suppress(pa.ArrowInvalid):
        column.validate(full=True)
        return column
    if pa.types.is_list(column.type):
        lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy()
        offsets = np.append(0, np.cumsum(lengths)).astype(np.int32)
        values = in_utf8(column.flatten())
        return pa.ListArray.from_arrays(offsets, values, type=column.type, mask=column.is_null())
    if pa.types.is_struct(column.type):
        fields = [in_utf8(values) for values in column.flatten()]
        return pa.StructArray.from_arrays(fields, fields=list(column.type), mask=column.is_null())
    texts = column.cast(pa.large_binary()).to_pylist()
    return pa.array([None if text is None else text.decode(errors="replace") for text in texts], column.type)


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds text, or only nulls."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return any(
        check(kind)
        for check in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_string_view,
            pa.types.is_null,
        )
    )


def choose(schema: pa.Schema, wanted: str | None, candidates: Iterable[str]) -> str | None:
    """The column named, or the first of some that is there."""
    names = [wanted] if wanted is not None else candidates
    return next((name for name in names if name in schema.names), None)


def column_or_nulls(batch: pa.RecordBatch, name: str | None) -> pa.Array:
    """The column named; nulls where none is, or where it is not there."""
    return batch.column(name) if name in batch.schema.names else pa.nulls(len(batch), pa.string())


def cast_or_nulls(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """The column in a type; nulls for the type that holds nothing else, which Arrow does not cast to."""
    return pa.nulls(len(column)) if pa.types.is_null(kind) else column.cast(kind)


def text_of(column: pa.Array) -> pa.LargeStringArray:
    """A column as text, absent as empty, and with what is not UTF-8 in it replaced."""
    return in_utf8(column.cast(pa.large_string()).fill_null(""))
