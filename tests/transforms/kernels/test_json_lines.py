"""Lines of JSON: what is a row, and what is said of a line that is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.kernels.json_lines import cut_lines, read_lines


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"a": 1', "Expecting ',' delimiter"),
        (b'{"a": 1} {"a": 2}', "Extra data"),
        (b"[1, 2]", "expected an object, found a list"),
        (b"null", "expected an object, found null"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": -Infinity}', "-Infinity is not JSON"),
        (b'{"a": 1e999}', "1e999 is too large a number"),
        (b'{"a": {"b": 1, "b": 2}}', "the key 'b' stands twice"),
        (b'{"anna@web.de": 1, "anna@web.de": 2}', "the key '[EMAIL]' stands twice"),
        (b'{"' + b"x" * 99 + b'": 1, "' + b"x" * 99 + b'": 2}', "the key '" + "x" * 40 + "' stands twice"),
        (b'{"a": "\xff"}', "byte 7 of the line is not UTF-8"),
        (b'{"a": "\\ud800"}', "half a surrogate pair is no character"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", "it is nested too deeply"),
        (b'{"a": ' * 101 + b"1" + b"}" * 101, "it is nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a whole number has more than 4,300 digits"),
        (b'{"a": "\x00"}', "Invalid control character at character 7 of the line"),
    ],
)
def test_damaged_lines_say_why(line: bytes, problem: str) -> None:
    found = read_lines([b"{}", line, b'{"b": 1}'])
    assert found.objects == [{}, None, {"b": 1}]
    assert problem in found.damaged[1]


def test_a_hundred_levels_are_not_too_deep() -> None:
    lines = [b'{"a": ' + b"[" * 99 + b"]" * 99 + b"}", b'{"a": ' * 100 + b"1" + b"}" * 100]
    assert read_lines(lines).damaged == {}


def test_whole_surrogate_pairs_are_characters() -> None:
    assert read_lines([b'{"a": "\\ud83d\\ude00"}']).objects == [{"a": "\N{GRINNING FACE}"}]


def test_numbers_are_read_as_they_stand() -> None:
    (row,) = read_lines([b'{"a": 9007199254740993, "b": 123456789012345678901234567890, "c": 0.1}']).objects
    assert row == {"a": 9007199254740993, "b": 123456789012345678901234567890, "c": 0.1}


@given(st.lists(st.sampled_from(["", " ", "\r", '{"a": 1}', "x", '{"b": "é"}\r'])))
def test_lines_stand_where_they_are_said_to(lines: list[str]) -> None:
    data = "\n".join(lines).encode()
    found, starts = cut_lines(data)
    assert [data[start : start + len(line)] for line, start in zip(found, starts, strict=True)] == found
    assert [line.decode().strip() for line in found] == [line.strip() for line in lines if line.strip()]


@given(st.dictionaries(st.text(), st.text(st.characters(codec="utf-8"))))
def test_every_object_comes_back(row: dict[str, str]) -> None:
    row = {key: value for key, value in row.items() if key.isprintable()}
    assert read_lines([json.dumps(row).encode()]).objects == [row]


def test_the_key_that_stands_twice_is_found_among_many() -> None:
    """Counting them anew for each would take minutes."""
    keys = ",".join(f'"{number}":0' for number in range(200_000))
    assert read_lines([f'{{{keys},"199999":1}}'.encode()]).damaged == {0: "the key '199999' stands twice"}
