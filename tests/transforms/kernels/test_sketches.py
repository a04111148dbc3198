"""Sketches: they never rule out a pair of rows that is similar, and most that are not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shingled import LEVELS, jaccard, ranked, shingle_lists
from transforms.kernels import sketches
from transforms.kernels.sketches import find_near, sketch

two_parts = st.lists(st.tuples(shingle_lists, shingle_lists), min_size=2, max_size=10)


@given(two_parts, st.sampled_from(LEVELS), st.sampled_from([-1.0, 0.3]), st.sampled_from([1, 256]))
def test_no_similar_pair_is_ruled_out(
    rows: list[tuple[list[int], list[int]]], level: float, few: float, words: int
) -> None:
    parts = [ranked(list(lists)) for lists in zip(*rows, strict=True)]
    half = len(rows) // 2
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"_WORDS": words, "_FEW": few, "_TILE": (2, 3), "_BLOCK": 64}.items():
            patch.setattr(sketches, name, value)
        found = find_near(
            [sketch(part) for part in parts],
            [part.margins(level) for part in parts],
            np.arange(half),
            np.arange(half, len(rows)),
        )
    pairs = {(one, other) for one in range(half) for other in range(half, len(rows))}
    similar = {pair for pair in pairs if min(map(jaccard, rows[pair[0]], rows[pair[1]])) >= level}
    near = [tuple(pair) for pair in found.tolist()]
    assert similar <= set(near) <= pairs
    assert len(near) == len(set(near))


@given(st.lists(shingle_lists, min_size=1, max_size=10))
def test_sketches_differ_in_no_more_bits_than_sets_in_ranks(lists: list[list[int]]) -> None:
    part = ranked(lists)
    bits = sketch(part)
    assert bits.shape[1] == len(lists)
    shared = [{*row.tolist()} for row in np.split(part.values, part.offsets[1:-1])]
    for one in range(len(lists)):
        for other in range(one):
            differing = int(np.bitwise_count(bits[:, one] ^ bits[:, other]).sum())
            assert differing <= len(shared[one] ^ shared[other])


@pytest.mark.parametrize(("shared", "whole"), [(3, 10), (7, 10), (3, 4), (4, 5), (17, 20), (9, 10)])
def test_pairs_just_at_the_level_are_not_ruled_out(shared: int, whole: int) -> None:
    for times in range(1, 25):
        for mine in range((whole - shared) * times + 1):
            one = list(range(shared * times + mine))
            other = [*range(shared * times), *range(shared * times + mine, whole * times)]
            part = ranked([one, other, [*one, *other]])
            first, second = np.arange(2).reshape(2, 1)
            assert len(find_near([sketch(part)], [part.margins(shared / whole)], first, second)) == 1


def test_most_pairs_below_the_level_are_ruled_out() -> None:
    chosen = np.random.default_rng(5)
    lists = [sorted(chosen.choice(260, 200, replace=False).tolist()) for _ in range(400)]
    part = ranked(lists)
    rows = np.arange(400)
    near = find_near([sketch(part)], [part.margins(0.8)], rows[:200], rows[200:])
    assert len(near) < 400
