"""Text on a terminal: nothing hidden, nothing lost without being counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.explain.spans import Mark, Span, draw, find, fold
from tests.shown import SHOWN

SPANS = st.lists(
    st.builds(Span, st.text("ab \n", max_size=900), st.sampled_from([Mark.PLAIN, Mark.OLD])), max_size=8
)


@pytest.mark.parametrize(("text", "shown"), SHOWN)
def test_what_hides_is_drawn_and_what_belongs_is_left(text: str, shown: str) -> None:
    assert draw([Span(text)]).plain == shown


@given(SPANS, st.integers(200, 1500))
def test_fold_counts_every_character_it_leaves_out(spans: list[Span], most: int) -> None:
    folded = fold(spans, most)
    assert sum(span.size for span in folded) == sum(len(span.text) for span in spans)
    assert all((span.mark is Mark.CUT) == (span.hidden > 0) for span in folded)


@given(SPANS)
def test_fold_keeps_to_its_limit(spans: list[Span]) -> None:
    assert sum(len(span.text) for span in fold(spans, 600)) <= 600 + 2 * (300 + 40)


def test_cuts_fall_between_words() -> None:
    shown = draw(fold([Span("alpha beta " * 500)])).plain
    head, rest = shown.split("[… ")
    assert head.endswith((" alpha ", " beta "))
    assert rest.split(" …]")[1].startswith((" alpha ", " beta "))
    assert "4,3" in rest.split(" characters")[0]


def test_found_patterns_are_literal() -> None:
    assert [span.mark for span in find("a...b", ["..."])] == [Mark.PLAIN, Mark.FOUND, Mark.PLAIN]
    assert find("abc", ["..."]) == [Span("abc")]
    assert find("abc", []) == [Span("abc")]
