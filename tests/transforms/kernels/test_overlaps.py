"""Exact comparison of given pairs, in blocks of any size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shingled import LEVELS, jaccard, ranked, shingle_lists
from transforms.kernels import overlaps
from transforms.kernels.overlaps import compare, count_shared

two_parts = st.lists(st.tuples(shingle_lists, shingle_lists), min_size=2, max_size=10)


@given(two_parts, st.data(), st.integers(1, 40), st.integers(1, 40))
def test_shared_ranks_are_counted_in_blocks_of_any_size(
    rows: list[tuple[list[int], list[int]]], data: st.DataObject, marks: int, tokens: int
) -> None:
    numbers = st.integers(0, len(rows) - 1)
    pairs = np.array(data.draw(st.lists(st.tuples(numbers, numbers))), np.int64).reshape(-1, 2)
    lists = [row[0] for row in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlaps, "_MARKS", marks)
        patch.setattr(overlaps, "_TOKENS", tokens)
        shared = count_shared(ranked([*lists, *lists]), pairs)
    assert shared.tolist() == [len({*lists[one]} & {*lists[other]}) for one, other in pairs.tolist()]


@given(two_parts, st.sampled_from(LEVELS))
def test_pairs_are_kept_by_their_least_alike_part(
    rows: list[tuple[list[int], list[int]]], level: float
) -> None:
    sets = [ranked(list(lists)) for lists in zip(*rows, strict=True)]
    pairs = np.stack(np.triu_indices(len(rows), 1), 1)
    found, similarities = compare(sets, pairs, level)
    values = {(one, other): min(map(jaccard, rows[one], rows[other])) for one, other in pairs.tolist()}
    expected = {pair: value for pair, value in values.items() if value >= level}
    assert dict(zip(map(tuple, found.tolist()), similarities.tolist(), strict=True)) == expected


def test_no_pairs_are_none() -> None:
    pairs, similarities = compare([ranked([[1], [1]])], np.zeros((0, 2), np.int64), 0.5)
    assert pairs.shape == (0, 2)
    assert similarities.tolist() == []
