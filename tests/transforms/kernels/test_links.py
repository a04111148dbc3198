"""What similar pairs connect, against every pair compared."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shingled import LEVELS, Row, compare_all, edited_rows, pack, tables
from transforms.kernels import links
from transforms.kernels.components import join
from transforms.kernels.links import connect


def found(rows: list[Row], parts: int, threshold: float) -> list[int]:
    groups = np.array([group for group, _ in rows], np.uint64)
    return connect(
        groups, [pack([lists[part] for _, lists in rows]) for part in range(parts)], threshold
    ).tolist()


def expected(rows: list[Row], threshold: float) -> list[int]:
    roots = np.arange(len(rows))
    pairs = [pair[:2] for pair in compare_all(rows, threshold)]
    join(roots, np.array(pairs, np.int64).reshape(-1, 2).T)
    return roots.tolist()


@pytest.mark.parametrize("parts", [1, 2])
@given(st.data(), st.sampled_from(LEVELS))
def test_rows_are_connected_by_their_similar_pairs(parts: int, data: st.DataObject, threshold: float) -> None:
    rows = data.draw(tables(parts))
    assert found(rows, parts, threshold) == expected(rows, threshold)


@pytest.mark.parametrize("threshold", LEVELS)
@pytest.mark.parametrize("block", [7, 1 << 21])
def test_many_rows_with_small_edits(monkeypatch: pytest.MonkeyPatch, threshold: float, block: int) -> None:
    monkeypatch.setattr(links, "_PAIRS", block)
    monkeypatch.setattr(links, "_BATCH", 50 * block)
    rows = edited_rows(5)
    assert found(rows, 2, threshold) == expected(rows, threshold)


def test_rows_that_are_all_alike_are_not_all_paired() -> None:
    size = 20_000  # two hundred million pairs
    rows: list[Row] = [(0, [[*range(40), 1000 + at]]) for at in range(size)]
    assert found(rows, 1, 0.9) == [0] * size


def test_no_rows_are_connected_with_none() -> None:
    assert found([], 2, 0.8) == []
