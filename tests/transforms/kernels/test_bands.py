"""Bands: how many, what they find, and their hashes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.kernels.bands import BandPlan, band_hashes, plan_bands
from transforms.kernels.minhash import PERMUTATIONS


def finds(threshold: float, rows: int) -> bool:
    """Whether bands of so many rows find a pair at the threshold often enough."""
    return 1 - (1 - threshold**rows) ** (128 // rows) >= 0.995


@given(st.floats(0.3, 1.0))
def test_bands_have_the_most_rows_that_find_enough(threshold: float) -> None:
    plan = plan_bands(threshold)
    assert plan.bands == 128 // plan.rows
    assert finds(threshold, plan.rows)
    assert not any(finds(threshold, rows) for rows in range(plan.rows + 1, 129))


@pytest.mark.parametrize(("threshold", "bands", "rows"), [(0.3, 64, 2), (0.8, 21, 6), (1.0, 1, 128)])
def test_known_plans(threshold: float, bands: int, rows: int) -> None:
    assert plan_bands(threshold) == BandPlan(bands, rows)


@given(st.integers(2, 128), st.integers(0, 2**32 - 1))
def test_band_hashes_are_equal_where_the_bands_are(rows: int, seed: int) -> None:
    plan = BandPlan(PERMUTATIONS // rows, rows)
    chosen = np.random.default_rng(seed)
    few = chosen.integers(0, 2**32, (2, PERMUTATIONS), np.uint32)
    signatures = np.where(chosen.random((12, PERMUTATIONS)) < 1 / rows, *few)
    hashes = band_hashes(signatures, plan)
    assert hashes.shape == (plan.bands, 12)
    keyed = [
        (int(hashes[band, row]), (band, *signatures[row, band * rows : (band + 1) * rows].tolist()))
        for band in range(plan.bands)
        for row in range(12)
    ]
    assert len(set(keyed)) == len({one for one, _ in keyed}) == len({band for _, band in keyed})


def test_equal_values_in_other_bands_have_other_hashes() -> None:
    hashes = band_hashes(np.full((3, PERMUTATIONS), 7, np.uint32), BandPlan(21, 6))
    assert [len(set(band.tolist())) for band in hashes] == [1] * 21
    assert len(np.unique(hashes)) == 21


def test_the_order_of_values_in_a_band_counts() -> None:
    signatures = np.arange(PERMUTATIONS, dtype=np.uint32)[None, :]
    one, other = (band_hashes(values, BandPlan(1, 128)) for values in (signatures, signatures[:, ::-1]))
    assert one[0, 0] != other[0, 0]
