"""Signatures, against datasketch's."""

from __future__ import annotations

import random

import numpy as np
import pytest
from datasketch import MinHash

from tests.columns import text_column
from tests.strategies import RANGES
from transforms.kernels import minhash
from transforms.kernels.minhash import PERMUTATIONS, sign
from transforms.kernels.shingles import PART_TAGS, Shingles, shingle
from transforms.kernels.text import normalise


def random_texts(count: int) -> list[str]:
    """Texts of up to 60 words of one to six characters of any script."""
    chosen = random.Random(11)
    alphabet = "abcdefghij" + "".join(chr(low + 7) + chr(high - 2) for low, high in RANGES.values())
    words = ["".join(chosen.choices(alphabet, k=chosen.randint(1, 6))) for _ in range(400)]
    return [" ".join(chosen.choices(words, k=chosen.randrange(60))) for _ in range(count)]


def low_bits(value: int) -> int:
    return value & 0xFFFFFFFF


def theirs(values: np.ndarray, permutations: int = PERMUTATIONS) -> np.ndarray:
    """Signature that datasketch gives."""
    signature = MinHash(num_perm=permutations, hashfunc=low_bits)
    signature.update_batch(values.tolist())
    return signature.hashvalues


def row_values(found: Shingles, row: int) -> np.ndarray:
    return found.values[found.offsets[row] : found.offsets[row + 1]]


def test_signatures_are_those_of_datasketch() -> None:
    column = normalise(text_column(random_texts(1000)))
    found = shingle(column, PART_TAGS[0])
    expected = np.stack([theirs(row_values(found, row)) for row in range(len(column))])
    signatures = sign(found)
    assert signatures.dtype == np.uint32
    assert np.array_equal(signatures, expected)


@pytest.mark.parametrize("permutations", [16, 112, 240, 256, 260, 512])
def test_signatures_of_any_length_are_those_of_datasketch(permutations: int) -> None:
    found = shingle(normalise(text_column(random_texts(20))), PART_TAGS[0])
    expected = np.stack([theirs(row_values(found, row), permutations) for row in range(20)])
    assert np.array_equal(sign(found, permutations), expected)


def test_the_lower_of_two_parts_signatures_is_the_rows() -> None:
    column = normalise(text_column(random_texts(20)))
    prompts, outputs = (
        shingle(text, tag) for text, tag in zip((column, column[::-1]), PART_TAGS, strict=True)
    )
    both = np.minimum(sign(prompts), sign(outputs))
    for row in range(len(column)):
        values = np.concatenate([row_values(prompts, row), row_values(outputs, row)])
        assert np.array_equal(both[row], theirs(values))


@pytest.mark.parametrize("size", [1, 3, 50, 1000])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    found = shingle(normalise(text_column(random_texts(40))), PART_TAGS[0])
    whole = sign(found)
    monkeypatch.setattr(minhash, "_BLOCK", size)
    assert np.array_equal(sign(found), whole)


def test_no_rows_have_no_signature() -> None:
    assert sign(Shingles(np.zeros(0, np.uint64), np.zeros(1, np.int64))).shape == (0, PERMUTATIONS)
