"""Ranked sets: what stands in which row, in what order, and what the bounds promise."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.shingled import LEVELS, Row, jaccard, pack, ranked, shingle_lists, tables
from transforms.kernels.ranks import Ranked, rank

lists_of_one_component = st.lists(shingle_lists, min_size=1, max_size=12)


def sets_of(part: Ranked) -> list[list[int]]:
    return [row.tolist() for row in np.split(part.values, part.offsets[1:-1])]


@given(tables(1).filter(bool))
def test_ranks_tell_apart_what_the_shingles_of_a_component_do(rows: list[Row]) -> None:
    rows.sort(key=lambda row: row[0])
    _, components = np.unique(np.array([row[0] for row in rows], np.uint64), return_inverse=True)
    lists = [row[1][0] for row in rows]
    part = rank(components, pack(lists))
    assert part.sizes.tolist() == [len({*values}) for values in lists]
    for one, other in combinations(range(len(rows)), 2):
        shared = {*sets_of(part)[one]} & {*sets_of(part)[other]}
        expected = {*lists[one]} & {*lists[other]} if components[one] == components[other] else set()
        assert len(shared) == len(expected)
    for values, low, high in zip(sets_of(part), part.lows, part.highs, strict=True):
        assert values == sorted({*values})
        assert all(low <= value < high for value in values)


@given(lists_of_one_component)
def test_the_rarest_come_first_and_those_of_one_row_not_at_all(lists: list[list[int]]) -> None:
    counts = Counter(value for values in lists for value in {*values})
    sets = sets_of(ranked(lists))
    frequencies = Counter(value for values in sets for value in values)
    assert sorted(frequencies.values()) == sorted(count for count in counts.values() if count > 1)
    in_order = [frequencies[value] for value in sorted(frequencies)]
    assert in_order == sorted(in_order)


@given(lists_of_one_component, st.sampled_from(LEVELS))
def test_similar_rows_share_a_prefix_and_keep_within_their_margins(
    lists: list[list[int]], level: float
) -> None:
    part = ranked(lists)
    sets, prefixes, margins = sets_of(part), part.prefix_lengths(level), part.margins(level)
    for one, other in combinations(range(len(lists)), 2):
        if jaccard(lists[one], lists[other]) >= level:
            assert {*sets[one][: prefixes[one]]} & {*sets[other][: prefixes[other]]}
            assert len({*sets[one]} ^ {*sets[other]}) <= margins[one] + margins[other] + 1e-9


@given(lists_of_one_component, st.data())
def test_some_rows_are_as_they_are_among_all(lists: list[list[int]], data: st.DataObject) -> None:
    part = ranked(lists)
    first = data.draw(st.integers(0, len(lists)))
    last = data.draw(st.integers(first, len(lists)))
    some = part.rows(first, last)
    assert [*map(list, np.split(some.values, some.offsets[1:-1]))][: last - first] == sets_of(part)[
        first:last
    ]
    assert some.sizes.tolist() == part.sizes[first:last].tolist()
