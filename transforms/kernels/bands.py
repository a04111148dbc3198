"""LSH bands: how many, and their hashes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from schemas.recipe import Dedup
from transforms.kernels.minhash import PERMUTATIONS
from transforms.kernels.shingles import scramble

RECALL = 0.995
"""Least probability with which a pair at the threshold shares a band."""


class BandPlan(NamedTuple):
    """Number of bands and signature values in each."""

    bands: int
    rows: int


def plan_bands(threshold: float, permutations: int = PERMUTATIONS) -> BandPlan:
    """Bands with the most rows that still find a pair at the threshold with probability 0.995.

    >>> plan_bands(0.8), plan_bands(0.7), plan_bands(0.9)
    (BandPlan(bands=21, rows=6), BandPlan(bands=32, rows=4), BandPlan(bands=14, rows=9))
    """
    fitting = [
        rows
        for rows in range(1, permutations + 1)
        if 1 - (1 - threshold**rows) ** (permutations // rows) >= RECALL
    ]
    rows = max(fitting, default=1)
    return BandPlan(permutations // rows, rows)


def bands_of(dedup: Dedup) -> BandPlan:
    """The recipe's own bands, or those that find the pairs a release stores.

    >>> bands_of(Dedup(threshold=0.9)), bands_of(Dedup(threshold=0.9, what_if_min=0.7))
    (BandPlan(bands=14, rows=9), BandPlan(bands=32, rows=4))
    """
    if dedup.bands is not None:
        return BandPlan(dedup.bands.count, dedup.bands.rows)
    return plan_bands(dedup.stored_from, dedup.permutations)


def band_hashes(signatures: np.ndarray, plan: BandPlan) -> np.ndarray:
    """64-bit hash of each band of each signature, uint64 of shape (bands, rows).

    Equal values in different bands give different hashes, so one bucket may hold several bands.
    """
    hashes = np.empty((plan.bands, len(signatures)), np.uint64)
    for band in range(plan.bands):
        mixed = np.full(len(signatures), band + 1, np.uint64)
        for k in range(band * plan.rows, (band + 1) * plan.rows):
            mixed = scramble(mixed ^ signatures[:, k])
        hashes[band] = mixed
    return hashes
