"""What a turn has beside role and content, as JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from transforms.kernels.adapters.adapter import is_text


def as_json(value: object) -> str:
    """A value as compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def json_column(values: Iterable[Any], kind: pa.DataType) -> pa.Array:
    """The JSON of each value as a column of a type of text, null for None."""
    return pa.array([None if value is None else as_json(value) for value in values], kind)


def holds_json(kind: pa.DataType) -> bool:
    """Whether values of a type can be written as JSON and read again: no bytes, no times.

    >>> holds_json(pa.list_(pa.struct({"n": pa.int64()}))), holds_json(pa.struct({"image": pa.binary()}))
    (True, False)
    """
    if pa.types.is_struct(kind):
        return all(holds_json(field.type) for field in kind)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return holds_json(kind.value_type)
    numbers = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return numbers or is_text(kind)


def write_rest(
    turns: pa.StructArray, fields: Iterable[str], more: Mapping[str, Mapping[int, Any]] | None = None
) -> pa.StringArray:
    """JSON of the fields that each turn has, null where it has none; turns without any cost nothing.

    `more` has values by field and turn that are not in the columns.
    """
    found: dict[int, dict[str, Any]] = {}
    for name, values in (more or {}).items():
        for row, value in values.items():
            found.setdefault(row, {})[name] = value
    for name in fields:
        column = turns.field(name)
        at = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
        for row, value in zip(at.tolist(), values_of(column.take(pa.array(at))), strict=True):
            found.setdefault(row, {})[name] = value
    rest: list[str | None] = [None] * len(turns)
    for row, held in found.items():
        rest[row] = as_json(held)
    return pa.array(rest, pa.string())


def values_of(column: pa.Array) -> list[Any]:
    """The values of a column in Python, with what is not UTF-8 in them replaced."""
    try:
        return column.to_pylist()
    except UnicodeDecodeError:
        return [_decoded(value) for value in column.cast(_of_bytes(column.type)).to_pylist()]


def _of_bytes(kind: pa.DataType) -> pa.DataType:
    """The type with bytes in place of text."""
    if pa.types.is_struct(kind):
        return pa.struct([one.with_type(_of_bytes(one.type)) for one in kind])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_of_bytes(kind.value_type)))
    if pa.types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(_of_bytes(kind.value_type)))
    return pa.large_binary() if is_text(kind) else kind


def _decoded(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    return {name: _decoded(item) for name, item in value.items()} if isinstance(value, dict) else value


def read_rest(rest: pa.StringArray, fields: Iterable[pa.Field]) -> list[pa.Array]:
    """The fields that `write_rest` wrote, each in its type.

    >>> turns = pa.array([{"a": 1, "b": None}, {"a": None, "b": None}])
    >>> [one.to_pylist() for one in read_rest(write_rest(turns, ["a"]), [pa.field("a", pa.int8())])]
    [[1, None]]
    """
    values = [{} if text is None else json.loads(text) or {} for text in rest.to_pylist()]
    return [pa.array([value.get(field.name) for value in values], field.type) for field in fields]


def read_json(rest: pa.StringArray, field: str) -> pa.StringArray:
    """JSON of one field of what `write_rest` wrote, null where it has none.

    >>> read_json(pa.array(['{"content":[1]}', "null", None]), "content").to_pylist()
    ['[1]', None, None]
    """
    values = (None if text is None else (json.loads(text) or {}).get(field) for text in rest.to_pylist())
    return json_column(values, pa.string())
