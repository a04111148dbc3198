"""Rows as bytes: different where any column is, whatever its type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.columns import TEXT_TYPES
from transforms.kernels.rows import encode_named, encode_rows

framing = st.text(st.sampled_from("0123:-ab\n\x00"), max_size=4)
"""Texts made of what frames are made of."""

integers = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3)
small = st.integers(-(2**31), 2**31 - 1) | st.integers(-3, 3)
floats = st.floats(allow_nan=False)
cents = st.decimals(-(10**6), 10**6, places=2)
texts = framing | st.text(max_size=4)
shorts = st.lists(st.none() | framing, max_size=3)
structs = st.tuples(st.none() | framing, st.none() | integers).map(
    lambda row: dict(zip("ab", row, strict=True))
)

FLAT: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.bool_(): st.booleans(),
    pa.int32(): small,
    pa.int64(): integers,
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float32(): st.floats(allow_nan=False, width=32),
    pa.float64(): floats,
    pa.decimal128(20, 2): cents,
    pa.decimal256(50, 2): cents,
    pa.string(): texts,
    pa.large_string(): texts,
    pa.string_view(): texts,
    pa.binary(): st.binary(max_size=4),
    pa.large_binary(): st.binary(max_size=4),
    pa.binary_view(): st.binary(max_size=4),
    pa.binary(2): st.binary(min_size=2, max_size=2),
    pa.dictionary(pa.int32(), pa.string()): texts,
    pa.dictionary(pa.int8(), pa.binary()): st.binary(max_size=4),
    pa.date32(): small,
    pa.time32("ms"): st.integers(0, 86_399_999),
    pa.time64("ns"): st.integers(0, 86_399_999_999_999),
    pa.timestamp("s"): integers,
    pa.timestamp("ns"): integers,
    pa.timestamp("us", "Europe/Berlin"): integers,
    pa.timestamp("us", "Nowhere/At/All"): integers,
    pa.duration("ns"): integers,
    pa.null(): st.none(),
}
NESTED: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.list_(pa.string()): shorts,
    pa.large_list(pa.string()): shorts,
    pa.list_view(pa.string()): shorts,
    pa.list_(pa.list_(pa.string())): st.lists(st.none() | shorts, max_size=3),
    pa.list_(pa.int64(), 2): st.lists(st.none() | integers, min_size=2, max_size=2),
    pa.list_(pa.timestamp("ns", "Nowhere/At/All")): st.lists(st.none() | integers, max_size=3),
    pa.list_(pa.duration("s")): st.lists(integers, max_size=3),
    pa.list_(pa.null()): st.lists(st.none(), max_size=3),
    pa.struct({"a": pa.string(), "b": pa.int64()}): structs,
    pa.list_(pa.struct({"a": pa.string(), "b": pa.int64()})): st.lists(st.none() | structs, max_size=3),
    pa.map_(pa.string(), pa.string()): st.lists(st.tuples(framing, st.none() | framing), max_size=3),
}
KINDS = FLAT | NESTED


def assert_apart(encoded: pa.Array, values: list[Any]) -> None:
    """Hold encodings against the rows: equal where those are, and only there."""
    shown = list(map(repr, values))
    codes = encoded.to_pylist()
    assert len(codes) == len(values)
    assert len(set(zip(codes, shown, strict=True))) == len(set(codes)) == len(set(shown))


@pytest.mark.parametrize("kind", KINDS, ids=str)
@given(data=st.data())
def test_rows_are_encoded_alike_where_they_are_equal(kind: pa.DataType, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | KINDS[kind], max_size=8))
    column = pa.array([None, *values], kind)
    assert_apart(encode_rows([column[1:]]), values)
    assert encode_rows([column])[1:].equals(encode_rows([column[1:]]))


@given(st.lists(st.tuples(*[st.none() | framing] * 3), max_size=12))
def test_columns_are_not_confused(table: list[tuple[str | None, ...]]) -> None:
    columns = [pa.array([row[at] for row in table], pa.string()) for at in range(3)]
    assert_apart(encode_rows(columns), table)


@given(st.lists(st.tuples(st.none() | shorts, st.none() | structs, st.none() | framing), max_size=8))
def test_nested_columns_are_not_confused(table: list[tuple[Any, ...]]) -> None:
    kinds = (pa.list_(pa.string()), pa.struct({"a": pa.string(), "b": pa.int64()}), pa.string())
    columns = [pa.array([row[at] for row in table], kind) for at, kind in enumerate(kinds)]
    assert_apart(encode_rows(columns), table)


@pytest.mark.parametrize("kind", [*TEXT_TYPES, pa.binary(), pa.large_binary(), pa.binary_view()], ids=str)
@pytest.mark.parametrize("nested", [False, True])
def test_the_same_text_in_any_type_is_encoded_alike(kind: pa.DataType, *, nested: bool) -> None:
    column = pa.array(["a", None, "", "é"], pa.string())
    other = column.cast(kind) if not pa.types.is_dictionary(kind) else column.dictionary_encode()
    pair = [pa.ListArray.from_arrays([0, 1, 4], one) if nested else one for one in (column, other)]
    assert encode_rows(pair[:1]).equals(encode_rows(pair[1:]))


@pytest.mark.parametrize(
    ("kind", "stored"),
    [
        (pa.uuid(), [b"a" * 16, b"b" * 16, None]),
        (pa.json_(pa.string()), ["{}", "[]", None]),
        (pa.fixed_shape_tensor(pa.int64(), [1200]), [[0] * 1200, [0] * 600 + [1] + [0] * 599, None]),
    ],
    ids=str,
)
def test_extensions_are_encoded_as_they_are_stored(kind: pa.DataType, stored: list[Any]) -> None:
    storage = pa.array(stored, kind.storage_type)
    assert encode_rows([pa.ExtensionArray.from_storage(kind, storage)]).equals(encode_rows([storage]))
    assert_apart(encode_rows([storage]), stored)


def test_a_struct_whose_fields_share_a_name_is_read() -> None:
    column = pa.StructArray.from_arrays([pa.array([1, 1, 2]), pa.array([1, 2, 1])], ["a", "a"])
    assert len(set(encode_rows([column]).to_pylist())) == 3


named = st.fixed_dictionaries(
    {}, optional={"a": st.none() | framing, "a1": st.none() | framing, "b": framing}
)


@given(st.lists(named, max_size=8), st.permutations(["a", "a1", "b", "absent"]))
def test_rows_by_name_are_their_values_whatever_the_columns(
    table: list[dict[str, str | None]], names: list[str]
) -> None:
    columns = {name: pa.array([row.get(name) for row in table], pa.string()) for name in names}
    values = [sorted((name, text) for name, text in row.items() if text is not None) for row in table]
    assert_apart(encode_named(columns), values)
    del columns["absent"]
    assert_apart(encode_named(columns), values)
    for row, code in zip(table, encode_named(columns).to_pylist(), strict=True):
        alone = {name: pa.array([text], pa.large_string()) for name, text in row.items()}
        assert not alone or encode_named(alone).to_pylist() == [code]


def test_known_encodings() -> None:
    columns = [pa.array(["a:", None]), pa.array([[None, "b"], []]), pa.array([1, 2], pa.timestamp("s"))]
    lengths = [np.array(row, "<i4").tobytes() for row in ([2, 9, 1], [-1, 0, 1])]
    inner = np.array([-1], "<i4").tobytes() + np.array([1], "<i4").tobytes() + b"b"
    assert encode_rows(columns).to_pylist() == [lengths[0] + b"a:" + inner + b"1", lengths[1] + b"2"]
