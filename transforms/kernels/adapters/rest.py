"""What a turn has beside role and content, as JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from transforms.kernels.adapters.adapter import is_text


def as_json(value: object) -> str:
    """A value as compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


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


def write_rest(turns: pa.StructArray, fields: Iterable[str]) -> pa.StringArray:
    """JSON of the fields that each turn has, null where it has none of them; only those turns cost."""
    found: dict[int, dict[str, Any]] = {}
    for name in fields:
        column = turns.field(name)
        at = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
        for row, value in zip(at.tolist(), column.take(pa.array(at)).to_pylist(), strict=True):
            found.setdefault(row, {})[name] = value
    rest: list[str | None] = [None] * len(turns)
    for row, values in found.items():
        rest[row] = as_json(values)
    return pa.array(rest, pa.string())


def read_rest(rest: pa.StringArray, fields: Iterable[pa.Field]) -> list[pa.Array]:
    """The fields that `write_rest` wrote, each in its type.

    >>> turns = pa.array([{"a": 1, "b": None}, {"a": None, "b": None}])
    >>> [one.to_pylist() for one in read_rest(write_rest(turns, ["a"]), [pa.field("a", pa.int8())])]
    [[1, None]]
    """
    values = [{} if text is None else json.loads(text) or {} for text in rest.to_pylist()]
    return [pa.array([value.get(field.name) for value in values], field.type) for field in fields]
