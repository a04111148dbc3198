"""Bands: how many, what they find, and their hashes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.recipe import Dedup, built_in
from transforms.kernels.bands import BandPlan, band_hashes, bands_of, plan_bands
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


@pytest.mark.parametrize(
    ("threshold", "permutations", "bands", "rows"), [(0.8, 64, 16, 4), (0.8, 256, 32, 8), (0.9, 16, 5, 3)]
)
def test_known_plans_for_other_signatures(threshold: float, permutations: int, bands: int, rows: int) -> None:
    assert plan_bands(threshold, permutations) == BandPlan(bands, rows)
    assert bands_of(Dedup(threshold=threshold, permutations=permutations)) == BandPlan(bands, rows)


def test_bands_find_the_pairs_that_are_stored() -> None:
    assert bands_of(Dedup(threshold=0.9, what_if_min=0.7)) == plan_bands(0.7)
    assert bands_of(Dedup(threshold=0.9)) == plan_bands(0.9)


@pytest.mark.parametrize(
    ("profile", "found"),
    [
        ("fineweb", [0.565, 0.924, 1.0]),
        ("data-juicer", [0.511, 0.942, 1.0]),
        ("nemo", [0.177, 0.677, 0.997]),
        ("text-dedup", [0.497, 0.935, 1.0]),
    ],
)
def test_bands_of_a_peer_find_what_the_peer_finds(profile: str, found: list[float]) -> None:
    dedup = built_in(profile).dedup
    plan = bands_of(dedup)
    assert dedup.bands is not None
    assert (plan.bands, plan.rows) == (dedup.bands.count, dedup.bands.rows)
    chances = [1 - (1 - similarity**plan.rows) ** plan.bands for similarity in (0.7, 0.8, 0.9)]
    assert [round(chance, 3) for chance in chances] == found


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
