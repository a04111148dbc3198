"""Scores: improving one signal never lowers them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.reason import Reason
from transforms.kernels.phrases import load_phrases
from transforms.kernels.scores import BEST, score_rows

masks = st.sets(st.sampled_from(list(Reason))).map(lambda marks: sum(reason.bit for reason in marks))
rows = st.tuples(masks, st.integers(0, 10**6), st.floats(0, 1) | st.just(float("nan")), st.integers(0, 2))


def score(mask: int, chars: int, language: float, level: int) -> int:
    columns = np.array([mask], np.uint64), np.array([chars]), np.array([language]), np.array([level])
    return int(score_rows(*columns)[0])


@given(rows, st.sampled_from(list(Reason)))
def test_losing_a_mark_lowers_nothing(row: tuple[int, int, float, int], reason: Reason) -> None:
    mask, *others = row
    assert score(mask & ~reason.bit, *others) >= score(mask | reason.bit, *others)


@given(rows, st.integers(0, 10**6), st.floats(0, 1), st.integers(0, 2))
def test_gaining_lowers_nothing(
    row: tuple[int, int, float, int], chars: int, language: float, level: int
) -> None:
    mask, was_chars, was_language, was_level = row
    now = score(*row)
    assert score(mask, max(chars, was_chars), was_language, was_level) >= now
    assert score(mask, was_chars, was_language, max(level, was_level)) >= now
    if not np.isnan(was_language):
        assert score(mask, was_chars, max(language, was_language), was_level) >= now


@given(rows)
def test_a_score_is_between_none_and_the_best(row: tuple[int, int, float, int]) -> None:
    assert 0 <= score(*row) <= BEST


def test_every_cost_is_of_a_reason_and_none_pays() -> None:
    weights = load_phrases("scores")
    assert set(weights["costs"]) <= {reason.value for reason in Reason}
    assert min(weights["costs"].values()) >= 0
    assert sum(weights[name] for name in ("start", "length", "language", "difficulty")) == BEST
