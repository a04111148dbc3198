"""From the bytes of a row to its shingles, against the plain definitions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.recipe import PROFILES, Recipe, built_in, override
from tests import reference
from tests.strategies import texts
from transforms.kernels.adapters.alpaca import ADAPTER
from transforms.kernels.shingles import PART_TAGS, Shingles, shingle
from transforms.kernels.texts import Texts
from transforms.steps.parts import near_parts, parts_of, signed_by

COLUMNS = {"instruction": "a", "input": "b", "output": "c"}
INVALID = [
    b"\xed\xa0\xbd\xed\xb8\x80",
    b"\xed\xa0\x80",
    b"\xff",
    b"\xc3",
    b"\xe8\xaa",
    b"\xf0\x9f\x98",
    b"\xc0\x80",
]
"""Bytes that are no UTF-8: surrogates, alone and as a pair, characters that end too soon, a long NUL."""

fields = st.lists(st.one_of(st.sampled_from(INVALID), texts.map(str.encode)), max_size=6).map(b"".join)
rows = st.lists(st.tuples(fields, fields, fields), min_size=1, max_size=5)


def as_stored(values: Sequence[bytes]) -> pa.StringArray:
    """Column of text that holds some bytes as they are, as a file may."""
    data = pa.array(values, pa.large_binary())
    return pa.Array.from_buffers(pa.large_string(), len(data), data.buffers())


def read(table: Sequence[tuple[bytes, bytes, bytes]]) -> Texts:
    columns = [as_stored(values) for values in zip(*table, strict=True)]
    return ADAPTER.reading(COLUMNS).texts(pa.record_batch(columns, names=list(COLUMNS.values())))


def hash_lists(found: Shingles) -> list[list[int]]:
    return [row.tolist() for row in np.split(found.values, found.offsets[1:-1])]


@given(rows)
def test_shingles_are_those_of_the_definition_whatever_the_bytes(
    table: list[tuple[bytes, bytes, bytes]],
) -> None:
    decoded = [[field.decode(errors="replace") for field in row] for row in table]
    prompts = ["\n".join(text for text in row[:2] if text) for row in decoded]
    expected = [
        [reference.normalise(text) for text in part] for part in (prompts, [row[2] for row in decoded])
    ]
    found = parts_of(read(table), Recipe())
    assert [part.to_pylist() for part in found] == expected
    for part, column, tag in zip(expected, found, PART_TAGS, strict=True):
        listed = [reference.list_shingles(text) for text in part]
        hashed = hash_lists(shingle(column, tag))
        assert list(map(len, hashed)) == list(map(len, listed))
        pairs = {
            pair
            for ours, theirs in zip(hashed, listed, strict=True)
            for pair in zip(ours, theirs, strict=True)
        }
        assert len(pairs) == len({ours for ours, _ in pairs}) == len({theirs for _, theirs in pairs})


@pytest.mark.parametrize("similarity", ["parts", "joined"])
@pytest.mark.parametrize("profile", PROFILES)
def test_near_parts_are_of_the_profiles_text(profile: str, similarity: str) -> None:
    recipe = override(built_in(profile), {"dedup.similarity": similarity})
    table = read([("«What» ΟΔΟΣ №3?".encode(), b"", "Été 1,5".encode()), (b"", b"B", b"")])
    expected = {
        "normalised": (["«what» οδοσ no3?", "b"], ["été 1,5", ""]),
        "fineweb": (["what οδος №0", "b"], ["ete 0", ""]),
        "lower": (["«what» οδος №3?", "b"], ["été 1,5", ""]),
        "raw": (["«What» ΟΔΟΣ №3?", "B"], ["Été 1,5", ""]),
    }[recipe.dedup.shingles.text]
    found = [part.to_pylist() for part in near_parts(table, recipe)]
    if similarity == "parts":
        assert found == list(expected)
    else:
        between = " " if recipe.dedup.shingles.text == "fineweb" else "\n"
        assert found == [[f"{expected[0][0]}{between}{expected[1][0]}", expected[0][1]]]
    assert (found == [part.to_pylist() for part in parts_of(table, recipe)]) == (
        signed_by(recipe) == "content_hash"
    )
