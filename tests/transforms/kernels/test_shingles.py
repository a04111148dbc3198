"""Shingle hashes, against the plain definition."""

from __future__ import annotations

import random
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
from transforms.kernels.shingles import PART_TAGS, Shingles, hash_ranges, mix, shingle

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
    assert len(np.unique(mix(np.array(values, np.uint64)))) == len(values)


def test_long_tokens_made_to_collide_do_not() -> None:
    word = "a"
    while len(word) < 4096:
        word += word.translate(str.maketrans("ab", "ba"))
    other = word.translate(str.maketrans("ab", "ba"))
    hashes = shingle(pa.array([word, other], pa.large_string()), PART_TAGS[0])
    assert hashes.values[0] != hashes.values[1]
