"""Takedown lists: what they name is rejected, counted, and does not come back."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from pipelines.errors import RunError, UsageError
from pipelines.planning import removals
from pipelines.releases.release import open_release
from pipelines.releases.verify import find_faults
from schemas.plan import Plan, Unit
from tests.releases import Curate, Release, recipe_for
from tests.rows import Row, ask, write_rows
from transforms.steps.reader import Reader

WORDS = [f"word{at}" for at in range(60)]
LONG = {"instruction": "Tell me.", "output": " ".join([*WORDS, "more", "and", "more"])}
SHORT = {"instruction": "Tell me.", "output": " ".join(WORDS)}
COPY = {"instruction": "TELL ME.", "output": LONG["output"]}


def write_input(folder: Path, rows: list[Row]) -> str:
    write_rows(folder / "in" / "a.parquet", rows, row_group_size=2)
    return f"{folder}/in/*.parquet"


def ids_of(release: Release) -> list[str]:
    found: list[str] = release.ledger["record_id"].to_pylist()
    return found


def name(folder: Path, *lines: str) -> str:
    path = folder / "takedown.txt"
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


def test_a_removed_row_is_no_survivor(curate: Curate, tmp_path: Path) -> None:
    pattern = write_input(tmp_path, [LONG, ask(1), SHORT, COPY, LONG])
    before = curate(pattern)
    assert before.verdicts() == ["duplicate", "kept", "duplicate", "kept", "duplicate"]
    after = curate(pattern, remove=[name(tmp_path, ids_of(before)[0])])
    lines = after.lines()
    assert [line["verdict"] for line in lines] == ["rejected", "kept", "duplicate", "kept", "rejected"]
    assert [lines[at]["reasons"] for at in (0, 4)] == [["removed"], ["removed"]]
    assert (lines[2]["survivor_row"], lines[2]["cluster"]) == (3, lines[3]["record_id"])
    assert after.manifest.counts.reasons["removed"] == 2
    assert {rule.name: rule.all for rule in after.report.rules}["removed"] == 2
    assert list(find_faults(open_release(str(after.folder)))) == []


def test_rows_of_a_place_are_removed(curate: Curate, tmp_path: Path) -> None:
    write_rows(tmp_path / "in" / "b.parquet", [ask(9)])
    pattern = write_input(tmp_path, [ask(at) for at in range(6)])
    lists = [name(tmp_path, "# asked for", "source=input file=a.* row=1-2", "file=b.parquet")]
    release = curate(pattern, remove=lists, unit_bytes=1)
    gone = [(line["file"], line["row"]) for line in release.lines() if line["reasons"] == ["removed"]]
    assert gone == [("a.parquet", 1), ("a.parquet", 2), ("b.parquet", 0)]


def test_a_list_may_begin_with_a_byte_order_mark(curate: Curate, tmp_path: Path) -> None:
    pattern = write_input(tmp_path, [ask(at) for at in range(4)])
    (tmp_path / "list").write_bytes(b"\xef\xbb\xbffile=a.parquet row=2\r\n")
    release = curate(pattern, remove=[str(tmp_path / "list")])
    assert release.verdicts() == ["kept", "kept", "rejected", "kept"]


def test_each_unit_is_looked_into_once_however_many_lines_name_it(
    curate: Curate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_rows(tmp_path / "in" / "b.parquet", [ask(at) for at in range(20, 24)])
    pattern = write_input(tmp_path, [ask(at) for at in range(8)])
    opened: list[tuple[int, int]] = []
    real = removals.open_unit

    def open_unit(plan: Plan, unit: Unit) -> Reader:
        opened.append((unit.file, unit.first_row))
        return real(plan, unit)

    monkeypatch.setattr(removals, "open_unit", open_unit)
    lines = [f"file=a.parquet row={rows}" for rows in ("1-4", "3", "2-2", "5", "900-1000")]
    release = curate(pattern, remove=[name(tmp_path, *lines)], unit_bytes=1)
    assert [line["row"] for line in release.lines() if line["reasons"] == ["removed"]] == [1, 2, 3, 4, 5]
    assert opened == [(0, row) for row in range(1, 6)]
    ids = ids_of(release)
    listed = (release.folder / "removals.txt").read_text("utf-8")
    assert f"row=1-4 id={','.join(sorted(ids[1:5]))}\n" in listed
    assert f"row=3-3 id={ids[3]}\n" in listed


def test_what_was_removed_never_returns(curate: Curate, tmp_path: Path) -> None:
    pattern = write_input(tmp_path, [ask(1), ask(2), ask(3)])
    first = curate(pattern)
    curate(pattern, remove=[name(tmp_path, ids_of(first)[1])])
    write_input(tmp_path, [ask(2), ask(4), ask(3)])
    third = curate(pattern, previous="latest")
    assert third.verdicts() == ["rejected", "kept", "kept"]
    more = curate(pattern, previous="latest", remove=[name(tmp_path, ids_of(first)[2])])
    assert more.verdicts() == ["rejected", "kept", "rejected"]
    named = (more.folder / "removals.txt").read_text().split()
    assert named == sorted(ids_of(first)[1:])
    assert curate(pattern, previous="latest").manifest.digest == more.manifest.digest
    assert curate(pattern).verdicts() == ["kept", "kept", "kept"]


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_rows_stay_down_wherever_a_refresh_has_them(curate: Curate, tmp_path: Path, kind: str) -> None:
    """A row's number holds for the input as it was when it was named; nobody else falls in its place."""

    def write(*rows: Row) -> str:
        path = tmp_path / "in" / f"a.{kind}"
        path.parent.mkdir(exist_ok=True)
        if kind == "jsonl":
            path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
        else:
            write_rows(path, list(rows), row_group_size=2)
        return f"{tmp_path}/in/*"

    lists = [name(tmp_path, f"file=a.{kind} row=1-2", "row=70")]
    first = curate(write(*map(ask, range(6))), remove=lists, unit_bytes=1)
    assert first.verdicts() == ["kept", "rejected", "rejected", "kept", "kept", "kept"]
    moved = write(ask(9), *map(ask, range(6)))
    for remove in ((), lists):
        second = curate(moved, previous="latest", remove=remove)
        assert second.verdicts() == ["kept", "kept", "rejected", "rejected", "kept", "kept", "kept"]
    ids = ",".join(sorted(ids_of(first)[1:3]))
    places = f"'source=*' 'file=*' row=70-70\n'source=*' file=a.{kind} row=1-2 id={ids}\n"
    assert (second.folder / "removals.txt").read_text("utf-8") == places
    assert curate(moved, previous="latest", remove=lists).run["repeats"]


def test_a_row_that_cannot_be_read_has_no_text_that_is_removed(curate: Curate, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(["{", "{}", json.dumps(ask(1)), json.dumps(ask(2))]), "utf-8")
    release = curate(str(path), remove=[name(tmp_path, "row=0"), name(tmp_path, "row=2")])
    reasons = [line["reasons"] for line in release.lines()]
    assert [("removed" in each) for each in reasons] == [False, False, True, False]


def test_rows_that_could_not_be_read_that_night_stay_down(curate: Curate, tmp_path: Path) -> None:
    rows = [json.dumps(ask(at)) for at in range(6)]
    path = tmp_path / "in [1]\u2028\n\x85.jsonl"

    def write(*lines: str) -> str:
        path.write_text("\n".join(lines), "utf-8")
        return f"{tmp_path}/in*.jsonl"

    lists = [name(tmp_path, "row=1-4")]
    first = curate(write(rows[0], rows[1], "{", "{", rows[4], rows[5]), remove=lists)
    assert first.verdicts() == ["kept", "rejected", "unreadable", "unreadable", "rejected", "kept"]
    for remove in (lists, ()):
        whole = curate(write(*rows), previous="latest", remove=remove)
        assert whole.verdicts() == ["kept", *["rejected"] * 4, "kept"]
    moved = curate(write(json.dumps(ask(9)), *rows), previous="latest")
    assert moved.verdicts() == ["kept", "kept", *["rejected"] * 4, "kept"]


def test_rows_of_a_file_that_could_not_be_read_that_night_stay_down(curate: Curate, tmp_path: Path) -> None:
    write_rows(tmp_path / "in" / "b.parquet", [ask(at) for at in range(20, 24)])
    pattern = write_input(tmp_path, [ask(at) for at in range(4)])
    whole = (tmp_path / "in" / "a.parquet").read_bytes()
    (tmp_path / "in" / "a.parquet").write_bytes(whole[:200])
    lists = [name(tmp_path, "row=1-2")]
    first = curate(pattern, remove=lists)
    assert "file=a.parquet row=1-2\n" in (first.folder / "removals.txt").read_text("utf-8")
    (tmp_path / "in" / "a.parquet").write_bytes(whole)
    for remove in (lists, ()):
        again = curate(pattern, previous="latest", remove=remove)
        assert again.verdicts() == ["kept", "rejected", "rejected", "kept"] * 2


def test_rows_past_the_cap_of_a_source_stay_down_once_it_is_lifted(curate: Curate, tmp_path: Path) -> None:
    write_rows(tmp_path / "in" / "b.parquet", [ask(at) for at in range(20, 24)])
    pattern = write_input(tmp_path, [ask(at) for at in range(6)])
    source = {"name": "input", "input": pattern}
    capped = recipe_for(pattern, sources=[{**source, "max_rows": 3}])
    first = curate(pattern, recipe=capped, remove=[name(tmp_path, "row=2-9")])
    assert first.verdicts() == ["kept", "kept", "rejected"]
    listed = (first.folder / "removals.txt").read_text("utf-8").splitlines()
    assert [line for line in listed if "id=" not in line] == [
        "source=input file=a.parquet row=3-5",
        "source=input file=b.parquet row=2-3",
    ]
    lifted = curate(pattern, previous="latest")
    assert lifted.verdicts() == [*["kept"] * 2, *["rejected"] * 4, *["kept"] * 2, *["rejected"] * 2]


def test_files_stay_named_whatever_the_ledger_calls_them(
    curate: Curate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another folder beside theirs, another split and another name of their source change what it does."""
    folder = tmp_path / "in"
    write_rows(folder / "data" / "a-1.parquet", [ask(1)])
    write_rows(folder / "data" / "b-1.parquet", [ask(2)])
    first = curate(str(folder), remove=[name(tmp_path, "source=input file=a-*")])
    assert first.verdicts() == ["rejected", "kept"]
    write_rows(folder / "more" / "c.parquet", [ask(3)])
    write_rows(folder / "more" / "test.parquet", [ask(4)])
    second = curate(str(folder), previous="latest")
    found = [(line["source"], line["file"], line["verdict"]) for line in second.lines()]
    assert found == [
        ("input/test", "test.parquet", "kept"),
        ("input/train", "data/a-1.parquet", "rejected"),
        ("input/train", "data/b-1.parquet", "kept"),
        ("input/train", "more/c.parquet", "kept"),
    ]
    recipe = recipe_for("x", sources=[{"name": "web", "input": f"{folder}/*/*.parquet"}])
    third = curate("x", recipe=recipe, previous="latest")
    assert [line["verdict"] for line in third.lines()] == ["rejected", "kept", "kept", "kept"]
    assert capsys.readouterr().err == ""
    (folder / "data" / "a-1.parquet").rename(folder / "data" / "d-1.parquet")
    fourth = curate("x", recipe=recipe, previous="latest")
    assert fourth.verdicts() == ["kept"] * 4
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert told[0].startswith(
        "tamis: no file of the input is any more one that the takedown list of release 0003 names by "
        "source=web file=data/a-1.parquet"
    )


def test_a_list_that_is_of_no_file_is_told_of(
    curate: Curate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pattern = write_input(tmp_path, [ask(1), ask(2)])
    curate(pattern, remove=[name(tmp_path, "file=b.parquet", "file=a.parquet row=0")])
    assert capsys.readouterr().err == (
        "tamis: no file of the input is one that the takedown list names by 'source=*' file=b.parquet\n"
    )


def test_removing_re_judges_nothing(curate: Curate, tmp_path: Path) -> None:
    pattern = write_input(tmp_path, [ask(at) for at in range(6)])
    first = curate(pattern)
    cached = {path: path.stat().st_ino for path in (first.root / ".cache").rglob("*.arrow")}
    curate(pattern, remove=[name(tmp_path, ids_of(first)[0])])
    assert {path: path.stat().st_ino for path in (first.root / ".cache").rglob("*.arrow")} == cached


def test_texts_that_were_removed_are_in_no_part(curate: Curate, tmp_path: Path) -> None:
    pattern = write_input(tmp_path, [LONG, SHORT, ask(1), {"instruction": "", "output": "x"}])
    ids = ids_of(curate(pattern))
    recipe = recipe_for(pattern, output__save_rejects=True)
    release = curate(pattern, recipe=recipe, remove=[name(tmp_path, ids[0])])
    assert release.verdicts() == ["rejected", "kept", "kept", "rejected"]
    assert release.read("rejects")["tamis_row"].to_pylist() == [3]
    assert list(find_faults(open_release(str(release.folder)))) == []


def test_rows_of_references_stay(curate: Curate, tmp_path: Path) -> None:
    known = write_rows(tmp_path / "known.parquet", [LONG])
    pattern = write_input(tmp_path, [SHORT, ask(1)])
    recipe = recipe_for(pattern, references=[{"name": "known", "input": str(known)}])
    release = curate(pattern, recipe=recipe, remove=[name(tmp_path, "file=known.parquet")])
    assert release.verdicts() == ["duplicate", "kept"]


def test_explain_says_so(curate: Curate, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pattern = write_input(tmp_path, [ask(1), ask(2)])
    root = curate(pattern, remove=[name(tmp_path, "row=1")]).root
    assert main(["explain", str(root), "a.parquet:1"]) == 0
    assert "Named by a takedown list" in capsys.readouterr().out


def test_going_back_warns_of_what_comes_back(
    curate: Curate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pattern = write_input(tmp_path, [ask(1), ask(2)])
    root = curate(pattern).root
    curate(pattern, remove=[name(tmp_path, "row=1")])
    assert main(["publish", str(root), "0001"]) == 0
    assert "rows that 1 lines of the takedown list removed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"what?", ", line 1: takes a record id"),
        (b"\xff", ": the takedown list cannot be read: it is not UTF-8"),
    ],
)
def test_what_is_no_list_is_refused(curate: Curate, tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        curate(write_input(tmp_path, [ask(1)]), remove=[str(path)])
    assert str(caught.value).startswith(f"{path}{words}")
    with pytest.raises(UsageError, match="nowhere: the takedown list cannot be read: "):
        curate(write_input(tmp_path, [ask(1)]), remove=[str(tmp_path / "nowhere")])


@pytest.mark.parametrize("changes", [{}, {"output__save_rejects": True}])
def test_texts_that_were_removed_are_in_no_export(
    curate: Curate, tmp_path: Path, changes: dict[str, object]
) -> None:
    pattern = write_input(tmp_path, [ask(1), {"instruction": "Secret words", "output": ""}, ask(2)])
    lists = [name(tmp_path, ids_of(curate(pattern))[0])]
    root = curate(pattern, recipe=recipe_for(pattern, **changes), remove=lists).root
    export = ["export", str(root), "--template", "default", "--verdict", "rejected", "--output"]
    assert main([*export, f"{tmp_path}/export"]) == 0
    rows = pq.read_table(f"{tmp_path}/export/data")
    assert len(rows) == 1
    assert "Secret words" in str(rows.to_pylist())


@pytest.mark.parametrize("damage", [b"", None])
def test_a_list_that_is_damaged_is_not_followed(
    curate: Curate, tmp_path: Path, damage: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else what was taken down would be back, and the next release would not know."""
    pattern = write_input(tmp_path, [ask(1), ask(2)])
    first = curate(pattern)
    second = curate(pattern, remove=[name(tmp_path, ids_of(first)[0])])
    path = second.folder / "removals.txt"
    path.unlink() if damage is None else path.write_bytes(damage)
    with pytest.raises(RunError, match="what must not return"):
        curate(pattern, previous="latest")
    assert main(["publish", str(first.root), "0001"]) == 0
    assert "what the release before had removed cannot be read" in capsys.readouterr().err
    assert (first.root / "LATEST").read_text("utf-8") == "0001\n"
