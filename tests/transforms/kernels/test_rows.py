"""Identity of rows: encodings, record ids, content hashes and digests."""

from __future__ import annotations

import hashlib
import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.example import FIELDS
from tests.columns import TEXT_TYPES, text_column
from tests.strategies import rows
from transforms.kernels.rows import (
    as_words,
    content_hashes,
    digest_rows,
    from_hex,
    hash_rows,
    holds_words,
    order_words,
    place_words,
    record_ids,
    record_ids_of_turns,
    sum_hashes,
)

framing = st.text(st.sampled_from("0123:-ab\n\x00"), max_size=4)
"""Texts made of what frames are made of."""

byte_strings = st.lists(st.binary(max_size=3), max_size=12)


def blake(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def hashes_of(items: list[bytes]) -> pa.FixedSizeBinaryArray:
    return hash_rows(pa.array([b"before", *items], pa.large_binary())[1:])


@given(byte_strings)
def test_hashes_are_blake2b_and_words_sort_as_they_do(items: list[bytes]) -> None:
    hashes = hashes_of(items)
    assert hashes.to_pylist() == list(map(blake, items))
    words = as_words(hashes)
    assert [high << 64 | low for high, low in words.tolist()] == [
        int.from_bytes(blake(item), "big") for item in items
    ]
    assert np.array_equal(as_words(hashes[1:]), words[1:])


@given(st.lists(rows, min_size=1, max_size=8))
def test_a_record_id_is_of_the_fields_that_hold_text(table: list[dict[str, str | None]]) -> None:
    columns = {name: pa.array([row[name] for row in table], pa.string()) for name in FIELDS}
    expected = [
        blake(b"".join(b"%s%d:%s" % (name.encode(), len(text), text) for name, text in filled(row)))
        for row in table
    ]
    assert record_ids(columns).to_pylist() == expected


def filled(row: dict[str, str | None]) -> list[tuple[str, bytes]]:
    return [(name, text.encode()) for name in FIELDS if (text := row[name])]


@given(st.lists(st.fixed_dictionaries({name: st.none() | framing for name in FIELDS}), max_size=12))
def test_record_ids_are_equal_where_fields_are(table: list[dict[str, str | None]]) -> None:
    columns = {name: pa.array([row[name] for row in table], pa.string()) for name in FIELDS}
    ids = record_ids(columns).to_pylist()
    fields = [tuple(filled(row)) for row in table]
    assert len(set(zip(ids, fields, strict=True))) == len(set(ids)) == len(set(fields))


def test_a_text_in_another_field_is_another_record() -> None:
    fields = {
        name: text_column(["x" if at == role else None for at in range(3)])
        for role, name in enumerate(FIELDS)
    }
    assert len(set(record_ids(fields).to_pylist())) == 3


@pytest.mark.parametrize("kind", TEXT_TYPES, ids=str)
def test_record_ids_do_not_depend_on_the_type_of_a_column(kind: pa.DataType) -> None:
    column: list[str | None] = ["a", None, "", "é"]
    expected = record_ids({"instruction": pa.array(column), "output": pa.array(column)}).to_pylist()
    assert expected[1] == expected[2]
    assert (
        record_ids({name: pa.array(column, kind) for name in ("instruction", "output")}).to_pylist()
        == expected
    )


@given(st.lists(st.tuples(framing, framing), max_size=12))
def test_content_hashes_are_equal_where_all_parts_are(contents: list[tuple[str, str]]) -> None:
    parts = [text_column([content[part] for content in contents]) for part in (0, 1)]
    hashes = content_hashes(parts).to_pylist()
    assert len(set(zip(hashes, contents, strict=True))) == len(set(hashes)) == len(set(contents))


def digest(items: list[bytes], first: int = 0) -> int:
    return digest_rows([pa.array(items, pa.large_binary())], first)


@given(byte_strings, st.integers(0, 12), st.integers(0, 12), st.integers(0, 2**40))
def test_digests_join_at_any_cut(items: list[bytes], one: int, other: int, first: int) -> None:
    low, high = sorted((min(one, len(items)), min(other, len(items))))
    pieces = [(0, low), (low, high), (high, len(items))]
    joined = sum(digest(items[start:stop], first + start) for start, stop in pieces)
    assert joined % 2**128 == digest(items, first)


@given(st.lists(byte_strings, max_size=6))
def test_digests_differ_where_rows_or_their_order_do(lists: list[list[bytes]]) -> None:
    lists += [list(reversed(items)) for items in lists] + [[*items, b""] for items in lists]
    assert len({digest(items) for items in lists}) == len(set(map(tuple, lists)))


def plain_sum(items: list[bytes]) -> int:
    """Sum of the hashes, in Python's own numbers."""
    return sum(int.from_bytes(blake(item), "big") for item in items) % 2**128


@given(byte_strings, st.integers(0, 12))
def test_a_sum_of_hashes_is_their_sum(items: list[bytes], cut: int) -> None:
    whole = sum_hashes(hashes_of(items))
    assert whole == plain_sum(items)
    pieces = [sum_hashes(hashes_of(piece)) for piece in (items[:cut], items[cut:])]
    assert sum(pieces) % 2**128 == whole
    assert sum_hashes(hashes_of(items)[cut:]) == pieces[1]


def test_a_sum_of_hashes_carries_and_knows_no_order() -> None:
    items = [str(row).encode() for row in range(5000)]
    shuffled = random.Random(2).sample(items, len(items))
    assert sum_hashes(hashes_of(items)) == sum_hashes(hashes_of(shuffled)) == plain_sum(items)
    assert sum_hashes(hashes_of([*items, b"0"])) != sum_hashes(hashes_of(items))


@given(byte_strings)
def test_hashes_come_back_from_their_digits(items: list[bytes]) -> None:
    hashes = hashes_of(items)
    digits = pa.array([value.hex() for value in hashes.to_pylist()], pa.string())
    assert from_hex(digits).to_pylist() == hashes.to_pylist()


def test_no_rows_have_digests_too() -> None:
    none = hashes_of([])
    assert (sum_hashes(none), len(as_words(none)), digest([])) == (0, 0, 0)
    assert record_ids({name: pa.array([], pa.string()) for name in FIELDS}).to_pylist() == []


few = st.integers(0, 3)
some_words = st.lists(st.tuples(few, few), max_size=20).map(
    lambda pairs: np.array(pairs, np.uint64).reshape(-1, 2)
)


@given(some_words)
def test_words_are_ordered_by_both(words: np.ndarray) -> None:
    expected = sorted(range(len(words)), key=lambda row: (*words[row].tolist(), row))
    assert order_words(words).tolist() == expected


@given(some_words, some_words)
def test_words_are_found_where_they_stand(known: np.ndarray, wanted: np.ndarray) -> None:
    held, asked = [tuple(pair) for pair in known.tolist()], [tuple(pair) for pair in wanted.tolist()]
    assert place_words(known, wanted).tolist() == [held.index(one) if one in held else -1 for one in asked]
    ordered = known[order_words(known)]
    assert holds_words(ordered, wanted).tolist() == [one in held for one in asked]


Turn = tuple[str, str]


def ids_of_turns(*turns: Turn) -> bytes:
    roles = pa.array([role for role, _ in turns], pa.string())
    texts = pa.array([text for _, text in turns], pa.large_string())
    found = record_ids_of_turns(pa.nulls(1, pa.string()), np.array([0, len(turns)]), roles, texts)
    return bytes(found[0].as_py())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([("user", "x"), ("assistant", "y")], [("instruction", "x"), ("output", "y")]),
        ([("x", "abZ7:1234567")], [("x1", "ab"), ("Z", "1234567")]),
        ([("function", "1")], [("function1", "")]),
        ([("user", "x")], [("\0004:user", "x")]),
        ([("a", ""), ("b", "")], [("b", ""), ("a", "")]),
    ],
)
def test_turns_of_other_roles_are_other_rows(one: list[Turn], other: list[Turn]) -> None:
    """What was found of a row is taken over by its id, also where the roles were other names before."""
    assert ids_of_turns(*one) != ids_of_turns(*other)


turns = st.lists(st.tuples(st.sampled_from(["user", "tool", "a", "a1", "\0", "1:", ":"]), st.text("a1:\0")))


@given(turns, turns)
def test_ids_tell_all_turns_apart(one: list[Turn], other: list[Turn]) -> None:
    assert (ids_of_turns(*one) == ids_of_turns(*other)) == (one == other)
