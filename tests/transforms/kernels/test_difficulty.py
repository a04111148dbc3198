"""Difficulty: points of prompts and of the lengths of answers."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.columns import text_column
from transforms.kernels.difficulty import grade


@pytest.mark.parametrize(
    ("points", "unspaced", "chars", "level"),
    [
        (1, False, 300, "simple"),
        (1, False, 301, "moderate"),
        (3, False, 1500, "moderate"),
        (3, False, 1501, "complex"),
        (1, True, 120, "simple"),
        (1, True, 121, "moderate"),
        (3, True, 600, "moderate"),
        (3, True, 601, "complex"),
    ],
)
def test_a_character_counts_for_more_without_spaces(
    points: int,
    unspaced: bool,  # noqa: FBT001 — of a case
    chars: int,
    level: str,
) -> None:
    column = [pa.array([points], pa.int8()), pa.array([unspaced])]
    assert grade(*column, text_column(["語" * chars])).to_pylist() == [level]
