"""Text of somebody else's: what would hide is written out, what belongs to a script stays."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cli import main
from pipelines.escapes import escape, one_line
from tests.shown import SHOWN


@given(st.text())
def test_no_control_or_bidi_character_is_left(text: str) -> None:
    joiners = "\u200c\u200d"
    left = {char for char in escape(text) if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"}}
    assert left <= {"\n", "\t", *joiners}
    assert not {"\n", "\t"} & set(one_line(text))


@pytest.mark.parametrize(("text", "shown"), SHOWN)
def test_escape_shows_what_hides_and_leaves_what_belongs(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_names_in_errors_do_nothing_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "/nowhere/a\x1b[31m\u202e\x9b", "x"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("tamis: there is no release at /nowhere/a\\x1b[31m\\u202e\\x9b")
