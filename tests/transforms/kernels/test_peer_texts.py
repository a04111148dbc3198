"""Shingles of the profiles named after peers, against what each peer's own code does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.recipe import Shingles as Shingling
from schemas.recipe import built_in
from tests.columns import text_column
from tests.peers import PEERS, windows
from tests.strategies import texts
from transforms.kernels import shingles
from transforms.kernels.peer_texts import TEXTS
from transforms.kernels.shingles import PART_TAGS, shingle

DOZEN = [
    "Write a short story about a robot who learns to paint in Paris.",
    "What is 12*7? It's 84, or 84.0; 12,5 and ٣٫١٤ and １２ are numbers, too.",  # noqa: RUF001 digits of other scripts
    "Don't stop - the co-operative's snake_case   and\ttabs\nand new\r\nlines cannot be\x0bone\x1cword!",
    "Été à Łódź: naïve cafés, coöperate, Ångström, İstanbul, ΟΔΟΣ και ΣΟΦΟΣ, straße, ﬁne ﬁsh.",
    "您好，请写一首关于春天的诗。谢谢你的帮助！这是第二句话，它有更多的字。",  # noqa: RUF001 its own punctuation
    "これは日本語の文章です。カタカナとひらがなと漢字が混ざっています、「はい」。",
    "ภาษาไทยไม่มีช่องว่างระหว่างคำ แต่มีระหว่างประโยค ใช่ไหม ครับ ผม",
    "اكتب قصة قصيرة، من فضلك، عن مدينةٍ قديمة؟ نعم! ثمّ لخّصها في سطرٍ واحد.",
    "हिन्दी में एक छोटी कहानी लिखिए जिसमें १२ पात्र हों और क्षमा का भाव हो।",
    "\U0001f468\u200d\U0001f467 \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd e\u0301 \u0301ok \x00 nul",
    "no\u00a0break\u3000wide\u200bzero\u2003em\u0085next\u2028line\ufeffmark one two three four five six",
    "x=1; y = x**2 # code\nfor i in range(10):\n    print(f'{i:>3}') -> [0, 1, 2] <a href=\"b\">c</a> $5 50%",
]


def assert_agree(how: Shingling, column: list[str], tokens: Callable[[str], list[str]]) -> None:
    """Hold shingles against those of some tokens; of fewer than make one shingle, peers have none, we one."""
    found = shingle(TEXTS[how.text](text_column(column)), PART_TAGS[0], how)
    expected = [windows(tokens(text), how.width) for text in column]
    assert np.diff(found.offsets).tolist() == [max(1, len(row)) for row in expected]
    pairs = {
        pair
        for ours, row in zip(np.split(found.values, found.offsets[1:-1]), expected, strict=True)
        if row
        for pair in zip(ours.tolist(), row, strict=True)
    }
    assert len(pairs) == len({ours for ours, _ in pairs}) == len({theirs for _, theirs in pairs})


@pytest.mark.parametrize("profile", PEERS)
def test_shingles_of_known_texts_are_the_peers(profile: str) -> None:
    assert_agree(built_in(profile).dedup.shingles, DOZEN, PEERS[profile])


@pytest.mark.parametrize("profile", PEERS)
@given(column=st.lists(texts, max_size=6), size=st.sampled_from([1, 7, 1 << 18]))
def test_shingles_of_any_texts_are_the_peers(profile: str, column: list[str], size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shingles, "_BLOCK", size)
        assert_agree(built_in(profile).dedup.shingles, [*column, " ".join(column)], PEERS[profile])


@pytest.mark.parametrize(
    ("profile", "text", "tokens"),
    [
        ("fineweb", "What's 12,5 % of  Żółw's?", ["what", "s", "0", "of", "zołw", "s"]),
        ("data-juicer", "What's\nup,  Doc?", ["what's\nup,", "doc?"]),
        ("text-dedup", "What's snake_case, Doc?", ["what", "s", "snake_case", "doc"]),
        ("nemo", "Ab c", ["A", "b", " ", "c"]),
    ],
)
def test_known_tokens(profile: str, text: str, tokens: list[str]) -> None:
    assert PEERS[profile](text) == tokens


@pytest.mark.parametrize("kind", ["unicode", "whitespace", "spaces", "non_word", "characters"])
@given(words=st.lists(st.sampled_from("abcde"), min_size=1, max_size=80), width=st.integers(1, 64))
def test_a_shingle_has_as_many_tokens_as_the_recipe_says(kind: str, words: list[str], width: int) -> None:
    how = Shingling.model_validate({"tokens": kind, "width": width})
    between = "" if kind == "characters" else " "
    column = [between.join(words), between.join(words[1:]), between.join(reversed(words))]
    assert_agree(how, column, lambda text: list(text.replace(" ", "")))
