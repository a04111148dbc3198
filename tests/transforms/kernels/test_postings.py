"""Rows by rank: which pairs they give, how many, and what an index finds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shingled import ranked, shingle_lists
from transforms.kernels import postings
from transforms.kernels.postings import Index, Postings, count_pairs, pair_up

sets = st.lists(shingle_lists, min_size=1, max_size=10)


@given(sets, st.integers(0, 10), st.sampled_from([1, 4, 1000]))
def test_rows_of_a_common_rank_are_paired_but_not_the_protected(
    lists: list[list[int]], safe: int, block: int
) -> None:
    part, rows = ranked(lists), np.arange(len(lists))
    protected = rows < safe
    found = Postings.of(part, np.diff(part.offsets), rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postings, "_PAIRS", block)
        pairs = [tuple(pair) for pairs in pair_up(found, protected) for pair in pairs.tolist()]
    shared = {
        (one, other): len({*lists[one]} & {*lists[other]})
        for one, other in combinations(range(len(lists)), 2)
        if other >= safe
    }
    assert set(pairs) == {pair for pair, count in shared.items() if count}
    counts = count_pairs(found, np.zeros(len(lists), np.int64), protected)
    assert counts.tolist() == [sum(shared.values())]


@given(sets, st.data())
def test_an_index_gives_the_pairs_that_share_one_of_their_first_ranks(
    lists: list[list[int]], data: st.DataObject
) -> None:
    part = ranked(lists)
    lengths = part.prefix_lengths(data.draw(st.sampled_from([0.3, 0.6])))
    upper = data.draw(st.integers(1, len(lists)))
    lookup = Index.of(part, lengths, np.arange(upper)).look_up(part, lengths, np.arange(upper, len(lists)))
    first = [
        {*part.values[start : start + length].tolist()}
        for start, length in zip(part.offsets, lengths, strict=False)
    ]
    shared = {(a, b): len(first[a] & first[b]) for a in range(upper) for b in range(upper, len(lists))}
    assert [tuple(pair) for pair in lookup.pairs().tolist()] == [
        pair for pair, count in shared.items() if count
    ]
    assert lookup.total == sum(shared.values())
