"""Who of a crowd meets whom, and what comes of it."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from transforms.steps.crowds import company, link_similar, meet
from transforms.steps.keyed import refs

UNITS = 3

rows = st.tuples(st.integers(0, UNITS - 1), st.integers(0, 5))
keys = st.sets(st.tuples(st.integers(0, 6), rows), min_size=1, max_size=60)
"""Band hashes, and the rows that have them: unit and row in it."""


def bands(pairs: set[tuple[int, tuple[int, int]]]) -> pa.Table:
    hashes = np.array([one for one, _ in pairs], np.uint64)
    references = [int(refs(unit, np.array([row]))[0]) for _, (unit, row) in pairs]
    return pa.table({"hash": hashes, "ref": np.array(references, np.uint64)})


def meetings(table: pa.Table, most: int) -> dict[int, list[tuple[int, int]]]:
    """Who comes to each meeting: units and rows."""
    found = defaultdict(list)
    for unit, told in company((0, table), most):
        which, meeting = meet(*(told[name].to_numpy() for name in ("group", "block", "blocks")))
        for row, name in zip(told["row"].to_numpy()[which].tolist(), meeting.tolist(), strict=True):
            found[name].append((unit, row))
    return found


def pairs_of(groups: list[set[tuple[int, int]]]) -> set[frozenset[tuple[int, int]]]:
    return {frozenset(pair) for group in groups for pair in combinations(group, 2)}


@given(keys, st.integers(2, 9))
def test_rows_meet_where_they_share_a_band_and_few_at_a_time(
    pairs: set[tuple[int, tuple[int, int]]], most: int
) -> None:
    sharing = defaultdict(set)
    for one, row in pairs:
        sharing[one].add(row)
    met = {name: set(members) for name, members in meetings(bands(pairs), most).items()}
    assert pairs_of(list(met.values())) == pairs_of(list(sharing.values()))
    assert all(len(members) <= most for members in met.values())


@given(keys)
def test_rows_that_share_several_bands_are_to_meet_once(pairs: set[tuple[int, tuple[int, int]]]) -> None:
    sharing = defaultdict(set)
    for one, row in pairs:
        sharing[one].add(row)
    companies = {frozenset(members) for members in sharing.values() if len(members) > 1}
    met = meetings(bands(pairs), 100)
    assert {frozenset(members) for members in met.values()} == companies
    assert len(met) == len(companies)


def test_only_similar_rows_are_linked() -> None:
    sets = [[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 9], [5, 6], [1, 2, 3, 4]]
    table = pa.table(
        {
            "ref": pa.array([8, 3, 5, 6, 9], pa.uint64()),
            "meeting": pa.array([1, 1, 1, 1, 2], pa.uint64()),
            "prompt": pa.array(sets, pa.large_list(pa.uint64())),
            "output": pa.array(sets, pa.large_list(pa.uint64())),
        }
    )
    key, forest = link_similar((7, table), 0.8)
    assert (key, forest.to_pydict()) == (0, {"row": [8], "root": [3]})
    assert link_similar((7, table), 0.6)[1].to_pydict() == {"row": [5, 8], "root": [3, 3]}
