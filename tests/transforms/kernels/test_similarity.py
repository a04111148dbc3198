"""Verified pairs, against every pair compared."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import reference
from tests.columns import text_column
from tests.shingled import LEVELS, Row, compare_all, edited_rows, pack, tables
from tests.strategies import texts
from transforms.kernels import postings
from transforms.kernels.shingles import PART_TAGS, shingle
from transforms.kernels.similarity import Edges, find_edges
from transforms.kernels.text import normalise

thresholds = st.sampled_from(LEVELS)
alike = st.integers(0, 30).map(lambda at: " ".join(f"{word}." for word in range(at // 4, at)))
"""Texts that are windows of one text."""


def find(rows: list[Row], parts: int, threshold: float) -> list[tuple[int, int, float]]:
    components = np.array([component for component, _ in rows], np.uint64)
    shingles = [pack([lists[part] for _, lists in rows]) for part in range(parts)]
    return listed(find_edges(components, shingles, threshold))


def listed(edges: Edges) -> list[tuple[int, int, float]]:
    return list(zip(edges.firsts.tolist(), edges.seconds.tolist(), edges.similarities.tolist(), strict=True))


@pytest.mark.parametrize("parts", [1, 2])
@given(st.data(), thresholds)
def test_pairs_are_exactly_those_at_or_above_the_threshold(
    parts: int, data: st.DataObject, threshold: float
) -> None:
    rows = data.draw(tables(parts))
    assert find(rows, parts, threshold) == compare_all(rows, threshold)


@pytest.mark.parametrize("threshold", LEVELS)
@pytest.mark.parametrize("block", [7, 1 << 22])
def test_many_rows_with_small_edits(monkeypatch: pytest.MonkeyPatch, threshold: float, block: int) -> None:
    monkeypatch.setattr(postings, "_PAIRS", block)
    rows = edited_rows(3)
    expected = compare_all(rows, threshold)
    assert find(rows, 2, threshold) == expected
    assert expected or threshold == 1.0


@given(st.lists(st.tuples(texts, texts) | st.tuples(alike, alike), min_size=1, max_size=8), thresholds)
def test_similarity_is_that_of_the_definition(rows: list[tuple[str, str]], threshold: float) -> None:
    columns = [normalise(text_column(list(part))) for part in zip(*rows, strict=True)]
    parts = [shingle(column, tag) for column, tag in zip(columns, PART_TAGS, strict=True)]
    plain = [tuple(map(reference.normalise, row)) for row in rows]
    expected = [
        (first, second, value)
        for first, second in combinations(range(len(rows)), 2)
        if (value := reference.similarity(plain[first], plain[second])) >= threshold
    ]
    assert listed(find_edges(np.zeros(len(rows), np.uint64), parts, threshold)) == expected


def test_the_least_alike_part_decides() -> None:
    prompts, outputs = [[1, 2, 3, 4]] * 2, [[5, 6, 7, 8], [5, 6, 7, 9]]
    rows = [(0, list(parts)) for parts in zip(prompts, outputs, strict=True)]
    assert find(rows, 2, 0.6) == [(0, 1, 0.6)]
    assert find(rows, 2, 0.61) == []


def test_rows_of_two_components_are_never_paired() -> None:
    assert find([(component, [[1, 2, 3]]) for component in (4, 5, 4)], 1, 0.3) == [(0, 2, 1.0)]


def test_no_rows_have_no_pairs() -> None:
    assert find([], 2, 0.8) == []
