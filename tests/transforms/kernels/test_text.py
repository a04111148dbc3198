"""Normalised parts, against the plain definition."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.example import FIELDS
from tests import reference
from tests.columns import TEXT_TYPES, text_column
from tests.strategies import rows, texts
from transforms.kernels import text as text_module
from transforms.kernels.arrays import buffers
from transforms.kernels.peer_texts import lower_fully
from transforms.kernels.text import is_ascii, join_present, lower, normalise, normalise_text

CHUNK = 1 << 12
EVERY = [
    "".join(chr(point) for point in range(first, first + CHUNK) if not 0xD800 <= point < 0xE000)
    for first in range(0, 0x110000, CHUNK)
]
"""Every code point there is."""


@given(st.lists(texts, max_size=6))
def test_normalised_texts_agree_with_the_definition(column: list[str]) -> None:
    expected = [reference.normalise(text) for text in column]
    assert normalise(text_column(column)).to_pylist() == expected
    assert [normalise_text(text) for text in column] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03bf\u03c3"),
        ("\u0130I\u0049\u0307", "\u0130i\u0130"),
        ("Stra\u00dfe \u1e9e", "stra\u00dfe \u00df"),
        ("\ufb00 \u2460 \uff21 \u212a", "ff 1 a k"),
        ("E\u0301", "\u00e9"),
    ],
)
def test_known_texts(text: str, expected: str) -> None:
    assert reference.normalise(text) == expected
    assert normalise(pa.array([text])).to_pylist() == [expected]


def test_every_code_point_agrees_with_the_definition() -> None:
    expected = [reference.normalise(text) for text in EVERY]
    assert normalise(pa.array(EVERY)).to_pylist() == expected
    assert lower("".join(EVERY)) == "".join(
        low if len(low := point.lower()) == 1 else point for text in EVERY for point in text
    )


@given(st.lists(texts, max_size=6), st.integers(1, 40))
def test_pieces_change_nothing(column: list[str], size: int) -> None:
    joined = [" ".join(column), *column]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_module, "_PIECE", size)
        normal, lowered = normalise(text_column(joined)), lower_fully(text_column(joined))
    assert normal.to_pylist() == [reference.normalise(text) for text in joined]
    assert lowered.to_pylist() == [text.lower() for text in joined]


def test_a_row_of_megabytes_is_normalised_as_any_other() -> None:
    period = "\ufb01ne \u039f\u0394\u039f\u03a3 e\u0301 \U0001f600\u0301"
    text = period * 200_000
    assert len(text.encode()) > 4 << 20
    assert normalise(text_column([text, "A"])).to_pylist() == [reference.normalise(text), "a"]


@pytest.mark.parametrize("kind", TEXT_TYPES, ids=str)
@pytest.mark.parametrize("column", [[], ["A", None, ""], ["A", None, "Ä"]])
def test_columns_of_any_text_type_are_read_and_null_is_empty(
    kind: pa.DataType, column: list[str | None]
) -> None:
    expected = [reference.normalise(text or "") for text in column]
    assert normalise(pa.array(column, kind)).to_pylist() == expected


@given(st.lists(rows, min_size=1, max_size=6))
def test_present_texts_are_joined_by_newlines(table: list[dict[str, str | None]]) -> None:
    columns = [pa.array([row[name] for row in table], pa.string()) for name in FIELDS]
    expected = ["\n".join(text for name in FIELDS if (text := row[name])) for row in table]
    assert join_present(columns).to_pylist() == expected
    assert join_present(columns[:1]).to_pylist() == [row["instruction"] or "" for row in table]


@given(st.lists(texts, max_size=6))
def test_ascii_rows_are_told(column: list[str]) -> None:
    assert is_ascii(buffers(text_column(column))).tolist() == [text.isascii() for text in column]
