"""Columns in other types, nested ones field by field."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from transforms.kernels.turns import offsets_of


def cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """The column in a type that holds its values; fields that it lacks are null.

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
    for is_list, made in ((pa.types.is_list, pa.ListArray), (pa.types.is_large_list, pa.LargeListArray)):
        if is_list(kind) and is_list(column.type):
            values = cast(column.flatten(), kind.value_type)
            offsets = offsets_of(column).astype(np.int32 if made is pa.ListArray else np.int64)
            return made.from_arrays(offsets, values, type=kind, mask=column.is_null())
    return column.cast(kind)


def _cast_struct(column: pa.StructArray, kind: pa.StructType) -> pa.StructArray:
    held = dict(zip([field.name for field in column.type], column.flatten(), strict=True))
    fields = [
        cast(held[field.name], field.type) if field.name in held else pa.nulls(len(column), field.type)
        for field in kind
    ]
    return pa.StructArray.from_arrays(fields, fields=list(kind), mask=column.is_null())
