"""Tokens, against the plain definition."""

from __future__ import annotations

import numpy as np
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from tests import reference
from tests.columns import text_column
from tests.strategies import letters, texts
from transforms.kernels.arrays import buffers
from transforms.kernels.tokens import find_tokens, letter_bytes

EVERY = [f"a{chr(point)}b" for point in range(0x110000) if not 0xD800 <= point < 0xE000]
EVERY_IN_ROWS = ["\n".join(EVERY[first : first + 4096]) for first in range(0, len(EVERY), 4096)]
"""Every code point between two letters."""


def tokens_of(column: list[str], kind: str = "unicode") -> list[list[str]]:
    text = buffers(text_column(column))
    found = find_tokens(text, kind)
    tokens = [
        text.data[start:end].tobytes().decode() for start, end in zip(found.starts, found.ends, strict=True)
    ]
    bounds = found.offsets.tolist()
    return [tokens[bounds[row] : bounds[row + 1]] for row in range(len(text))]


@given(st.lists(texts, max_size=8))
def test_tokens_agree_with_the_definition(column: list[str]) -> None:
    assert tokens_of(column) == [reference.find_tokens(text) for text in column]


def test_every_code_point_is_of_the_right_class() -> None:
    assert tokens_of(EVERY_IN_ROWS) == [reference.find_tokens(text) for text in EVERY_IN_ROWS]


@pytest.mark.parametrize(
    ("kind", "token"),
    [
        ("whitespace", r"\P{White_Space}+"),
        ("spaces", r"[^ ]+"),
        ("non_word", r"\w+"),
        ("characters", r"(?s)."),
    ],
)
def test_every_code_point_is_of_the_class_of_a_kind(kind: str, token: str) -> None:
    pattern = regex.compile(token)
    assert tokens_of(EVERY_IN_ROWS, kind) == [pattern.findall(text) for text in EVERY_IN_ROWS]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \t.!", []),
        ("don't stop", ["don", "t", "stop"]),
        ("3.14 x2", ["3", "14", "x2"]),
        ("snake_case", ["snake", "case"]),
        ("e\u0301te\u0301", ["e\u0301te\u0301"]),
        ("您好ok", ["您", "好", "ok"]),
        ("ไทย", ["ไ", "ท", "ย"]),
        ("안녕 세계", ["안녕", "세계"]),
        ("नमस्ते", ["नमस्ते"]),
        ("\U0001f600ok\U0001d7d8", ["ok\U0001d7d8"]),
        ("\U00020000\U00020001", ["\U00020000", "\U00020001"]),
    ],
)
def test_known_texts(text: str, expected: list[str]) -> None:
    assert tokens_of([text]) == [expected]


def test_a_token_ends_where_its_row_does() -> None:
    assert tokens_of(["ab", "", "cd", "é", "e", "", ""]) == [
        ["ab"],
        [],
        ["cd"],
        ["é"],
        ["e"],
        [],
        [],
    ]


@given(st.text(letters))
def test_the_first_byte_of_every_letter_is_marked(text: str) -> None:
    marks = letter_bytes(buffers(text_column([text])).data)
    firsts = [len(text[: letter.start()].encode()) for letter in regex.finditer(r"\p{L}", text)]
    assert np.flatnonzero(marks).tolist() == firsts
