"""Splits: no group is cut, and a row stays on its side."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from transforms.kernels.splits import group_rows, held_out

prompts = st.lists(st.integers(0, 12), min_size=1, max_size=30).map(lambda some: np.array(some, np.uint64))
SEEDS = st.integers(0, 2**64 - 1)


@st.composite
def linked(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Prompts of rows, and links of rows and of others that are not asked for."""
    found = draw(prompts)
    nodes = st.integers(0, len(found) + 5)
    links = draw(st.lists(st.tuples(nodes, nodes), max_size=12))
    return found, np.array(links, np.int64).reshape(-1, 2).T


@given(given_=linked(), share=st.floats(0, 1), seed=SEEDS)
def test_neither_a_prompt_nor_a_cluster_is_split(
    given_: tuple[np.ndarray, np.ndarray], share: float, seed: int
) -> None:
    prompts, links = given_
    sides = held_out(group_rows(prompts, links), share, seed)
    of = {**{("row", row): side for row, side in enumerate(sides)}}
    graph: dict[object, set[object]] = {}
    pairs = [*((("row", a), ("row", b)) for a, b in links.T.tolist())]
    pairs += [(("row", row), ("prompt", prompt)) for row, prompt in enumerate(prompts.tolist())]
    for one, other in pairs:
        graph.setdefault(one, set()).add(other)
        graph.setdefault(other, set()).add(one)
    for start in of:
        reached, waiting = {start}, [start]
        while waiting:
            for node in graph[waiting.pop()] - reached:
                reached.add(node)
                waiting.append(node)
        assert len({of[node] for node in reached if node in of}) == 1


@given(given_=linked(), more=prompts, seed=SEEDS, order=st.randoms(use_true_random=False))
def test_rows_stay_on_their_side_when_others_come_and_all_move(
    given_: tuple[np.ndarray, np.ndarray], more: np.ndarray, seed: int, order: np.random.Generator
) -> None:
    """New rows with prompts of their own, or with prompts that are there, move no row that was there."""
    prompts, links = given_
    before = held_out(group_rows(prompts, links), 0.5, seed)
    rows = len(prompts)
    after = np.concatenate([prompts, np.where(np.isin(more, prompts), more, more + np.uint64(100))])
    moved = np.where(links >= rows, links + len(more), links)
    assert (held_out(group_rows(after, moved), 0.5, seed)[:rows] == before).all()
    shuffled = [*range(rows)]
    order.shuffle(shuffled)
    place = np.append(np.argsort(shuffled), np.arange(rows, rows + 6))
    turned = held_out(group_rows(prompts[shuffled], place[links]), 0.5, seed)
    assert (turned == before[shuffled]).all()


@given(share=st.floats(0.02, 0.98), seed=SEEDS)
def test_the_share_is_about_what_is_asked_for(share: float, seed: int) -> None:
    held = held_out(np.arange(20_000, dtype=np.uint64), share, seed)
    assert abs(held.mean() - share) < 0.03


def test_seeds_choose_differently_and_the_ends_are_exact() -> None:
    groups = np.arange(1000, dtype=np.uint64)
    assert (held_out(groups, 0.5, 0) != held_out(groups, 0.5, 1)).any()
    assert held_out(groups, 1.0, 0).all()
    assert not held_out(groups, 0.0, 0).any()
