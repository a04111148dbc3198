"""Shingle hashes, against the plain definition."""

from __future__ import annotations

import random
import tracemalloc
from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import reference
from tests.columns import text_column
from tests.strategies import texts
from transforms.kernels import shingles
from transforms.kernels.minhash import sign
from transforms.kernels.shingles import PART_TAGS, Shingles, hash_ranges, scramble, shingle

PROMPT, OUTPUT = PART_TAGS
normal = st.lists(texts.map(reference.normalise), max_size=8)


def shingles_in_blocks(column: list[str], size: int) -> Shingles:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shingles, "_BLOCK", size)
        return shingle(text_column(column), PROMPT)


def assert_agree(column: list[str], found: Shingles) -> None:
    """Hold hashes against the definition's shingles: as many a row, and equal where those are."""
    expected = [reference.list_shingles(part) for part in column]
    assert np.diff(found.offsets).tolist() == [len(row) for row in expected]
    flat = [one for row in expected for one in row]
    pairs = set(zip(found.values.tolist(), flat, strict=True))
    assert len(pairs) == len(set(flat)) == len(np.unique(found.values))


@given(normal)
def test_hashes_are_equal_where_shingles_are(column: list[str]) -> None:
    assert_agree(column, shingle(text_column(column), PROMPT))


@given(normal, st.integers(1, 60))
def test_blocks_change_nothing(column: list[str], size: int) -> None:
    whole, cut = shingle(text_column(column), PROMPT), shingles_in_blocks(column, size)
    assert whole.values.tolist() == cut.values.tolist()
    assert whole.offsets.tolist() == cut.offsets.tolist()


BLOCK = shingles._BLOCK  # noqa: SLF001 texts are cut there, which must not show
TEXTS = {
    "words": "word " * BLOCK,
    "han": "\N{CJK UNIFIED IDEOGRAPH-8A9E}" * BLOCK,
    "emoji": "e\u0301t\u00e9 \U0001f600" * BLOCK,
    "thai": "\u0e01\u0e33 a\x00" * BLOCK,
    "one token": "\u00e9" * BLOCK,
    "no token": "?! " * BLOCK,
}
"""Texts of more than a block, that a cut meets in different places."""


def first_bytes(text: str, count: int) -> str:
    """The whole characters among a text's first bytes."""
    return text.encode()[:count].decode(errors="ignore")


@pytest.mark.parametrize("more", [-2, -1, 0, 1, 2, BLOCK // 2])
@pytest.mark.parametrize("name", TEXTS)
def test_rows_that_end_about_a_cut_are_as_any_other(name: str, more: int) -> None:
    text = TEXTS[name]
    column = [first_bytes(text, BLOCK + more), "a b c d e f g", first_bytes(text, BLOCK - 5), "h i"]
    assert_agree(column, shingle(text_column(column), PROMPT))


@pytest.mark.parametrize("count", range(8))
def test_few_tokens_make_one_shingle(count: int) -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven"][:count]
    column = [" ".join(words), "-".join(words), " ".join(reversed(words))]
    found = shingle(text_column(column), PROMPT)
    assert np.diff(found.offsets).tolist() == [max(1, count - 4)] * 3
    assert_agree(column, found)


def test_every_token_of_a_shingle_counts() -> None:
    column = [" ".join(words) for count in range(7) for words in product("ab", repeat=count)]
    assert_agree(column, shingle(text_column(column), PROMPT))


def test_a_part_without_tokens_is_its_characters() -> None:
    column = ["", "!", "!!", "! !", "\x00", "\x00\x00", "—", "", "!"]
    found = shingle(text_column(column), PROMPT)
    assert len(found.values) == len(column)
    assert_agree(column, found)


def test_a_megabyte_long_row_is_as_any_other() -> None:
    chosen = random.Random(7)
    words = [chosen.choice("abcdé語") + str(chosen.randrange(5000)) for _ in range(220_000)]
    column = ["before it", " ".join(words), "", "after it all is as it was"]
    assert len(column[1]) > 1_000_000
    found = shingle(text_column(column), PROMPT)
    assert_agree(column, found)
    for row, text in enumerate(column):
        alone = shingle(text_column([text]), PROMPT)
        assert np.array_equal(alone.values, found.values[found.offsets[row] : found.offsets[row + 1]])


def test_a_row_of_fifty_megabytes_is_as_its_beginning() -> None:
    chosen = random.Random(3)
    words = ["".join(chosen.choices("abcé語ไ\u0301\U0001f600", k=5)) for _ in range(4000)]
    period = reference.normalise(" ".join(words)) + " "
    times = 50_000_000 // len(period.encode())
    tokens = len(reference.find_tokens(period))
    found = shingle(pa.array([period * times], pa.large_string()), PROMPT)
    assert len(found.values) == times * tokens - 4
    assert np.array_equal(found.values[tokens:], found.values[:-tokens])
    twice = period + period
    assert_agree([twice], Shingles(found.values[: 2 * tokens - 4], np.array([0, 2 * tokens - 4])))


@pytest.mark.parametrize(("name", "most"), [("words", 12), ("han", 12), ("one token", 25), ("no token", 3)])
def test_long_rows_take_memory_of_a_few_times_their_size(name: str, most: int) -> None:
    text = pa.array([TEXTS[name] * 10], pa.large_string())
    tracemalloc.start()
    try:
        sign(shingle(text, PROMPT))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < most * text.nbytes


@given(normal)
def test_parts_share_no_hash(column: list[str]) -> None:
    prompts, outputs = (shingle(text_column(column), tag) for tag in PART_TAGS)
    assert not set(prompts.values.tolist()) & set(outputs.values.tolist())
    assert (prompts.values ^ OUTPUT ^ PROMPT).tolist() == outputs.values.tolist()


def test_no_rows_have_no_shingles() -> None:
    found = shingle(pa.array([], pa.large_string()), PROMPT)
    assert (found.values.tolist(), found.offsets.tolist()) == ([], [0])


@given(st.lists(st.binary(max_size=6), min_size=1, max_size=20))
def test_ranges_hash_by_their_content_wherever_they_lie(pieces: list[bytes]) -> None:
    data = np.frombuffer(b"".join(pieces), np.uint8)
    bounds = np.cumsum([0, *map(len, pieces)])
    hashes = hash_ranges(data, bounds[:-1], bounds[1:]).tolist()
    assert len(set(zip(hashes, pieces, strict=True))) == len(set(hashes)) == len(set(pieces))


@given(st.lists(st.integers(0, 2**64 - 1), unique=True))
def test_mixing_keeps_values_apart(values: list[int]) -> None:
    assert len(np.unique(scramble(np.array(values, np.uint64)))) == len(values)


def test_long_tokens_made_to_collide_do_not() -> None:
    word = "a"
    while len(word) < 4096:
        word += word.translate(str.maketrans("ab", "ba"))
    other = word.translate(str.maketrans("ab", "ba"))
    hashes = shingle(pa.array([word, other], pa.large_string()), PART_TAGS[0])
    assert hashes.values[0] != hashes.values[1]
