"""Phrases found in texts, held to a plain search."""

from __future__ import annotations

import re

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from transforms.kernels.lexicon import Lexicon, split_words

words = st.sampled_from(["a", "b", "ab", "be", "\N{LATIN SMALL LETTER E WITH ACUTE}", "\u8a9e"])
phrases = st.lists(st.lists(words, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=6)
sentences = st.lists(words | st.sampled_from(["A", ",", "x"]), max_size=9).map(" ".join)


def plainly(listed: list[str], text: str) -> list[tuple[int, int, int]]:
    """First word, phrase and length of every phrase in one text."""
    tokens = re.findall(r"\u8a9e|\w+", text.lower())
    return sorted(
        (at, number, len(phrase.split()))
        for at in range(len(tokens))
        for number, phrase in enumerate(listed)
        if tokens[at : at + len(phrase.split())] == phrase.split()
    )


@given(phrases, st.lists(sentences, max_size=4))
def test_finds_what_a_plain_search_finds(listed: list[str], sought: list[str]) -> None:
    split = split_words(pa.array(sought, pa.string()))
    hits = Lexicon.of(listed).find(split)
    found = sorted(zip(hits.word.tolist(), hits.phrase.tolist(), hits.length.tolist(), strict=True))
    expected = [
        (at + int(split.tokens.offsets[row]), number, length)
        for row, text in enumerate(sought)
        for at, number, length in plainly(listed, text)
    ]
    assert found == sorted(expected)
