"""Keys that sort as numbers of any type do."""

from __future__ import annotations

from decimal import Decimal
from math import isnan
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.kernels.quality import sort_keys

WHOLE = {
    pa.int8(): (-(2**7), 2**7 - 1),
    pa.int64(): (-(2**63), 2**63 - 1),
    pa.uint32(): (0, 2**32 - 1),
    pa.uint64(): (0, 2**64 - 1),
}
DECIMALS = [pa.decimal128(20, 3), pa.decimal256(40, 3)]


def hold(values: list[Any], kind: pa.DataType) -> None:
    """Hold keys to the order of the values, and to null where there is no number."""
    keys = sort_keys(pa.array(values, kind)).to_pylist()
    none = [value is None or (isinstance(value, float) and isnan(value)) for value in values]
    assert [key is None for key in keys] == none
    ranked = [pair for pair, missing in zip(zip(values, keys, strict=True), none, strict=True) if not missing]
    for value, key in ranked:
        assert all((value < other) == (key < its) for other, its in ranked)


@pytest.mark.parametrize("kind", WHOLE, ids=str)
@given(st.data())
def test_whole_numbers_sort_exactly(kind: pa.DataType, data: st.DataObject) -> None:
    low, high = WHOLE[kind]
    near = st.sampled_from([one for one in (low, high, 2**53, 2**53 + 1, 2**63) if low <= one <= high])
    hold(data.draw(st.lists(st.none() | st.integers(low, high) | near, max_size=12)), kind)


@given(st.lists(st.none() | st.floats() | st.sampled_from([0.0, -0.0]), max_size=12))
def test_floating_point_numbers_sort_as_they_compare(values: list[float | None]) -> None:
    hold(values, pa.float64())


@given(st.lists(st.none() | st.floats(width=16), max_size=12), st.sampled_from([pa.float16(), pa.float32()]))
def test_short_floating_point_numbers_do_too(values: list[float | None], kind: pa.DataType) -> None:
    hold(values, kind)


@pytest.mark.parametrize("kind", DECIMALS, ids=str)
@given(st.lists(st.none() | st.decimals(-(10**12), 10**12, places=3), max_size=12))
def test_decimals_sort_as_they_compare(kind: pa.DataType, values: list[Decimal | None]) -> None:
    hold(values, kind)


def test_true_comes_after_false() -> None:
    hold([True, None, False], pa.bool_())


@pytest.mark.parametrize("kind", [pa.string(), pa.null(), pa.list_(pa.int64()), pa.date32()], ids=str)
def test_what_is_no_number_has_no_key(kind: pa.DataType) -> None:
    assert sort_keys(pa.nulls(2, kind)).equals(pa.nulls(2, pa.int64()))
    assert sort_keys(pa.array(["12", "high"])).null_count == 2
