"""How varied a wording is: bounds that any texts keep to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.kernels.phrasing import count_openings, distinct, split_tokens, vendi_score

texts = st.lists(st.lists(st.sampled_from("abcdefg"), max_size=6), min_size=1, max_size=12)


@given(texts)
def test_vendi_is_between_one_and_all(words: list[list[str]]) -> None:
    score = vendi_score(words)
    assert score is not None
    assert 1.0 <= score <= len(words) + 0.05


@given(texts)
def test_vendi_has_no_order(words: list[list[str]]) -> None:
    assert vendi_score(words) == pytest.approx(vendi_score(words[::-1]), abs=0.11)


@given(texts, st.integers(1, 3))
def test_distinct_is_a_share(words: list[list[str]], width: int) -> None:
    share = distinct(words, width)
    assert (share is None) == all(len(text) < width for text in words)
    assert share is None or 0 < share <= 1


@given(texts)
def test_openings_count_every_text_with_words(words: list[list[str]]) -> None:
    assert sum(rows for _, rows in count_openings(words, 1000)) == sum(map(bool, words))


def test_characters_of_scripts_without_spaces_are_tokens() -> None:
    assert split_tokens("写一首 Poem") == ["写", "一", "首", "poem"]
