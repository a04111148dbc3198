"""The histogram: buckets, bounds, quantiles within their error, and the laws of a monoid."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.kernels.histogram import Histogram, coarsen, find_bounds, find_buckets

values = st.lists(st.one_of(st.integers(0, 300), st.integers(0, 2**40)), max_size=60)


def histogram(numbers: list[int]) -> Histogram:
    return Histogram.of(np.array(numbers, np.int64))


@given(st.integers(0, 2**52))
def test_a_value_lies_in_the_bounds_of_its_bucket(value: int) -> None:
    low, high = find_bounds(int(find_buckets(np.array([value]))[0]))
    assert low <= value <= high
    assert (high - low) / 2 <= 0.01 * low


def test_buckets_follow_on_each_other_without_a_gap() -> None:
    following = 0
    for bucket in range(2000):
        low, high = find_bounds(bucket)
        assert low == following
        following = high + 1


@given(values, values, values)
def test_merging_has_no_order(a: list[int], b: list[int], c: list[int]) -> None:
    x, y, z = histogram(a), histogram(b), histogram(c)
    assert (x + y) + z == x + (y + z) == histogram(a + b + c)
    assert x + y == y + x
    assert x + Histogram() == x


@given(values.filter(bool), st.sampled_from([0.0, 0.05, 0.25, 0.5, 0.95, 0.99, 1.0]))
def test_quantiles_are_within_the_stated_error(numbers: list[int], share: float) -> None:
    true = sorted(numbers)[max(math.ceil(share * len(numbers)), 1) - 1]
    found = histogram(numbers).quantile(share)
    assert found is not None
    assert abs(found - true) <= 0.01 * true
    assert min(numbers) <= found <= max(numbers)


@given(values)
def test_lists_give_the_same_histogram_back(numbers: list[int]) -> None:
    one = histogram(numbers)
    assert Histogram.from_lists(one.to_lists()) == one


@given(values)
def test_octaves_hold_every_value_once(numbers: list[int]) -> None:
    octaves = histogram(numbers).count_octaves()
    assert [rows for _, _, rows in octaves] == [
        sum(low <= number <= high for number in numbers) for low, high, _ in octaves
    ]
    assert sum(rows for _, _, rows in octaves) == len(numbers)


def test_nothing_has_no_mean_and_no_quantile() -> None:
    empty = histogram([])
    assert (empty.mean, empty.quantile(0.5), empty.count_octaves()) == (None, None, [])


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.95, 95), (1.0, 100)])
def test_quantiles_of_small_numbers_are_exact(share: float, expected: int) -> None:
    assert histogram(list(range(1, 101))).quantile(share) == expected


@given(st.lists(values.filter(bool), max_size=5), st.randoms())
def test_groups_have_the_histograms_that_each_has_alone(groups: list[list[int]], random: Random) -> None:
    pairs = [(code, number) for code, numbers in enumerate(groups) for number in numbers]
    random.shuffle(pairs)
    codes, numbers = (np.array([pair[at] for pair in pairs], np.int64) for at in (0, 1))
    alone = [
        replace(histogram(some), buckets=Histogram.of(coarsen(np.array(some))).buckets) for some in groups
    ]
    assert Histogram.of_each(numbers, coarsen(numbers), codes) == alone
