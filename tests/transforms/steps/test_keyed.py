"""Tables on their way to a key, and the order of priority."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.verdict import WON_BY
from transforms.steps.keyed import (
    INPUT,
    REFERENCE,
    RELEASED,
    TIER_BITS,
    by_priority,
    refs,
    row_of,
    split,
    tiers,
    to_units,
    unit_of,
    won_by,
)

small = st.integers(0, 2)
lines = st.lists(st.tuples(small, small, small, small, small), min_size=1, max_size=30)


@given(st.lists(st.integers(0, 5), max_size=40))
def test_split_keeps_every_row_in_its_order(keys: list[int]) -> None:
    table = pa.table({"at": pa.array(range(len(keys)), pa.int64())})
    pieces = list(split(np.array(keys, np.int64), table))
    assert [key for key, _ in pieces] == sorted(set(keys))
    for key, piece in pieces:
        assert piece["at"].to_pylist() == [at for at, other in enumerate(keys) if other == key]


@given(st.integers(0, 2**31 - 1), st.lists(st.integers(0, 2**32 - 1), max_size=20))
def test_references_name_unit_and_row_and_sort_as_they_do(unit: int, rows: list[int]) -> None:
    references = refs(unit, np.array(rows, np.int64))
    assert unit_of(references).tolist() == [unit] * len(rows)
    assert row_of(references).tolist() == rows
    assert sorted(rows) == row_of(np.sort(references)).tolist()


def test_columns_reach_the_units_of_their_rows() -> None:
    references = np.concatenate([refs(3, np.array([5, 1])), refs(0, np.array([9]))])
    found = {unit: table.to_pydict() for unit, table in to_units(references, {"x": [1, 2, 3]})}
    assert found == {0: {"row": [9], "x": [3]}, 3: {"row": [5, 1], "x": [1, 2]}}


@given(lines)
def test_priority_is_source_quality_content_record_row_and_place(
    found: list[tuple[int, int, int, int, int]],
) -> None:
    ranks, qualities, contents, records, rows = zip(*found, strict=True)
    table = pa.table(
        {
            "ref": np.arange(len(found), dtype=np.uint64),
            "rank": np.array(ranks, np.uint32),
            "quality": -np.array(qualities, np.int64),
            "content_hash": pa.array([bytes([value] * 16) for value in contents], pa.binary(16)),
            "record_id": pa.array([bytes([value] * 16) for value in records], pa.binary(16)),
            "row_hash": np.array(rows, np.uint64),
        }
    )
    order = by_priority(table).tolist()
    keys = [(a, -b, c, d, e, at) for at, (a, b, c, d, e) in enumerate(found)]
    assert all(keys[low] < keys[high] for low, high in pairwise(order))


def ranked(*keys: tuple[int, int, int]) -> pa.Table:
    """Rows of some tiers, sources and qualities."""
    found, size = np.array(keys, np.int64), len(keys)
    return pa.table(
        {
            "ref": np.arange(size, dtype=np.uint64),
            "rank": (found[:, 0] << TIER_BITS | found[:, 1]).astype(np.uint32),
            "quality": found[:, 2],
            **{name: pa.array([bytes(16)] * size, pa.binary(16)) for name in ("content_hash", "record_id")},
            "row_hash": np.zeros(size, np.uint64),
        }
    )


def test_tier_comes_before_source() -> None:
    table = ranked((INPUT, 0, 0), (RELEASED, 1 << 23, 9), (REFERENCE, 0, 9), (RELEASED, 2, 9))
    assert by_priority(table).tolist() == [2, 3, 1, 0]
    assert tiers(table).tolist() == [INPUT, RELEASED, REFERENCE, RELEASED]


@pytest.mark.parametrize(
    ("winner", "loser", "name"),
    [
        ((REFERENCE, 0, 5), (INPUT, 0, 5), "reference"),
        ((REFERENCE, 0, 5), (RELEASED, 3, 1), "reference"),
        ((RELEASED, 4, 5), (INPUT, 0, 1), "released"),
        ((RELEASED, 1, 5), (INPUT, 1, -1), "released"),
        ((RELEASED, 1, 5), (INPUT, 1, 5), "released"),
        ((RELEASED, 1, 5), (INPUT, 4, 1), "source"),
        ((RELEASED, 1, -5), (INPUT, 1, -1), "quality"),
        ((RELEASED, 1, 5), (RELEASED, 4, 1), "source"),
        ((INPUT, 1, 5), (INPUT, 4, 1), "source"),
        ((RELEASED, 1, -5), (RELEASED, 1, -1), "quality"),
        ((INPUT, 1, -5), (INPUT, 1, -1), "quality"),
        ((INPUT, 1, 5), (INPUT, 1, 5), "content"),
    ],
)
def test_a_win_is_by_the_first_that_differs_or_only_by_having_been_released(
    winner: tuple[int, int, int], loser: tuple[int, int, int], name: str
) -> None:
    table = ranked(loser, winner)
    assert name == "content" or by_priority(table).tolist() == [1, 0]
    assert [WON_BY[code] for code in won_by(table, np.array([1]), np.array([0]))] == [name]
