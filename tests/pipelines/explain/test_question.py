"""What a RECORD may be, and what is said of one that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.explain.lookup import look_up
from pipelines.explain.question import ById, ByPlace, parse_record
from pipelines.releases.release import Release, open_release


@pytest.fixture
def opened(release: Path) -> Release:
    return open_release(str(release))


def test_digits_are_a_record_id(opened: Release) -> None:
    assert parse_record("ABCDEF", opened) == ById("abcdef")
    assert parse_record("0" * 32, opened) == ById("0" * 32)


@pytest.mark.parametrize(
    "name",
    [
        "a/part.parquet",
        "input/a/part.parquet",
        "data/a/part.parquet",
        "{folder}/data/a/part.parquet",
        "{folder}/out/../data/a/part.parquet",
    ],
)
def test_file_goes_by_any_name_that_means_it_alone(opened: Release, release: Path, name: str) -> None:
    question = parse_record(name.format(folder=release.parent) + ":7", opened)
    assert isinstance(question, ByPlace)
    assert (question.file.file, question.row) == ("a/part.parquet", 7)


def test_file_goes_by_a_path_from_the_working_folder(
    opened: Release, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(release.parent / "data" / "b")
    question = parse_record("./part.parquet:0", opened)
    assert isinstance(question, ByPlace)
    assert question.file.file == "b/part.parquet"


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ("abc", "a record id has 32 hex digits, of which at least 6 are needed; abc has 3"),
        ("0" * 33, "at least 6 are needed; 0+ has 33"),
        ("0" * 32, "release 0001 has no row whose record id is 0+$"),
        ("0000000", "release 0001 has no row whose record id begins with 0000000$"),
        ("part.parquet:0", "part.parquet may be a/part.parquet or b/part.parquet; name one of them"),
        ("x.parquet:0", "x.parquet is no input file of release 0001, which has a/part.parquet, b/part"),
        ("a/part.parquet:x", "x is neither a record id nor FILE:ROW of release 0001"),
        ("a/part.parquet:6", "a/part.parquet has 6 rows, counted from 0; there is no row 6"),
        ("b/part.parquet:6", "b/part.parquet has 6 rows, counted from 0; there is no row 6"),
        ("a/part.parquet", "a/part.parquet has 6 rows; say which one is meant, as in a/part.parquet:0"),
        ("", "is neither a record id nor FILE:ROW"),
    ],
)
def test_wrong_record_is_told_in_one_sentence(opened: Release, record: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as error:
        look_up(opened, record)
    assert "\n" not in str(error.value)
