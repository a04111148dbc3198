"""Rows as the tests of the similarity kernels write them, and every pair compared by sets."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from transforms.kernels.ranks import Ranked, rank
from transforms.kernels.shingles import Shingles

Row = tuple[int, list[list[int]]]
"""A row's component, and the shingles of each of its parts."""

LEVELS = [0.3, 0.5, 0.7, 0.8, 0.9, 1.0]
shingle_lists = st.lists(st.integers(0, 12), min_size=1, max_size=14)


def tables(parts: int) -> st.SearchStrategy[list[Row]]:
    """Rows of so many parts in a few components."""
    row = st.tuples(
        st.sampled_from([0, 1, 2**63 + 5]), st.lists(shingle_lists, min_size=parts, max_size=parts)
    )
    return st.lists(row, max_size=14)


def edited_rows(seed: int) -> list[Row]:
    """Rows of two parts in two components: a few lists of shingles with small edits."""
    chosen = random.Random(seed)
    seeds = [[chosen.randrange(10**6) for _ in range(chosen.randint(1, 30))] for _ in range(12)]

    def edit(values: list[int]) -> list[int]:
        kept = [value for value in values if chosen.random() > 0.1] or values
        return kept + [chosen.randrange(10**6) for _ in range(chosen.randrange(3))]

    return [
        (chosen.randrange(2), [edit(chosen.choice(seeds[:3])), edit(chosen.choice(seeds))])
        for _ in range(220)
    ]


def pack(lists: list[list[int]]) -> Shingles:
    """Shingles of one part of every row."""
    values = np.array([value for row in lists for value in row], np.uint64)
    return Shingles(values, np.cumsum([0, *map(len, lists)]))


def ranked(lists: list[list[int]]) -> Ranked:
    """Ranked sets of one part of the rows of one component."""
    return rank(np.zeros(len(lists), np.int64), pack(lists))


def jaccard(one: list[int], other: list[int]) -> float:
    """Jaccard similarity of two sets."""
    return len({*one} & {*other}) / len({*one} | {*other})


def compare_all(rows: list[Row], level: float) -> list[tuple[int, int, float]]:
    """Every pair of a component at or above a level, by comparing them all."""
    found = []
    for (first, (component, ours)), (second, (where, theirs)) in combinations(enumerate(rows), 2):
        value = min(map(jaccard, ours, theirs))
        if component == where and value >= level:
            found.append((first, second, value))
    return found
