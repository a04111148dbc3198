"""What a turn has beside role and content, as JSON, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels.adapters.adapter import is_text
from transforms.kernels.turns import offsets_of

_LITERALS: dict[str | None, Any] = {"true": True, "false": False}
_BEGINNINGS = frozenset("[{-0123456789")
"""What all other JSON begins with that is neither null nor a text."""


def as_json(value: object, *, sort_keys: bool = False) -> str:
    """A value as compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys)


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
    turns: pa.StructArray,
    fields: Iterable[str],
    more: Mapping[str, Mapping[int, Any]] | None = None,
    *,
    alike: bool = False,
) -> pa.StringArray:
    """JSON of the fields that each turn has, null where it has none; turns without any cost nothing.

    `more` has values by field and turn that are not in the columns. With `alike` nothing depends on what
    other rows have: keys are sorted, and a text that is the exact JSON of another value is that value.
    """
    found: dict[int, dict[str, Any]] = {}
    for name, values in (more or {}).items():
        for row, value in values.items():
            found.setdefault(row, {})[name] = value
    for name in fields:
        for row, value in _present(turns.field(name), alike=alike):
            found.setdefault(row, {})[name] = value
    rest: list[str | None] = [None] * len(turns)
    for row, held in found.items():
        rest[row] = as_json(held, sort_keys=alike)
    return pa.array(rest, pa.string())


def canonical_values(column: pa.Array, *, alike: bool = False) -> list[Any]:
    """The values of a column in Python in canonical form: what a row has of itself, whatever others have.

    Fields that are null are left out of objects: Arrow's have a field for each key of any row. Items of lists
    stay, null or not. A float is a whole number where it is one that its type holds exactly (up to 2**53, or
    2**24), as in a column without fractions; -0.0 stays. Texts stay, but for what is not UTF-8 in them; with
    `alike` one that is the exact JSON of another value is that value, as where no row has a text there.

    >>> kind = pa.struct({"b": pa.float64(), "a": pa.list_(pa.struct({"c": pa.string()}))})
    >>> canonical_values(pa.array([{"b": 2.0, "a": [None, {"c": None}]}, {"b": 2.5}, None], kind))
    [{'b': 2, 'a': [None, {}]}, {'b': 2.5}, None]
    >>> canonical_values(pa.array(["2", '{"b":2.0,"a":null}', '{"b": 2.0}', None]), alike=True)
    [2, {'b': 2}, '{"b": 2.0}', None]
    """
    kind = column.type
    if pa.types.is_struct(kind):
        return _objects(column, alike=alike)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        values, ends = canonical_values(column.flatten(), alike=alike), offsets_of(column).tolist()
        return _nulled([values[start:end] for start, end in pairwise(ends)], column)
    if pa.types.is_floating(kind):
        most = 1 << 53 if pa.types.is_float64(kind) else 1 << 24
        return [_number(value, most) for value in column.cast(pa.float64()).to_pylist()]
    return list(map(_unwrapped, values_of(column))) if alike and is_text(kind) else values_of(column)


def _objects(column: pa.StructArray, *, alike: bool) -> list[dict[str, Any] | None]:
    objects: list[dict[str, Any]] = [{} for _ in range(len(column))]
    for one, values in zip(column.type, column.flatten(), strict=True):
        for row, value in _present(values, alike=alike):
            objects[row][one.name] = value
    return _nulled(objects, column)


def _present(column: pa.Array, *, alike: bool) -> Iterator[tuple[int, Any]]:
    """The canonical values that are not null, and where they stand."""
    if column.null_count == 0:
        return enumerate(canonical_values(column, alike=alike))
    at = pc.indices_nonzero(column.is_valid())
    return zip(at.to_pylist(), canonical_values(column.take(at), alike=alike), strict=True)


def _nulled(values: list[Any], column: pa.Array) -> list[Any]:
    """The values, None where a column is null."""
    if column.null_count:
        for row in pc.indices_nonzero(column.is_null()).to_pylist():
            values[row] = None
    return values


def _number(value: float | None, most: int) -> float | None:
    if value is None or not value.is_integer() or abs(value) > most:
        return value
    return value if value == 0 and math.copysign(1, value) < 0 else int(value)


def _unwrapped(text: str | None) -> Any:
    """What a text is the exact JSON of, in canonical form, unless that is null or a text; else the text."""
    if not text or text[0] not in _BEGINNINGS:
        return _LITERALS.get(text, text)
    found = read_exact(text)
    try:
        return text if found is None else _canonical(found)
    except RecursionError:
        return text


def read_exact(text: str) -> Any:
    """The value that a text is the exact JSON of, as `as_json` writes it; None of any other text."""
    try:
        found = json.loads(text)
        return found if as_json(found) == text else None
    except (ValueError, RecursionError):
        return None


def _canonical(value: Any) -> Any:
    """A value of JSON as `canonical_values` has it of a column, `alike` in every row."""
    if isinstance(value, dict):
        return {name: _canonical(held) for name, held in value.items() if held is not None}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, str):
        return _unwrapped(value)
    return _number(value, 1 << 53) if isinstance(value, float) else value


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
