"""Arrow buffers as numpy arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import texts
from transforms.kernels.arrays import buffers, is_new, run_starts, sort_numbers, spread, take_lists


@given(st.lists(texts, max_size=8), st.integers(0, 4), st.integers(0, 4))
def test_a_slice_has_its_own_bytes_and_no_others(rows: list[str], before: int, after: int) -> None:
    column = pa.array(["x"] * before + rows + ["y"] * after, pa.large_string())[before : before + len(rows)]
    found = buffers(column)
    assert len(found) == len(rows)
    assert found.data.tobytes() == "".join(rows).encode()
    assert found.offsets.tolist() == np.cumsum([0, *(len(row.encode()) for row in rows)]).tolist()
    assert found.data.dtype == np.uint8
    assert found.offsets.dtype == np.int64


@pytest.mark.parametrize("kind", [pa.large_string(), pa.large_binary()])
@pytest.mark.parametrize("rows", [[], [b""], [b"", b"a", b""]])
def test_text_and_bytes_are_alike(kind: pa.DataType, rows: list[bytes]) -> None:
    found = buffers(pa.array(rows, pa.large_binary()).cast(kind))
    assert (found.data.tobytes(), len(found)) == (b"".join(rows), len(rows))


def test_the_bytes_are_not_copied() -> None:
    column = pa.array(["one", "two", "three"], pa.large_string())
    whole = np.frombuffer(column.buffers()[2], np.uint8)
    assert np.shares_memory(buffers(column[1:]).data, whole)


lists = st.lists(st.lists(st.integers(0, 2**64 - 1), max_size=3), max_size=5)


@given(st.lists(lists, max_size=4), st.data())
def test_lists_are_taken_wherever_they_stand(chunks: list[list[list[int]]], data: st.DataObject) -> None:
    kind = pa.large_list(pa.uint64())
    column = pa.chunked_array([pa.array([[7], *chunk], kind)[1:] for chunk in chunks], kind)
    rows = data.draw(st.lists(st.integers(0, len(column) - 1), max_size=12) if len(column) else st.just([]))
    found = take_lists(column, np.array(rows, np.int64))
    assert found.type == kind
    assert found.to_pylist() == [column[row].as_py() for row in rows]


near = st.integers(0, 40) | st.integers(0, 3).map(lambda number: (number << 61) + number)


@given(st.lists(near | st.integers(0, 2**64 - 1), max_size=40))
def test_numbers_are_ordered_by_all_of_their_bits(numbers: list[int]) -> None:
    ordered, places = sort_numbers(np.array(numbers, np.uint64))
    assert places.tolist() == sorted(range(len(numbers)), key=numbers.__getitem__)
    assert ordered.tolist() == sorted(numbers)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5))))
def test_spread_ranges_follow_each_other(ranges: list[tuple[int, int]]) -> None:
    starts, lengths = np.array(ranges, np.int64).reshape(-1, 2).T
    expected = [number for start, length in ranges for number in range(start, start + length)]
    assert spread(starts, lengths).tolist() == expected


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2))).map(sorted))
def test_a_row_is_new_where_the_one_before_differs(rows: list[tuple[int, int]]) -> None:
    columns = np.array(rows, np.int64).reshape(-1, 2).T
    expected = [at == 0 or rows[at - 1] != row for at, row in enumerate(rows)]
    assert is_new(*columns).tolist() == expected
    assert run_starts(*columns).tolist() == [at for at, new in enumerate(expected) if new]
