"""Word differences: what is left out of marks is the same on both sides, and nothing is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.explain.compare import compare
from pipelines.explain.spans import Mark, Span, draw

WORDS = st.lists(
    st.sampled_from(["a", "the", "tide", " ", "  ", "\n", ".", "潮", "汐", "é"]), max_size=30
).map("".join)


def plain(spans: list[Span]) -> str:
    return "".join(span.text for span in spans if span.mark is Mark.PLAIN)


@given(WORDS, WORDS)
def test_spans_are_the_text_and_unmarked_ones_are_the_same(old: str, new: str) -> None:
    before, after = compare(old, new)
    assert "".join(span.text for span in before) == old
    assert "".join(span.text for span in after) == new
    assert plain(before) == plain(after)


@given(WORDS)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert compare(text, text) == (([Span(text)] if text else []),) * 2


def test_words_next_to_each_other_are_marked_as_one() -> None:
    old, new = (draw(spans).plain for spans in compare("a quick, brown fox ran", "a slow - grey fox ran"))
    assert old == "a [-quick, brown-] fox ran"
    assert new == "a {+slow - grey+} fox ran"


def test_scripts_without_spaces_differ_by_character() -> None:
    old, new = (draw(spans).plain for spans in compare("你好世界", "你好中界"))
    assert (old, new) == ("你好[-世-]界", "你好{+中+}界")


def test_white_space_that_differs_is_visible() -> None:
    old, new = (draw(spans).plain for spans in compare("one two\u00a0three", "one  two\nthree"))
    assert old == r"one[-␣-]two[-\xa0-]three"
    assert new == r"one{+␣␣+}two{+\n+}three"


def test_texts_too_long_to_match_differ_between_what_they_share() -> None:
    old, new = compare("same " + "a b " * 3000 + "end", "same " + "b c " * 3000 + "end")
    assert [span.text for span in old if span.mark is Mark.PLAIN] == ["same ", " end"]
    assert plain(old) == plain(new)


def test_words_that_stand_often_still_match() -> None:
    often = "the sea of the moon and the tide of the sea " * 30
    old, new = compare(f"{often}one {often}", f"{often}two {often}")
    assert [span.text for span in (*old, *new) if span.mark is not Mark.PLAIN] == ["one", "two"]
    before, after = compare(f"red {often}blue", f"green {often}grey")
    assert [span.text for span in (*before, *after) if span.mark is not Mark.PLAIN] == [
        "red",
        "blue",
        "green",
        "grey",
    ]
