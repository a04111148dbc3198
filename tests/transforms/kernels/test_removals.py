"""Takedown lists: what they name, and what is no list."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from transforms.kernels.removals import Marker, Pattern, Removals, glob_of, read_removals
from transforms.kernels.rows import as_words, from_hex

IDS = st.integers(0, 2**128 - 1).map(lambda value: f"{value:032x}")
GLOBS = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1, max_size=9)
ROWS = st.tuples(st.integers(0, 99), st.integers(0, 99)).map(sorted)
PATTERNS = st.builds(
    lambda source, file, rows, ids: Pattern(source, file, *rows, ids) if rows else Pattern(source, file),
    GLOBS,
    GLOBS,
    st.none() | ROWS,
    st.frozensets(IDS, max_size=2),
)
LISTS = st.builds(Removals, st.frozensets(IDS, max_size=4), st.frozensets(PATTERNS, max_size=4))


@given(LISTS)
def test_a_list_reads_back_the_same(removals: Removals) -> None:
    assert read_removals(str(removals)) == removals
    assert len(removals) == str(removals).count("\n")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9))
@example("a\nb")
@example("a\u2028[*]\x85\x1c\rb")
def test_the_glob_of_a_name_is_of_it_and_fits_in_a_line(name: str) -> None:
    removals = Removals(patterns=frozenset({Pattern(glob_of(name), glob_of(name), 3, 5)}))
    (pattern,) = read_removals(str(removals)).patterns
    assert pattern.is_of(name, name)
    assert removals.patterns == {pattern}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(end: str) -> None:
    assert len(read_removals(f"file=a{end}{end}# b{end}file=c row=3{end}")) == 2
    with pytest.raises(ValueError, match=r"^line 3"):
        read_removals(f"file=a{end}{end}what?")


@given(LISTS, LISTS)
def test_lists_add_up(one: Removals, other: Removals) -> None:
    assert read_removals(str(one) + str(other)) == one | other
    assert not (one - one)
    assert (one | other) - other == one - other


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("abc", "line 1: takes a record id of 32 hex digits, or source, file, row, id once each"),
        ("# fine\n\nfile=a url=b", "line 3: takes a record id"),
        ("file=a file=b", "line 1: takes a record id"),
        ("file=", "line 1: takes a record id"),
        ("row=x", "line 1: row takes a number or a range such as 10-19, found 'row=x'"),
        ("row=9 id=7", "line 1: id takes the record ids of the rows that row names, found 'row=9 id=7'"),
        (f"file=a id={'0' * 32}", "line 1: id takes the record ids"),
        ("row=9-1", "line 1: row takes a range that does not run backwards"),
        ("file='a", "line 1: No closing quotation"),
        ("0" * 31, "line 1: takes a record id"),
    ],
)
def test_what_is_no_list_is_told_by_line(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"^line") as caught:
        read_removals(text)
    assert str(caught.value).startswith(words)


def test_rows_are_marked_by_id_and_by_place() -> None:
    ids = [f"{value:032x}" for value in (7, 8, 9, 8)]
    words = as_words(from_hex(pa.array(ids)))

    def marked(text: str, source: str = "web", file: str = "a/part-1.parquet") -> list[int]:
        mark = Marker(read_removals(text))
        return np.flatnonzero(mark(source, file, np.arange(10, 14), lambda: words)).tolist()

    assert marked(ids[1].upper()) == [1, 3]
    assert marked("source=web") == [0, 1, 2, 3]
    assert marked("source=w* file=b/*") == []
    assert marked("file=a/*.parquet row=12") == [2]
    assert marked("row=11-99") == [1, 2, 3]
    assert marked(f"row=10\n{ids[2]}") == [0, 2]
    assert marked("source=WEB") == []
    assert marked("") == []
