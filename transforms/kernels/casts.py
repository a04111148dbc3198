"""Types that hold the values of several others, and columns cast to them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from transforms.kernels.adapters.adapter import is_text
from transforms.kernels.adapters.rest import holds_json, json_column, values_of
from transforms.kernels.turns import offsets_of

_EXACT = 32
"""Whole numbers of so many bits are exact as doubles."""


def join_types(one: pa.DataType, other: pa.DataType, *, texts: bool = False) -> pa.DataType | None:
    """The type that holds the values of both, structs with the fields of either; None if none does.

    With `texts` that is text, where no other does and JSON holds them all.

    >>> turn, named = pa.struct({"role": pa.string()}), pa.struct({"name": pa.string(), "role": pa.string()})
    >>> str(join_types(pa.list_(turn), pa.list_(named)))
    'list<item: struct<role: string, name: string>>'
    >>> join_types(pa.int32(), pa.string()), join_types(pa.int32(), pa.string(), texts=True)
    (None, DataType(string))
    """
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    if is_text(one) and is_text(other):
        return one
    joined = _join_nested(one, other, texts=texts) or _join_numbers(one, other)
    return joined or (pa.string() if texts and holds_json(one) and holds_json(other) else None)


def _join_nested(one: pa.DataType, other: pa.DataType, *, texts: bool) -> pa.DataType | None:
    if pa.types.is_struct(one) and pa.types.is_struct(other):
        shared = {
            field.name: join_types(field.type, other.field(field.name).type, texts=texts)
            for field in one
            if field.name in other.names
        }
        if None in shared.values():
            return None
        fields = [field.with_type(shared.get(field.name, field.type)) for field in one]
        return pa.struct([*fields, *(field for field in other if field.name not in shared)])
    for is_list, make in ((pa.types.is_list, pa.list_), (pa.types.is_large_list, pa.large_list)):
        if is_list(one) and is_list(other):
            items = join_types(one.value_type, other.value_type, texts=texts)
            return None if items is None else make(one.value_field.with_type(items))
    return None


def _join_numbers(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """The type that holds every number of both exactly."""
    kinds = one, other
    if any(pa.types.is_uint64(kind) for kind in kinds):
        return None
    if all(pa.types.is_integer(kind) for kind in kinds):
        return pa.int64()
    exact = (
        pa.types.is_floating(kind) or (pa.types.is_integer(kind) and kind.bit_width <= _EXACT)
        for kind in kinds
    )
    return pa.float64() if all(exact) else None


def cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """The column in a type that holds its values: fields it lacks are null, what is no text is its JSON.

    Arrow's own cast makes fields without a type (null) too short in slices.

    >>> told, untold = pa.struct({"text": pa.string()}), pa.struct({"text": pa.null(), "more": pa.null()})
    >>> cast(pa.array([[{"text": "a"}], None, [{"text": "b"}]], pa.list_(told))[1:], pa.list_(
    ...     pa.struct({"text": pa.large_string(), "more": untold}))).to_pylist()
    [None, [{'text': 'b', 'more': None}]]
    """
    if column.type == kind:
        return column
    if pa.types.is_struct(kind) and pa.types.is_struct(column.type) and kind.num_fields:
        return _cast_struct(column, kind)
    if isinstance(column.type, pa.BaseExtensionType):
        return cast(column.storage, kind)
    for is_list, made in ((pa.types.is_list, pa.ListArray), (pa.types.is_large_list, pa.LargeListArray)):
        if is_list(kind) and (is_list(column.type) or pa.types.is_fixed_size_list(column.type)):
            values = cast(column.flatten(), kind.value_type)
            offsets = offsets_of(column).astype(np.int32 if made is pa.ListArray else np.int64)
            return made.from_arrays(offsets, values, type=kind, mask=column.is_null())
    if is_text(kind) and not is_text(column.type):
        return json_column(values_of(column), kind)
    return column.cast(kind)


def _cast_struct(column: pa.StructArray, kind: pa.StructType) -> pa.StructArray:
    held = dict(zip([field.name for field in column.type], column.flatten(), strict=True))
    fields = [
        cast(held[field.name], field.type) if field.name in held else pa.nulls(len(column), field.type)
        for field in kind
    ]
    return pa.StructArray.from_arrays(fields, fields=list(kind), mask=column.is_null())
