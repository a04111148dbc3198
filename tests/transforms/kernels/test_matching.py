"""Matching rows of two sets, against counting in plain Python."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from transforms.kernels.matching import match_rows

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 2)), max_size=30)


def columns(rows: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    found = np.array(rows, np.uint64).reshape(-1, 3)
    return found[:, :2], found[:, 2]


@given(ROWS, ROWS)
def test_rows_are_matched_by_id_and_number(
    before: list[tuple[int, int, int]], after: list[tuple[int, int, int]]
) -> None:
    found = match_rows(*columns(before), *columns(after))
    same = [before[at] for at in found.same[0]]
    assert same == [after[at] for at in found.same[1]]
    assert Counter(same) == Counter(before) & Counter(after)
    for old, new in zip(*found.changed, strict=True):
        assert before[old][:2] == after[new][:2]
        assert before[old][2] != after[new][2]
    ids = [Counter(row[:2] for row in rows) for rows in (before, after)]
    assert Counter(before[at][:2] for at in found.left) == ids[0] - ids[1]
    assert Counter(after[at][:2] for at in found.entered) == ids[1] - ids[0]
    told = [*found.same[0], *found.changed[0], *found.left]
    assert sorted(told) == list(range(len(before)))
    told = [*found.same[1], *found.changed[1], *found.entered]
    assert sorted(told) == list(range(len(after)))
