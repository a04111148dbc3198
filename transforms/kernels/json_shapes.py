"""Shapes of JSON values, the same in whatever order and pieces these come, and columns of the values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import pyarrow as pa

from transforms.kernels.adapters.rest import as_json

_BOOL, _SMALL, _LONG, _HUGE, _FLOAT, _TEXT, _LIST, _OBJECT, _WIDE = (1 << at for at in range(9))
_EXACT, _WORD = 1 << 53, 1 << 63
_MOST_KEYS = 256
_PLAIN = {
    0: pa.null(),
    _BOOL: pa.bool_(),
    _SMALL: pa.int64(),
    _LONG: pa.int64(),
    _SMALL | _LONG: pa.int64(),
    _FLOAT: pa.float64(),
    _FLOAT | _SMALL: pa.float64(),
    _TEXT: pa.string(),
}
"""Types of what is of one kind; whole numbers up to 2**53 are floats where others are, and lose nothing."""


@dataclass
class Shape:
    """The kinds of some values as bits, the shapes of objects' fields and of lists' items."""

    kinds: int = 0
    fields: dict[str, Shape] = field(default_factory=dict)
    items: Shape | None = None

    def merge(self, other: Shape, most: int | None = _MOST_KEYS) -> None:
        """Add the shape of other values; fields stay in the order in which they were met first."""
        self.kinds |= other.kinds
        for name, shape in other.fields.items():
            if name in self.fields:
                self.fields[name].merge(shape)
            else:
                self.fields[name] = shape.copy()
        if other.items is not None:
            self.items = self.items or Shape()
            self.items.merge(other.items)
        self.limit(most)

    def copy(self) -> Shape:
        """The same shape, apart."""
        fields = {name: shape.copy() for name, shape in self.fields.items()}
        return Shape(self.kinds, fields, self.items.copy() if self.items else None)

    def limit(self, most: int | None) -> None:
        """Give up the fields where there are more than `most`: they are keys of a mapping, not fields."""
        if self.kinds & _WIDE or (most is not None and len(self.fields) > most):
            self.kinds |= _WIDE
            self.fields = {}

    @property
    def type(self) -> pa.DataType:
        """The type that holds all of the values; text, which is JSON of what is no text, where none does."""
        if self.kinds in _PLAIN:
            return _PLAIN[self.kinds]
        if self.kinds == _LIST and self.items is not None:
            return pa.list_(self.items.type)
        if self.kinds == _OBJECT and self.fields:
            return pa.struct(list(self.schema))
        return pa.string()

    @property
    def schema(self) -> pa.Schema:
        """The fields and their types."""
        return pa.schema([pa.field(name, shape.type) for name, shape in self.fields.items()])


def shape_of_rows(rows: Iterable[dict[str, Any]]) -> Shape:
    """The shape of some objects, however many fields they have.

    >>> rows = [{"a": 1, "b": None}, {"a": 2.5, "b": [{"c": "x"}]}, {"d": [1, "x"], "e": 2**70}]
    >>> [str(field.type) for field in shape_of_rows(rows).schema]
    ['double', 'list<item: struct<c: string>>', 'list<item: string>', 'string']
    """
    return Shape(_OBJECT, _fields(list(rows)))


def _fields(rows: Sequence[dict[str, Any]]) -> dict[str, Shape]:
    names = dict.fromkeys(chain.from_iterable(rows))
    return {name: _shape([row[name] for row in rows if name in row]) for name in names}


def _shape(values: Sequence[Any]) -> Shape:
    found, types = Shape(), set(map(type, values))
    if bool in types:
        found.kinds |= _BOOL
    if float in types:
        found.kinds |= _FLOAT
    if str in types:
        found.kinds |= _TEXT
    if int in types:
        whole = [value for value in values if type(value) is int]
        for value in (min(whole), max(whole)):
            found.kinds |= _SMALL if abs(value) <= _EXACT else _LONG if -_WORD <= value < _WORD else _HUGE
    if list in types:
        found.kinds |= _LIST
        found.items = _shape(list(chain.from_iterable(value for value in values if type(value) is list)))
    if dict in types:
        found.kinds |= _OBJECT
        found.fields = _fields([value for value in values if type(value) is dict])
        found.limit(_MOST_KEYS)
    return found


def column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Values as a column of the type that their shape has.

    >>> column(["a", 1, [True], None], pa.string()).to_pylist()
    ['a', '1', '[true]', None]
    """
    try:
        return pa.array(values, kind)
    except (pa.ArrowException, OverflowError):
        return pa.array([_fit(value, kind) for value in values], kind)


def _fit(value: Any, kind: pa.DataType) -> Any:
    """A value in which all that is no text, where the type has text, is replaced by its JSON."""
    if value is None:
        return None
    if pa.types.is_string(kind):
        return value if isinstance(value, str) else as_json(value)
    if pa.types.is_list(kind):
        return [_fit(item, kind.value_type) for item in value]
    if pa.types.is_struct(kind):
        return {one.name: _fit(value.get(one.name), one.type) for one in kind}
    return value


def table_of(rows: Sequence[dict[str, Any] | None], schema: pa.Schema) -> pa.RecordBatch:
    """Objects as columns; a row that is None, or that lacks a field, has null there."""
    known = [row if row is not None else {} for row in rows]
    columns = [column([row.get(one.name) for row in known], one.type) for one in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
