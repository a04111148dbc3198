"""JSON values as columns: nothing is lost, and no shape depends on how the rows are cut or met."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.kernels.json_shapes import Shape, shape_of_rows, table_of

keys = st.sampled_from(["a", "b", "c"])
scalars = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text("xé1")
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
rows = st.lists(st.dictionaries(keys, values, min_size=1, max_size=3), max_size=6)


def as_written(value: Any, kind: pa.DataType) -> Any:
    """What a column has of a value: itself, but for JSON in place of what is no text in a column of text."""
    if value is None:
        return None
    if pa.types.is_string(kind):
        return (
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        )
    if pa.types.is_list(kind):
        return [as_written(item, kind.value_type) for item in value]
    if pa.types.is_struct(kind):
        return {one.name: as_written(value.get(one.name), one.type) for one in kind}
    return value


@given(rows)
def test_nothing_is_lost(found: list[dict[str, Any]]) -> None:
    schema = shape_of_rows(found).schema
    table = table_of(found, schema)
    table.validate(full=True)
    expected = [{one.name: as_written(row.get(one.name), one.type) for one in schema} for row in found]
    assert table.to_pylist() == expected


@given(rows, st.integers(0, 6), st.integers(0, 6))
def test_pieces_add_up(found: list[dict[str, Any]], one: int, two: int) -> None:
    low, high = sorted([one, two])
    left, right = Shape(), Shape()
    for piece in (found[:low], found[low:high], found[high:]):
        left.merge(shape_of_rows(piece), most=None)
    rest = shape_of_rows(found[low:high])
    rest.merge(shape_of_rows(found[high:]), most=None)
    right.merge(shape_of_rows(found[:low]), most=None)
    right.merge(rest, most=None)
    assert left.schema == right.schema == shape_of_rows(found).schema


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([None, None], pa.null()),
        ([1, 2**63 - 1], pa.int64()),
        ([1, 2**63], pa.string()),
        ([1, 0.5], pa.float64()),
        ([2**53, 0.5], pa.float64()),
        ([2**53 + 1, 0.5], pa.string()),
        ([True, 1], pa.string()),
        (["2024-01-01"], pa.string()),
        ([{}], pa.string()),
        ([[], [None]], pa.list_(pa.null())),
        ([{"a": 1}, {"b": "x"}], pa.struct({"a": pa.int64(), "b": pa.string()})),
        ([{str(key): 1 for key in range(300)}], pa.string()),
    ],
)
def test_type_is_the_narrowest_that_holds_all(values: list[Any], kind: pa.DataType) -> None:
    assert shape_of_rows([{"it": value} for value in values]).schema.field("it").type == kind
