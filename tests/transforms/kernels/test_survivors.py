"""Survivors: what the choice promises of any graph in any order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from transforms.kernels.similarity import Edges
from transforms.kernels.survivors import NOBODY, choose, replay


class Case(NamedTuple):
    """Rows in their order of priority, and the similarity of each pair that is joined."""

    order: list[int]
    similarities: dict[tuple[int, int], float]

    def chosen(self) -> tuple[list[int], list[float]]:
        """Row that each row falls to, and their similarity."""
        pairs = sorted(self.similarities)
        ends = np.array(pairs, np.int64).reshape(-1, 2)
        edges = Edges(ends[:, 0], ends[:, 1], np.array([self.similarities[pair] for pair in pairs], float))
        found = choose(np.array(self.order, np.int64), edges)
        return found.rows.tolist(), found.similarities.tolist()

    def above(self, row: int) -> list[int]:
        """Neighbours of a row that rank above it, highest first."""
        before = self.order[: self.order.index(row)]
        return [one for one in before if (min(one, row), max(one, row)) in self.similarities]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Up to ten rows, joined at random."""
    rows = draw(st.integers(0, 10))
    order = draw(st.permutations(range(rows)))
    pairs = [(first, second) for second in range(rows) for first in range(second)]
    joined = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    return Case(order, {pair: draw(st.floats(0.3, 1.0)) for pair in joined})


@given(cases())
def test_a_dropped_row_names_its_highest_kept_neighbour(case: Case) -> None:
    survivors, similarities = case.chosen()
    for row, survivor in enumerate(survivors):
        if survivor != NOBODY:
            assert survivors[survivor] == NOBODY
            assert survivor == next(one for one in case.above(row) if survivors[one] == NOBODY)
            assert similarities[row] == case.similarities[min(row, survivor), max(row, survivor)]


@given(cases())
def test_a_kept_row_has_no_kept_neighbour_above_it(case: Case) -> None:
    survivors, similarities = case.chosen()
    assert len(survivors) == len(case.order)
    for row, survivor in enumerate(survivors):
        if survivor == NOBODY:
            assert not [one for one in case.above(row) if survivors[one] == NOBODY]
            assert similarities[row] == 1.0


@given(cases(), st.data())
def test_numbering_the_rows_otherwise_changes_nothing(case: Case, data: st.DataObject) -> None:
    names = data.draw(st.permutations(range(len(case.order))))
    renamed = {
        (min(names[one], names[other]), max(names[one], names[other])): value
        for (one, other), value in case.similarities.items()
    }
    survivors, similarities = case.chosen()
    others, values = Case([names[row] for row in case.order], renamed).chosen()
    for row, survivor in enumerate(survivors):
        assert others[names[row]] == (NOBODY if survivor == NOBODY else names[survivor])
        assert values[names[row]] == similarities[row]


@given(cases(), st.lists(st.floats(0.3, 1.0), max_size=3))
def test_a_replay_drops_what_would_be_dropped_without_the_edges_below(
    case: Case, levels: list[float]
) -> None:
    pairs = sorted(case.similarities)
    ends = np.array(pairs, np.int64).reshape(-1, 2)
    edges = Edges(ends[:, 0], ends[:, 1], np.array([case.similarities[pair] for pair in pairs], float))
    dropped = replay(np.array(case.order, np.int64), edges, levels)
    assert dropped.shape == (len(levels), len(case.order))
    for level, marks in zip(levels, dropped.tolist(), strict=True):
        alike = {pair: value for pair, value in case.similarities.items() if value >= level}
        assert marks == [survivor != NOBODY for survivor in Case(case.order, alike).chosen()[0]]


def test_a_chain_does_not_drop_its_far_end() -> None:
    chain = {(0, 1): 0.9, (1, 2): 0.85, (2, 3): 0.8}
    assert Case([0, 1, 2, 3], chain).chosen() == ([NOBODY, 0, NOBODY, 2], [1.0, 0.9, 1.0, 0.8])
    assert Case([1, 0, 2, 3], chain).chosen() == ([1, NOBODY, 1, NOBODY], [0.9, 1.0, 0.85, 1.0])


def test_rank_decides_and_not_similarity() -> None:
    assert Case([2, 1, 0], {(0, 1): 0.99, (0, 2): 0.8}).chosen()[0] == [2, NOBODY, NOBODY]


def test_no_rows_have_no_survivors() -> None:
    assert Case([], {}).chosen() == ([], [])
