"""How far one distribution is from another, by the statistics of TensorFlow Data Validation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LEAST_SHARE = 1e-4
"""What the population stability index takes for the share of a value that does not occur."""


class Drift(NamedTuple):
    """Statistics of two distributions over the same values, and the value whose share moved most."""

    jensen_shannon_divergence: float
    infinity_norm: float
    population_stability_index: float
    farthest: int


def measure_drift(before: np.ndarray, after: np.ndarray) -> Drift:
    """Drift between counts of the same values; counts of no rows have all mass on a value of their own.

    The Jensen-Shannon divergence is in bits, so at most 1; the infinity norm is the most that the share of
    one value moved. The population stability index takes `LEAST_SHARE` for a share that is less.

    >>> drift = measure_drift(np.array([50, 50, 0]), np.array([50, 25, 25]))
    >>> [round(value, 3) for value in drift]
    [0.156, 0.25, 2.129, 1]
    >>> measure_drift(np.array([3]), np.array([0]))[:2]
    (1.0, 1.0)
    """
    p, q = _shares(before), _shares(after)
    middle = (p + q) / 2
    moved = np.abs(p - q)
    p_least, q_least = np.maximum(p, LEAST_SHARE), np.maximum(q, LEAST_SHARE)
    return Drift(
        (_divergence(p, middle) + _divergence(q, middle)) / 2,
        float(moved.max()),
        float(((q_least - p_least) * np.log(q_least / p_least)).sum()),
        int(moved.argmax()),
    )


def _shares(counts: np.ndarray) -> np.ndarray:
    """Shares of counts, and that of having no rows."""
    with_none = np.append(counts, not counts.any()).astype(np.float64)
    return np.asarray(with_none / with_none.sum())


def _divergence(p: np.ndarray, q: np.ndarray) -> float:
    """Kullback-Leibler divergence in bits; `q` must be positive wherever `p` is."""
    there = p > 0
    return float((p[there] * np.log2(p[there] / q[there])).sum())
