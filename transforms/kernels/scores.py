"""One number a row for ranking, from 0 to 1,000, by `phrases/scores.yaml`."""

from __future__ import annotations

from functools import cache

import numpy as np

from schemas.reason import REASONS
from transforms.kernels.phrases import load_phrases

BEST = 1000


@cache
def _costs() -> tuple[tuple[np.uint64, int], ...]:
    return tuple(
        (np.uint64(REASONS[name].bit), cost) for name, cost in load_phrases("scores")["costs"].items()
    )


def score_rows(
    marks: np.ndarray, output_chars: np.ndarray, language_score: np.ndarray, level: np.ndarray
) -> np.ndarray:
    """Score of each row (int16): of its marks' mask, length, language score (NaN for none) and difficulty.

    `level` is 0 for simple, 1 for moderate and 2 for complex.

    >>> flawless, marked = score_rows(
    ...     np.array([0, REASONS["refusal"].bit], np.uint64), np.full(2, 4000), np.ones(2), np.full(2, 2)
    ... ).tolist()
    >>> flawless, marked
    (1000, 750)
    """
    weights = load_phrases("scores")
    length = np.log1p(np.minimum(output_chars, weights["full_length"])) / np.log1p(weights["full_length"])
    known = np.where(np.isnan(language_score), 0.5, language_score)
    points = weights["start"] + weights["length"] * length
    points = points + weights["language"] * known + weights["difficulty"] * level / 2
    for bit, cost in _costs():
        points -= cost * ((marks & bit) != 0)
    return np.clip(np.floor(points + 1e-6), 0, BEST).astype(np.int16)
