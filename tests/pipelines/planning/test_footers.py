"""Which files are read, what they are called, and which are refused before any work."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.errors import RunError, UsageError
from pipelines.planning import plan_run
from pipelines.planning.footers import read_footers
from tests.releases import Curate, Row, recipe_for
from tests.rows import ask, ask_all, write_rows


def source(name: str, pattern: str | list[str], **keys: object) -> Row:
    return {"name": name, "input": pattern, **keys}


def files(*patterns: str) -> list[str]:
    """Names of the files that a run on some globs would read."""
    plan = plan_run(recipe_for(list(patterns)), None, 1 << 20, None)
    assert all(Path(file.path).is_absolute() for file in plan.files)
    return [file.name for file in plan.files]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the process stands in, with files of one name in three others."""
    for at, name in enumerate(("a", "b/x", "b/y")):
        write_rows(tmp_path / name / "part.parquet", [ask(at)])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_names_start_after_what_all_globs_share(folder: Path) -> None:
    assert files(f"{folder}/a/*.parquet", f"{folder}/b/*/part.parquet") == [
        "a/part.parquet",
        "b/x/part.parquet",
        "b/y/part.parquet",
    ]
    assert files(f"{folder}/b/*/*.parquet") == ["x/part.parquet", "y/part.parquet"]
    assert files(f"{folder}/a/part.parquet") == ["part.parquet"]


def test_of_a_footer_only_sizes_of_row_groups_are_kept(tmp_path: Path) -> None:
    """The whole takes a kilobyte for each column of each row group, of all files at once."""
    path = write_rows(tmp_path / "in.parquet", ask_all(10), row_group_size=4)
    (footer,) = read_footers(recipe_for(str(path)))
    metadata = pq.read_metadata(path)
    sizes = [metadata.row_group(at).total_byte_size for at in range(3)]
    assert footer.groups is not None
    assert footer.groups.tolist() == [[rows, size] for rows, size in zip((4, 4, 2), sizes, strict=True)]
    assert footer.size == sum(sizes)
    assert not any(isinstance(part, pq.FileMetaData) for part in footer)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "patterns",
    [["b/x/*.parquet", "b/y/*.parquet"], ["./b/x/*", "./b/y/*"], ["b/*/part.parquet"], ["a/../b/?/*"]],
    ids=str,
)
def test_names_stay_apart_for_relative_globs(patterns: list[str]) -> None:
    assert files(*patterns) == ["x/part.parquet", "y/part.parquet"]


def test_names_in_the_ledger_tell_files_apart(curate: Curate, folder: Path) -> None:
    ledger = curate("*/part.parquet", root=folder / "output").ledger
    assert ledger["file"].to_pylist() == ["a/part.parquet"]
    ledger = curate("b/*/part.parquet", root=folder / "output").ledger
    assert ledger["file"].to_pylist() == ["x/part.parquet", "y/part.parquet"]


def test_file_in_two_globs_is_read_once(folder: Path) -> None:
    assert files("a/*.parquet", "a/part.parquet", "./a/p*", f"{folder}/a/*") == ["part.parquet"]


def test_file_in_two_sources_is_refused(curate: Curate, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "part.parquet", ask_all(3))
    recipe = recipe_for("", sources=[source("a", str(path)), source("b", f"{tmp_path}/p*.parquet")])
    with pytest.raises(UsageError, match=r"part\.parquet belongs to two sources: a and b"):
        curate("", recipe=recipe)
    assert not (tmp_path / "output").exists()


def test_sources_have_columns_and_ranks_of_their_own(curate: Curate, tmp_path: Path) -> None:
    write_rows(tmp_path / "first.parquet", [*ask_all(3), ask(0)])
    named = [{"question": row["instruction"], "answer": row["output"], "context": ""} for row in ask_all(5)]
    write_rows(tmp_path / "second.parquet", named)
    columns = {"instruction": "question", "input": "context", "output": "answer"}
    sources = [
        source("first", str(tmp_path / "first.parquet")),
        source("second", str(tmp_path / "second.parquet"), columns=columns, priority=2),
    ]
    release = curate("", recipe=recipe_for("", sources=sources))
    assert release.ledger["source"].to_pylist() == ["first"] * 4 + ["second"] * 5
    assert release.ledger["file"].to_pylist() == ["first.parquet"] * 4 + ["second.parquet"] * 5
    assert release.verdicts() == ["duplicate"] * 4 + ["kept"] * 5
    assert release.ledger["survivor_source"].to_pylist() == ["second"] * 4 + [None] * 5
    assert release.ledger["survivor_row"].to_pylist() == [0, 1, 2, 0, *[None] * 5]
    assert release.curated["question"].to_pylist() == [row["question"] for row in named]
    assert release.curated["instruction"].null_count == 5


def test_cut_file_is_one_line_of_the_ledger(curate: Curate, tmp_path: Path) -> None:
    for name, low in (("a", 0), ("b", 10), ("c", 20)):
        write_rows(tmp_path / f"{name}.parquet", [ask(low + at) for at in range(5)])
    whole = (tmp_path / "b.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "c.parquet").write_bytes(b"")
    release = curate(f"{tmp_path}/*.parquet")
    assert release.verdicts() == ["kept"] * 5 + ["unreadable"] * 2
    for line, name in zip(release.lines()[5:], ("b.parquet", "c.parquet"), strict=True):
        assert line["file"] == name
        assert [line[key] for key in ("row_group", "row", "record_id", "rows_lost")] == [None] * 4
        assert line["error"]
        assert line["reasons"] == ["unreadable"]
    assert release.manifest.counts.verdicts == {"kept": 5, "rejected": 0, "duplicate": 0, "unreadable": 2}
    assert release.report.rows.unreadable_of_unknown_size == 2
    assert [record.rows for record in release.manifest.inputs] == [5, None, None]


def test_nothing_that_can_be_read_is_no_release(curate: Curate, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"")
    with pytest.raises(RunError, match=r"none of the 1 input files can be read; .*a\.parquet"):
        curate(f"{tmp_path}/*.parquet")


def test_column_that_stands_twice_is_refused(curate: Curate, tmp_path: Path) -> None:
    text = pa.array(["Say it."])
    pq.write_table(
        pa.table([text, text, text, text], ["instruction", "output", "x", "x"]), tmp_path / "a.parquet"
    )
    with pytest.raises(UsageError, match="more than one column named x"):
        curate(f"{tmp_path}/*.parquet")
