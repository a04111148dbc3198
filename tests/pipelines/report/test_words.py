"""Numbers and names as a person reads them."""

from __future__ import annotations

import pytest

from pipelines.report.words import fold, measure, percent, show
from schemas.report import Share


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "0.0%"),
        (0, 9, "0.0%"),
        (1, 10**6, "<0.1%"),
        (1, 3, "33.3%"),
        (10**6 - 1, 10**6, ">99.9%"),
        (5, 5, "100.0%"),
    ],
)
def test_percentages_never_round_to_none_or_all(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1000, "1.0 kB"), (2 * 10**18, "2000.0 PB"), (None, "-")]
)
def test_sizes(size: int | None, text: str) -> None:
    assert measure(size) == text


def test_names_of_any_script_stay_and_controls_do_not() -> None:
    assert show("Ελληνικά 中文 é😀") == "Ελληνικά 中文 é😀"
    assert show("a\u200bb\r\n\ud800") == r"a\u200bb\r\n\ud800"


@pytest.mark.parametrize("count", [0, 3, 4, 5, 9])
def test_folding_keeps_the_sum(count: int) -> None:
    shares = [Share(name=str(n), input=n + 3, rejected=1, duplicate=1, curated=n + 1) for n in range(count)]
    folded = fold(shares, 3)
    assert sum(share.input for share in folded) == sum(share.input for share in shares)
    assert len(folded) <= 4
