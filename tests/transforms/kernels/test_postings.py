"""Rows by rank: which pairs they give, how many, and what an index finds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shingled import ranked, shingle_lists
from transforms.kernels import postings
from transforms.kernels.postings import Index, Postings, Prefixes, count_candidates, count_pairs, pair_up

sets = st.lists(shingle_lists, min_size=1, max_size=10)


def alone(found: Postings) -> Prefixes:
    """Postings all of which are early."""
    none = np.zeros(0, np.int64)
    return Prefixes(found, Postings(none, none))


@given(sets, st.integers(0, 10), st.sampled_from([1, 4, 1000]), st.sampled_from([0.3, 0.6, 0.8, 1.0]))
def test_similar_rows_share_an_early_rank_of_the_smaller(
    lists: list[list[int]], safe: int, block: int, threshold: float
) -> None:
    part, rows = ranked(lists), np.arange(len(lists))
    protected = rows < safe
    found = Prefixes.of(part, threshold, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postings, "_PAIRS", block)
        pairs = {tuple(pair) for pairs in pair_up(found, protected) for pair in pairs.tolist()}
    alike = {
        (one, other)
        for one, other in combinations(range(len(lists)), 2)
        if other >= safe
        and len({*lists[one]} & {*lists[other]}) >= threshold * len({*lists[one]} | {*lists[other]}) - 1e-12
    }
    assert alike <= pairs
    assert all(one < other and other >= safe for one, other in pairs)
    assert count_candidates(found, np.zeros(len(lists), np.int64), protected).sum() >= len(pairs)


@given(sets, st.integers(0, 10), st.sampled_from([1, 4, 1000]))
def test_rows_of_a_common_rank_are_paired_but_not_the_protected(
    lists: list[list[int]], safe: int, block: int
) -> None:
    part, rows = ranked(lists), np.arange(len(lists))
    protected = rows < safe
    found = Postings.of(part, np.diff(part.offsets), rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postings, "_PAIRS", block)
        pairs = [tuple(pair) for pairs in pair_up(alone(found), protected) for pair in pairs.tolist()]
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


def test_a_shared_preamble_gives_no_pairs_where_the_rest_is_long_enough() -> None:
    preamble, rows = list(range(100)), np.arange(30)
    part = ranked([[*preamble, *range(1000 + 20 * row, 1020 + 20 * row)] for row in rows])
    found = Prefixes.of(part, 0.8, rows)
    assert count_pairs(Postings.of(part, part.prefix_lengths(0.8), rows), rows * 0, rows < 0).sum() > 0
    assert count_candidates(found, rows * 0, rows < 0).sum() == 0
