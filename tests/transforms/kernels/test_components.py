"""Connected components, against a plain union-find."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.kernels import components
from transforms.kernels.components import Forest, link_equal, merge, partition

Keys = list[tuple[int, int]]

refs = st.integers(0, 9) | st.integers(0, 9).map(lambda row: 2**64 - 1 - row)
keys = st.lists(st.tuples(st.integers(0, 12), refs), max_size=40)
"""Pairs of a band hash and the row that has it."""


def find_root(parents: dict[int, int], row: int) -> int:
    """Root of a row's tree."""
    while parents[row] != row:
        row = parents[row]
    return row


def connect(links: Iterable[tuple[int, int]]) -> dict[int, int]:
    """First row of each row's component, rows that are first themselves left out."""
    parents: dict[int, int] = {}
    for one, other in links:
        roots = [find_root(parents, parents.setdefault(row, row)) for row in (one, other)]
        parents[max(roots)] = min(roots)
    found = {row: find_root(parents, row) for row in parents}
    return {row: root for row, root in found.items() if row != root}


def connect_equal(pairs: Keys) -> dict[int, int]:
    """What rows that share a hash are connected to."""
    sharing = defaultdict(list)
    for one, row in pairs:
        sharing[one].append(row)
    return connect((rows[0], row) for rows in sharing.values() for row in rows)


def link(pairs: Keys) -> Forest:
    columns = np.array(pairs, np.uint64).reshape(-1, 2)
    return link_equal(columns[:, 0], columns[:, 1])


def join(forests: list[Forest]) -> Forest:
    """Forests put together, as a group of them is."""
    return Forest(*(np.concatenate(ends) for ends in zip(*forests, strict=True)))


def as_dict(forest: Forest) -> dict[int, int]:
    assert np.all(np.diff(forest.rows.astype(object)) > 0)
    assert forest.rows.dtype == forest.roots.dtype == np.uint64
    return dict(zip(forest.rows.tolist(), forest.roots.tolist(), strict=True))


@given(keys)
def test_rows_of_equal_hash_are_connected_and_no_others(pairs: Keys) -> None:
    assert as_dict(link(pairs)) == connect_equal(pairs)


@given(keys, st.integers(1, 5))
def test_forests_of_pieces_connect_what_the_whole_does(pairs: Keys, buckets: int) -> None:
    pieces = [link([pair for pair in pairs if pair[0] % buckets == bucket]) for bucket in range(buckets)]
    assert as_dict(merge(join(pieces))) == connect_equal(pairs)


@given(keys, st.data())
def test_merging_knows_no_order(pairs: Keys, data: st.DataObject) -> None:
    forest = link(pairs)
    order = np.array(data.draw(st.permutations(range(len(forest.rows)))), np.int64)
    pieces = [Forest(forest.rows[at], forest.roots[at]) for at in np.array_split(order, 3)]
    assert as_dict(merge(join([merge(piece) for piece in pieces]))) == as_dict(forest)
    assert as_dict(merge(forest)) == as_dict(forest)


@given(keys, st.integers(1, 5))
def test_merging_by_halves_gives_the_same(pairs: Keys, few: int) -> None:
    pieces = [link([pair for pair in pairs if pair[0] == number]) for number in range(13)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(components, "_FEW", few)
        assert as_dict(merge(join(pieces))) == connect_equal(pairs)


@given(keys, st.integers(1, 8))
def test_a_partition_has_whole_components(pairs: Keys, size: int) -> None:
    forest = link(pairs)
    found = partition(forest, size)
    roots = connect_equal(pairs)
    members = {**roots, **{root: root for root in roots.values()}}
    assert dict(zip(found.rows.tolist(), found.components.tolist(), strict=True)) == members
    assert len(found.rows) == len(members)
    assert len(set(zip(found.components.tolist(), found.partitions.tolist(), strict=True))) == len(
        set(roots.values())
    )


@given(keys, st.integers(1, 8))
def test_partitions_are_about_as_large(pairs: Keys, size: int) -> None:
    found = partition(link(pairs), size)
    _, members = np.unique(found.components, return_counts=True)
    for rows in np.bincount(found.partitions):
        assert rows < size + members.max()


def test_many_components_are_spread_evenly() -> None:
    found = partition(link([(at // 2, at) for at in range(1000)]), 100)
    assert np.bincount(found.partitions).tolist() == [100] * 10


def test_nothing_is_connected_to_nothing() -> None:
    nothing = link([])
    assert as_dict(nothing) == as_dict(merge(nothing)) == {}
    assert [len(column) for column in partition(nothing, 4)] == [0, 0, 0]


def test_a_row_alone_with_its_hash_is_no_candidate() -> None:
    assert as_dict(link([(1, 5), (1, 5), (2, 6)])) == {}


def test_a_long_chain_is_one_component() -> None:
    pairs = [(at // 2, (at + 1) // 2) for at in range(20_000)]
    assert as_dict(link(pairs)) == dict.fromkeys(range(1, 10_001), 0)
