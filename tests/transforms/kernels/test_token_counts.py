"""Token counts: by a tokenizer's file, or four characters each."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from tests.strategies import texts
from tests.tokenizers import byte_level, examples, words
from transforms.kernels.templates import TEXTS, render
from transforms.kernels.token_counts import Counter, FileTokenizer, FourCharacters, TokenizerError

TOKENIZERS = {"bytes": byte_level, "words": words}
COUNTERS = ["four characters", *TOKENIZERS]
many = st.lists(texts, max_size=6).map(lambda some: pa.array(some, pa.large_string()))


def counter(name: str) -> Counter:
    return FileTokenizer(TOKENIZERS[name](), "t.json") if name in TOKENIZERS else FourCharacters()


@given(column=many)
def test_four_characters_are_a_token(column: pa.Array) -> None:
    expected = [(len(text) + 3) // 4 for text in column.to_pylist()]
    assert FourCharacters().count(column).tolist() == expected


def test_the_articles_limit() -> None:
    counts = FourCharacters().count(pa.array(["x" * 2048, "x" * 2049, "é" * 2048], pa.large_string()))
    assert (counts > 512).tolist() == [False, True, False]


@given(column=many)
def test_a_tokenizers_file_counts_without_padding_and_cutting(column: pa.Array) -> None:
    plain = Tokenizer.from_buffer(words())
    plain.no_padding()
    plain.no_truncation()
    expected = [len(plain.encode(text, add_special_tokens=False)) for text in column.to_pylist()]
    assert counter("words").count(column).tolist() == expected


@pytest.mark.parametrize("name", COUNTERS)
@given(text=texts, most=st.integers(0, 12))
def test_a_cut_text_is_a_beginning_that_fits(name: str, text: str, most: int) -> None:
    counts = counter(name)
    cut = counts.cut(text, most)
    assert text.startswith(cut)
    assert counts.count(pa.array([cut], pa.large_string()))[0] <= most
    if counts.count(pa.array([text], pa.large_string()))[0] <= most:
        assert cut == text


@pytest.mark.parametrize("name", list(TOKENIZERS))
@given(examples=examples, template=st.sampled_from(list(TEXTS)))
def test_learned_tokens_are_those_that_hold_a_learned_character(
    name: str, examples: pa.Array, template: str
) -> None:
    rendered = render(examples, template)
    found = counter(name).spans(rendered)
    assert found is not None
    plain = Tokenizer.from_buffer(TOKENIZERS[name]())
    plain.no_padding()
    plain.no_truncation()
    rows = zip(rendered.text.to_pylist(), rendered.spans.to_pylist(), found.to_pylist(), strict=True)
    for text, spans, tokens in rows:
        offsets = plain.encode(text, add_special_tokens=False).offsets
        expected = [
            [at for at, (low, high) in enumerate(offsets) if low < span["end"] and span["start"] < high]
            for span in spans
        ]
        assert [[*range(one["start"], one["end"])] for one in tokens] == expected


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"model": 1}'])
def test_what_is_no_tokenizer_is_told(content: bytes) -> None:
    with pytest.raises(TokenizerError, match=r"t\.json is not a tokenizer of Hugging Face"):
        FileTokenizer(content, "t.json")
