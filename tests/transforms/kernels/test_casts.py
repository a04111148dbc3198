"""Columns in other types: values stay, whatever slice of a column they are in."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.kernels.casts import cast

_INNER = pa.struct({"n": pa.null(), "x": pa.string()})
_FROM = pa.struct({"in": _INNER, "list": pa.list_(_INNER), "b": pa.string()})
_TO = pa.struct({"more": pa.null(), "b": pa.large_string(), "list": pa.list_(_INNER), "in": _INNER})
_inner = st.none() | st.fixed_dictionaries({"n": st.none(), "x": st.none() | st.text(max_size=2)})
_struct = st.none() | st.fixed_dictionaries(
    {"in": _inner, "list": st.none() | st.lists(_inner, max_size=2), "b": st.none() | st.text(max_size=2)}
)
_lists = st.lists(st.none() | st.lists(_struct, max_size=3), max_size=4)


def _wider(value: Any) -> Any:
    return None if value is None else {**value, "more": None}


@pytest.mark.parametrize("make", [pa.list_, pa.large_list])
@given(data=_lists, at=st.integers(0, 4))
def test_slices_keep_their_values(make: Any, data: list[Any], at: int) -> None:
    column = pa.array(data, make(_FROM))[at:]
    found = cast(column, make(_TO))
    found.validate(full=True)
    assert found.type == make(_TO)
    assert found.to_pylist() == [row and [_wider(value) for value in row] for row in data[at:]]
    assert cast(column, column.type) is column


@given(data=st.lists(st.none() | st.lists(_struct, min_size=2, max_size=2), max_size=4), at=st.integers(0, 4))
def test_lists_of_a_fixed_size_become_lists_of_any(data: list[Any], at: int) -> None:
    found = cast(pa.array(data, pa.list_(_FROM, 2))[at:], pa.list_(_TO))
    found.validate(full=True)
    assert found.to_pylist() == [row and [_wider(value) for value in row] for row in data[at:]]


def test_what_is_no_text_becomes_its_json() -> None:
    parts = [{"text": "a"}, {"text": None}]
    rows = [{"id": 2**60, "parts": parts}, {"id": None, "parts": None}]
    found = cast(pa.array(rows)[0:2], pa.struct({"id": pa.string(), "parts": pa.string()}))
    assert found.to_pylist() == [
        {"id": str(2**60), "parts": '[{"text":"a"},{"text":null}]'},
        {"id": None, "parts": None},
    ]
