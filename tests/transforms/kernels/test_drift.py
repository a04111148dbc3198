"""Drift: the statistics as scipy has them, and what holds for any counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from transforms.kernels.drift import LEAST_SHARE, measure_drift

PAIRS = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=20)


def sides(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    before, after = np.array(pairs, np.int64).T
    return before, after


@given(PAIRS.filter(lambda pairs: all(map(sum, zip(*pairs, strict=True)))))
def test_divergence_is_that_of_scipy(pairs: list[tuple[int, int]]) -> None:
    before, after = sides(pairs)
    wanted = jensenshannon(before / before.sum(), after / after.sum(), base=2) ** 2
    assert measure_drift(before, after).jensen_shannon_divergence == pytest.approx(wanted, abs=1e-9)


@given(PAIRS)
def test_drift_is_the_same_either_way_and_within_bounds(pairs: list[tuple[int, int]]) -> None:
    before, after = sides(pairs)
    there, back = measure_drift(before, after), measure_drift(after, before)
    assert there == pytest.approx(back, abs=1e-9)
    assert -1e-12 <= there.jensen_shannon_divergence <= 1 + 1e-12
    assert 0 <= there.infinity_norm <= 1
    assert there.population_stability_index >= -1e-12
    assert there.jensen_shannon_divergence <= there.infinity_norm * (len(pairs) + 1)


@given(PAIRS, st.integers(1, 1000))
def test_only_shares_count(pairs: list[tuple[int, int]], times: int) -> None:
    before, _ = sides(pairs)
    assert measure_drift(before, before * times)[:3] == pytest.approx((0, 0, 0), abs=1e-12)


def test_stability_index_is_the_sum_over_shares() -> None:
    p, q = np.array([0.5, 0.5, LEAST_SHARE]), np.array([0.25, 0.5, 0.25])
    wanted = ((q - p) * np.log(q / p)).sum()
    found = measure_drift(np.array([2, 2, 0]), np.array([1, 2, 1]))
    assert found.population_stability_index == pytest.approx(wanted)
    assert found.farthest in {0, 2}


def test_rows_against_none_are_as_far_as_can_be() -> None:
    found = measure_drift(np.array([3, 4]), np.array([0, 0]))
    assert (found.jensen_shannon_divergence, found.infinity_norm, found.farthest) == (1, 1, 2)
    assert measure_drift(np.zeros(0), np.zeros(0))[:3] == (0, 0, 0)
