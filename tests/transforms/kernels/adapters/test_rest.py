"""The canonical form of nested values: a row's own, whatever the rows beside it have."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.kernels.adapters import detect
from transforms.kernels.adapters.rest import canonical_values, read_rest, write_rest
from transforms.kernels.json_shapes import shape_of_rows, table_of

_NUMBERS = st.integers(-(2**70), 2**70) | st.integers(-9, 9) | st.floats(-1e20, 1e20)
_VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.sampled_from(["", "x", "7", "true", "null", "{}", '{"x": 1}']),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=2),
    max_leaves=4,
)
_OPTIONS = st.none() | st.dictionaries(st.sampled_from("xyz"), st.booleans(), min_size=1)
_ARGUMENTS = st.fixed_dictionaries(
    {"of": st.just("river")},
    optional={
        "b": _VALUES,
        "a": _NUMBERS,
        "list": st.lists(st.none() | _NUMBERS, min_size=1, max_size=3),
        "options": st.lists(_OPTIONS, min_size=1, max_size=2),
    },
)
_CALLS = st.fixed_dictionaries(
    {"name": st.sampled_from("fg"), "arguments": _ARGUMENTS}, optional={"id": st.none() | st.just("1")}
)
_ANSWERS = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": st.just("I will ask.")},
    optional={"tool_calls": st.lists(_CALLS, min_size=1, max_size=2), "function_call": _CALLS},
)


def _read(rows: list[dict[str, Any]]) -> tuple[list[bytes], list[list[str]], list[str | None]]:
    """Record ids, texts and outputs of lines of JSON, in the columns that they have together."""
    batch = table_of(rows, shape_of_rows(rows).schema)
    adapter = detect(batch.schema)
    assert adapter is not None
    said = adapter.spoken(batch)
    assert said is not None
    return (
        adapter.record_ids(batch).to_pylist(),
        said.content.to_pylist(),
        adapter.texts(batch).output.to_pylist(),
    )


@given(answers=st.lists(_ANSWERS, min_size=1, max_size=5))
def test_a_row_is_the_same_whatever_others_have(answers: list[dict[str, Any]]) -> None:
    rows = [{"messages": [{"role": "user", "content": "How long is it?"}, answer]} for answer in answers]
    alone = [_read([row]) for row in rows]
    assert _read(rows) == tuple([one for found in part for one in found] for part in zip(*alone, strict=True))


def test_calls_that_differ_in_their_keys_have_nothing_else_in_common() -> None:
    calls = [{"name": "f", "arguments": {f"key{number}": number}} for number in range(3)]
    turns = pa.array([{"calls": call} for call in calls])
    assert write_rest(turns, ["calls"], alike=True).to_pylist() == [
        f'{{"calls":{{"arguments":{{"key{number}":{number}}},"name":"f"}}}}' for number in range(3)
    ]
    (back,) = read_rest(write_rest(turns, ["calls"]), [turns.type.field("calls")])
    assert back.to_pylist() == [turn["calls"] for turn in turns.to_pylist()]


@pytest.mark.parametrize(
    ("own", "others"),
    [
        ({}, [{"a": 1}]),
        ({"b": 1.0, "a": None, "c": [True, "x"]}, ["none"]),
        ({"b": 1.0, "a": {"n": 2**53 + 1}}, [{"b": "x", "a": 2.5}]),
        ({"key0": 0.0}, [{f"key{number}": number} for number in range(300)]),
    ],
)
def test_what_others_make_a_text_is_what_it_was(own: Any, others: list[Any]) -> None:
    rows = []
    for arguments in (own, *others):
        answer = {"role": "assistant", "content": "I will ask.", "function_call": {"arguments": arguments}}
        rows.append({"messages": [{"role": "user", "content": "How long is it?"}, answer]})
    kind = shape_of_rows(rows).type.field("messages").type.value_type.field("function_call").type
    assert kind != shape_of_rows(rows[:1]).type.field("messages").type.value_type.field("function_call").type
    assert [found[0] for found in _read(rows)] == [found[0] for found in _read(rows[:1])]


def test_keys_stay_in_their_order_where_they_are_not_asked_to_be_sorted() -> None:
    turns = pa.array([{"call": {"name": "f", "arguments": {"b": 1, "a": 2}}}])
    assert write_rest(turns, ["call"]).to_pylist() == ['{"call":{"name":"f","arguments":{"b":1,"a":2}}}']


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()])
def test_whole_numbers_are_written_alike_in_every_type(kind: pa.DataType) -> None:
    whole = [0, 1, -7, 2048, None]
    assert list(map(repr, canonical_values(pa.array(whole, kind)))) == list(map(repr, whole))
    assert canonical_values(pa.array([0.5, math.inf], kind)) == [0.5, math.inf]
    minus, nothing = canonical_values(pa.array([-0.0, math.nan], kind))
    assert repr(minus) == "-0.0"
    assert math.isnan(nothing)


def test_numbers_past_what_their_type_tells_apart_stay_as_they_are() -> None:
    numbers = [2.0**53, 2.0**54, 1e300]
    assert list(map(repr, canonical_values(pa.array(numbers)))) == [
        str(2**53),
        "1.8014398509481984e+16",
        "1e+300",
    ]
    narrow = canonical_values(pa.array([2.0**24, 2.0**25], pa.float32()))
    assert list(map(repr, narrow)) == [str(2**24), "33554432.0"]
