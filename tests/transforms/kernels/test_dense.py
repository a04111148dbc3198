"""Dense components: fewer pairs that decide the same, against every pair compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shingled import LEVELS, Row, compare_all, pack, tables
from transforms.kernels import dense, overlaps, similarity, sketches
from transforms.kernels.shingles import Shingles
from transforms.kernels.similarity import Edges, find_deciding_edges
from transforms.kernels.survivors import NOBODY, choose, replay


@contextmanager
def small(**constants: float) -> Iterator[None]:
    """Bounds so low that few rows meet all of them; every component is dense."""
    with pytest.MonkeyPatch.context() as patch:
        for module, names in {
            similarity: {"_DENSE": -1.0, "_BATCH": 20},
            dense: {"_LEAF": 2, "_FIRST": 1, "_LAST": 2, "_SLAB": 4, "_INDEXED": 2, "_MATCH": 1},
            sketches: {"_TILE": (2, 3), "_BLOCK": 64, "_CHECK": 1},
            overlaps: {"_MARKS": 5, "_TOKENS": 9},
        }.items():
            for name, value in names.items():
                patch.setattr(module, name, constants.get(name, value))
        yield


class Case(NamedTuple):
    """Rows, their order of priority, which of them are protected, and the levels asked for."""

    rows: list[Row]
    order: np.ndarray
    protected: np.ndarray
    levels: list[float]

    def found(self) -> Edges:
        """Pairs that decide."""
        components = np.array([component for component, _ in self.rows], np.uint64)
        parts = [pack(list(lists)) for lists in zip(*(lists for _, lists in self.rows), strict=True)]
        return find_deciding_edges(components, parts, self.levels, self.order, self.protected)

    def every(self) -> Edges:
        """All pairs but those of two protected rows."""
        pairs = [
            pair
            for pair in compare_all(self.rows, self.levels[0])
            if not (self.protected[pair[0]] and self.protected[pair[1]])
        ]
        firsts, seconds, similarities = zip(*pairs, strict=True) if pairs else ((), (), ())
        return Edges(
            np.array(firsts, np.int64), np.array(seconds, np.int64), np.array(similarities, np.float64)
        )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Rows of one part or two, some protected, in any order of priority."""
    rows = draw(tables(draw(st.integers(1, 2))).filter(bool))
    protected = draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    order = sorted(draw(st.permutations(range(len(rows)))), key=lambda row: not protected[row])
    levels = sorted(draw(st.sets(st.sampled_from(LEVELS), min_size=1)))
    return Case(rows, np.array(order), np.array(protected), levels)


def listed(edges: Edges) -> list[tuple[int, int, float]]:
    return list(zip(edges.firsts.tolist(), edges.seconds.tolist(), edges.similarities.tolist(), strict=True))


def check_same_choice(case: Case, found: Edges, every: Edges) -> None:
    """The pairs found are true, and decide at each level what all of them do."""
    assert set(listed(found)) <= set(listed(every))
    assert listed(found) == sorted(set(listed(found)))
    dropped = replay(case.order, found, case.levels)
    for level, marks in zip(case.levels, dropped, strict=True):
        ours, theirs = (choose(case.order, edges.from_level(level)) for edges in (found, every))
        assert ours.rows.tolist() == theirs.rows.tolist()
        assert ours.similarities.tolist() == theirs.similarities.tolist()
        assert marks.tolist() == (theirs.rows != NOBODY).tolist()
        assert not (marks & case.protected).any()


@given(cases(), st.sampled_from([1, 1000]), st.sampled_from([1, 256]))
def test_survivors_are_those_of_every_pair_at_every_level(case: Case, match: int, words: int) -> None:
    with small(_MATCH=1 / match, _WORDS=words):
        found = case.found()
    check_same_choice(case, found, case.every())


@given(cases())
def test_every_pair_is_found_where_nothing_is_dense(case: Case) -> None:
    assert listed(case.found()) == listed(case.every())


@given(cases(), st.data())
def test_what_is_dense_depends_on_a_component_alone(case: Case, data: st.DataObject) -> None:
    names = np.array(data.draw(st.permutations(range(len(case.rows)))))
    wanted = {component for component, _ in case.rows if data.draw(st.booleans(), label=str(component))}
    chosen = [row for row in names.tolist() if case.rows[row][0] in wanted]
    place = {row: at for at, row in enumerate(chosen)}
    order = [place[row] for row in case.order.tolist() if row in place]
    part = Case(
        [(case.rows[row][0] ^ 77, case.rows[row][1]) for row in chosen],
        np.array(order, np.int64),
        case.protected[np.array(chosen, np.int64)],
        case.levels,
    )
    with small(_DENSE=2.0):
        whole = [pair for pair in listed(case.found()) if case.rows[pair[0]][0] in wanted]
        alone = listed(part.found()) if chosen else []
    renamed = [(*sorted((chosen[first], chosen[second])), value) for first, second, value in alone]
    assert sorted(renamed) == whole


def edited(rows: int, length: int, edits: int, vocabulary: int) -> np.ndarray:
    """Sets of one text's shingles, each row with so many runs of five replaced."""
    chosen = np.random.default_rng(7)
    sets = np.tile(np.arange(length, dtype=np.uint64), (rows, 1))
    for _ in range(edits):
        at = chosen.integers(0, length - 4, rows)
        word = chosen.integers(0, vocabulary, rows)
        for step in range(5):
            sets[np.arange(rows), at + step] = (1 << 32) + ((word << 16) | (at << 4) | step)
    return sets


def rows_of(*parts: np.ndarray) -> tuple[int, list[Shingles]]:
    return len(parts[0]), [Shingles(part.ravel(), np.arange(len(part) + 1) * part.shape[1]) for part in parts]


def decide(rows: int, parts: list[Shingles], levels: list[float]) -> tuple[Edges, np.ndarray]:
    """Edges of rows of one component, and how many rows are kept at each level."""
    order = np.arange(rows)[::-1].copy()
    edges = find_deciding_edges(np.zeros(rows, np.uint64), parts, levels, order, np.zeros(rows, bool))
    return edges, rows - replay(order, edges, levels).sum(1)


def test_rows_alike_give_about_an_edge_a_row_and_level() -> None:
    edges, kept = decide(*rows_of(edited(4000, 200, 2, 50), np.ones((4000, 1), np.uint64)), [0.7, 0.8, 0.9])
    assert len(edges.firsts) <= 3 * 4000
    assert kept[0] < 10
    assert kept[2] > 1000


def test_rows_of_equal_sets_all_fall_to_the_first() -> None:
    edges, kept = decide(*rows_of(np.tile(np.arange(50, dtype=np.uint64), (5000, 1))), [0.7, 1.0])
    assert kept.tolist() == [1, 1]
    assert edges.firsts.tolist() == list(range(4999))
    assert set(edges.seconds.tolist()) == {4999}


def test_rows_alike_are_decided_as_by_every_pair() -> None:
    rows, parts = rows_of(edited(900, 60, 2, 3), np.tile(np.uint64(5), (900, 1)))
    components, levels = np.zeros(rows, np.uint64), [0.6, 0.7, 0.8, 0.9]
    order, protected = np.random.default_rng(1).permutation(rows), np.zeros(rows, bool)
    found = find_deciding_edges(components, parts, levels, order, protected)
    every = similarity.find_edges(components, parts, levels[0])
    assert len(found.firsts) * 20 < len(every.firsts)
    check_same_choice(Case([], order, protected, levels), found, every)


@pytest.mark.parametrize("answers", ["one", "distinct"])
def test_a_long_preamble_with_short_answers(answers: str) -> None:
    rows = 3000
    own = np.random.default_rng(2).integers(1 << 20, 1 << 40, (rows, 60)).astype(np.uint64)
    prompts = np.concatenate([np.tile(np.arange(150, dtype=np.uint64), (rows, 1)), own], axis=1)
    outputs = np.arange(rows, dtype=np.uint64)[:, None] * (answers == "distinct")
    edges, kept = decide(*rows_of(prompts, outputs.astype(np.uint64)), [0.7, 0.8])
    assert len(edges.firsts) == 0
    assert kept.tolist() == [rows, rows]


def test_protected_rows_alike_are_not_compared_with_each_other() -> None:
    rows, parts = rows_of(edited(3000, 100, 1, 50))
    protected = np.arange(rows) < 1500
    found = find_deciding_edges(np.zeros(rows, np.uint64), parts, [0.7], np.arange(rows), protected)
    assert found.firsts.tolist() == [0] * 1500
    assert found.seconds.tolist() == list(range(1500, rows))


def test_a_long_chain_keeps_every_other_row() -> None:
    windows = (np.arange(10_000)[:, None] * 10 + np.arange(100)).astype(np.uint64)
    rows, parts = rows_of(windows)
    order = np.arange(rows)
    edges = find_deciding_edges(np.zeros(rows, np.uint64), parts, [0.8], order, np.zeros(rows, bool))
    assert edges.firsts.tolist() == list(range(rows - 1))
    assert choose(order, edges).rows.tolist() == [row - 1 if row % 2 else NOBODY for row in range(rows)]
