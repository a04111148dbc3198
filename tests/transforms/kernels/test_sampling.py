"""Samples by the hash of a row's place: the same for any split, and of about the size that is asked for."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.verdict import RESOLVED
from transforms.kernels.sampling import Places, Sampling, below


def placed(rows: int, group_rows: int = 100) -> pa.Table:
    lines = [
        {"source": "web", "file": f"{row // 1000}.parquet", "row": row % 1000, "verdict": "kept"}
        | {"row_group": row % 1000 // group_rows}
        for row in range(rows)
    ]
    return pa.Table.from_pylist(lines, RESOLVED)


@given(st.lists(st.integers(0, 3000), max_size=5))
def test_the_split_changes_nothing(cuts: list[int]) -> None:
    rows, sampling = placed(3000), Sampling(groups=0.4)
    whole, edges = Places.of(rows, sampling), [0, *sorted(cuts), 3000]
    parts = [Places.of(rows[low:high], sampling) for low, high in pairwise(edges)]
    assert np.array_equal(np.concatenate([part.hashes for part in parts]), whole.hashes)
    assert np.array_equal(np.concatenate([part.near for part in parts]), whole.near)


def test_a_row_group_is_near_as_a_whole() -> None:
    near = Places.of(placed(20_000), Sampling(groups=0.3)).near.reshape(-1, 100)
    assert set(near.sum(1).tolist()) == {0, 100}
    assert near.mean() == pytest.approx(0.3, abs=0.1)


def test_rows_of_near_groups_come_first() -> None:
    places = Places.of(placed(2000), Sampling(groups=0.5))
    order = places.order()
    assert order[places.near].max() < order[~places.near].min()


@given(st.floats(0, 1))
def test_a_share_is_about_that_share(share: float) -> None:
    hashes = Places.of(placed(4000), Sampling()).hashes
    assert below(hashes, share).mean() == pytest.approx(share, abs=0.04)


def test_no_rows_are_sampled_whole() -> None:
    assert Sampling.of_size(rows=0, groups=0) == Sampling()
