"""Slots, and the errors that a wrong phrase gives."""

from __future__ import annotations

from random import Random

import pytest

from pipelines.sample.grammar import expand


def test_slots_are_filled_until_none_is_left() -> None:
    scope = {"greeting": ["{Word} there"], "word": ["hello"]}
    assert expand("{greeting}, {word}!", scope, Random(1)) == "Hello there, hello!"


def test_braces_of_code_stay() -> None:
    code = 'if (x) { y(); } {"key": 1} {}'
    assert expand(code, {}, Random(1)) == code


def test_styles_join_different_items() -> None:
    scope = {"tips": ["rest", "run", "eat"]}
    lines = expand("{tips|3 numbered}", scope, Random(1)).splitlines()
    assert [line[:3] for line in lines] == ["1. ", "2. ", "3. "]
    assert sorted(line[3:] for line in lines) == ["eat", "rest", "run"]
    assert expand("{tips|all commas}", scope, Random(1)) == "rest, run, eat"


def test_more_items_than_there_are_may_repeat() -> None:
    assert expand("{tip|3 lines}", {"tip": ["rest"]}, Random(1)) == "rest\nrest\nrest"


@pytest.mark.parametrize(("phrase", "missing"), [("{tip}", "'tip'"), ("{pet.age}", "'pet.age'")])
def test_unknown_names_are_named(phrase: str, missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        expand(phrase, {"pet": {"name": "cat"}}, Random(1))


def test_record_without_a_field_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"one of \['name'\]"):
        expand("{pet}", {"pet": {"name": "cat"}}, Random(1))
