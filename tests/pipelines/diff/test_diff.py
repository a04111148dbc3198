"""What moved between two releases: rows, against counting in plain Python, and distributions."""

from __future__ import annotations

import json
import resource
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from pipelines.diff import rows as diff_rows
from pipelines.diff import spill
from pipelines.diff.rows import find_moves
from pipelines.releases.release import open_release
from tests.refreshes import Shards
from tests.releases import Curate, Release, Row, recipe_for
from tests.rows import ask, ask_all, crowd, write_files, write_rows


def outcome(line: Row) -> str:
    kinds = {True: "exact_duplicate", False: "near_duplicate", None: "kept"}
    return "+".join(line["reasons"]) or kinds[line["exact"]]


def count(before: Release, after: Release) -> Counter[tuple[str | None, str | None]]:
    """Moves by outcome: equal outcomes of an id first, then what is left in order, then the surplus."""
    sides: list[dict[str, list[str]]] = [{}, {}]
    for side, release in zip(sides, (before, after), strict=True):
        for line in release.lines():
            side.setdefault(line["record_id"], []).append(outcome(line))
    moves: Counter[tuple[str | None, str | None]] = Counter()
    for record in sides[0].keys() | sides[1].keys():
        old, new = (Counter(side.get(record, [])) for side in sides)
        same = old & new
        moves.update({(name, name): rows for name, rows in same.items()})
        rest = [list((side - same).elements()) for side in (old, new)]
        size = max(map(len, rest))
        padded = [[*side, *[None] * (size - len(side))] for side in rest]
        moves.update(zip(*padded, strict=True))
    return moves


@pytest.fixture
def pair(curate: Curate, tmp_path: Path) -> tuple[Release, Release]:
    pattern = write_files(tmp_path / "in", crowd(9, 300), [100], 30)
    before = curate(pattern)
    Shards(Path(pattern).parent, Random(2)).change(0.2)
    rows = pq.read_table(tmp_path / "in" / "part-0.parquet").slice(20)
    pq.write_table(rows, tmp_path / "in" / "part-9.parquet")
    return before, curate(pattern, recipe=recipe_for(pattern, dedup__threshold=0.7))


def test_a_damaged_report_is_told_before_anything_is_written(
    pair: tuple[Release, Release], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = (str(release.folder) for release in pair)
    (pair[1].folder / "report" / "report.json").write_text("{}")
    assert main(["diff", before, after, "--parquet", f"{tmp_path}/moves.parquet"]) == 1
    assert "report.json: this file of the release is not what the manifest says" in capsys.readouterr().err
    assert not (tmp_path / "moves.parquet").exists()


def coarse(
    moves: Counter[tuple[str | None, str | None]],
) -> dict[str, int]:
    """Sums that do not depend on which of several rows of one id is paired with which."""
    return {
        "same": sum(rows for (old, new), rows in moves.items() if old == new),
        "entered": sum(rows for (old, _), rows in moves.items() if old is None),
        "left": sum(rows for (_, new), rows in moves.items() if new is None),
        "all": sum(moves.values()),
    }


@pytest.mark.parametrize("partition", [10**6, 50])
def test_rows_are_counted(
    pair: tuple[Release, Release], monkeypatch: pytest.MonkeyPatch, partition: int
) -> None:
    monkeypatch.setattr(diff_rows, "PARTITION_ROWS", partition)
    before, after = pair
    moves = find_moves(open_release(str(before.folder)), open_release(str(after.folder)), limit=10**30)
    wanted = coarse(count(before, after))
    assert {"same": moves.same, "entered": moves.entered, "left": moves.left} | {
        "all": sum(moves.counts.values())
    } == wanted
    assert moves.changed == wanted["all"] - wanted["same"] - wanted["entered"] - wanted["left"] > 0
    assert moves.entered > 0 < moves.left
    assert len(moves.examples) == moves.changed + moves.entered + moves.left
    ids = [line["record_id"] for line in moves.examples]
    assert ids == sorted(ids)
    check_places(moves.examples, before, after)


def test_more_partitions_than_files_may_be_open(
    pair: tuple[Release, Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = (open_release(str(release.folder)) for release in pair)
    whole = find_moves(before, after, limit=10**6)
    monkeypatch.setattr(diff_rows, "PARTITION_ROWS", 1)
    monkeypatch.setattr(spill, "_HELD_ROWS", 100)
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, allowed[1]))
    try:
        assert find_moves(before, after, limit=10**6) == whole
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, allowed)


def check_places(examples: list[dict[str, Any]], *releases: Release) -> None:
    """Each example's places hold a row of its id, with that outcome; none is named twice."""
    for side, release in zip(("before", "after"), releases, strict=True):
        lines = {(line["source"], line["file"], line["row"]): line for line in release.lines()}
        named = [
            tuple(line[f"{side}_{key}"] for key in ("source", "file", "row"))
            for line in examples
            if line[side] is not None
        ]
        assert len(set(named)) == len(named)
        for example in examples:
            if example[side] is not None:
                line = lines[tuple(example[f"{side}_{key}"] for key in ("source", "file", "row"))]
                assert (line["record_id"], outcome(line)) == (example["record_id"], example[side])


def test_rows_that_only_moved_are_the_same(curate: Curate, tmp_path: Path) -> None:
    write_rows(tmp_path / "in" / "a.parquet", ask_all(20))
    before = curate(f"{tmp_path}/in/*.parquet")
    write_rows(tmp_path / "in" / "a.parquet", [ask(at) for at in range(19, 9, -1)])
    write_rows(tmp_path / "in" / "b.parquet", [ask(at) for at in range(10)])
    after = curate(f"{tmp_path}/in/*.parquet")
    moves = find_moves(open_release(str(before.folder)), open_release(str(after.folder)))
    assert (moves.counts, moves.listed) == ({("kept", "kept"): 20}, [])
    assert before.manifest.content_digest == after.manifest.content_digest


@pytest.fixture
def small(curate: Curate, tmp_path: Path) -> tuple[Release, Release]:
    rows = [ask(1), ask(2), ask(2), ask(3), {"instruction": "", "output": "x"}]
    path = write_rows(tmp_path / "in.parquet", rows)
    before = curate(str(path))
    write_rows(path, [ask(1), ask(2), ask(4), ask(5), {"instruction": "", "output": "x"}])
    return before, curate(str(path), recipe=recipe_for(str(path), rules__output_empty__min_chars=5))


def test_page_and_json_say_the_same(
    small: tuple[Release, Release], capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [str(release.folder) for release in small]
    assert main(["diff", *folders, "--json", "--limit", "2"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rows"] == {
        "same": 2,
        "entered": 2,
        "left": 2,
        "changed": 1,
        "changed_verdict": 0,
        "kept_entered": 2,
        "kept_left": 1,
        "unreadable_before": 0,
        "unreadable_after": 0,
    }
    moves = {(move["before"], move["after"]): move["rows"] for move in found["moves"]}
    assert moves == {
        (None, "kept"): 2,
        ("kept", None): 1,
        ("exact_duplicate", None): 1,
        ("instruction_too_short", "instruction_too_short+output_empty"): 1,
    }
    assert len(found["examples"]) == 2
    assert [entry["measure"] for entry in found["drift"]][-1] == "outcomes"
    assert main(["diff", *folders, "--limit", "2"]) == 0
    page = capsys.readouterr().out
    assert "3 rows were kept, 4 are: 2 came, 1 went" in page
    assert "instruction_too_short+output_empty" in page
    assert found["examples"][0]["record_id"] in page


def test_drift_fits_a_terminal(
    small: tuple[Release, Release], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["diff", *(str(release.folder) for release in small), "--json"]) == 0
    measures = [entry["measure"] for entry in json.loads(capsys.readouterr().out)["drift"]]
    assert main(["diff", *(str(release.folder) for release in small)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines if line} >= set(measures)
    assert not any("\N{HORIZONTAL ELLIPSIS}" in line for line in lines)


def test_all_moves_go_to_a_file(
    small: tuple[Release, Release], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders, path = [str(release.folder) for release in small], tmp_path / "moves.parquet"
    (tmp_path / "file").write_text("no folder", "utf-8")
    assert main(["diff", *folders, "--parquet", f"{tmp_path}/file/moves.parquet"]) == 2
    assert f"{tmp_path}/file/moves.parquet cannot be written: " in capsys.readouterr().err
    assert main(["diff", *folders, "--parquet", str(path)]) == 0
    table = pq.read_table(path)
    assert Counter(table["change"].to_pylist()) == {"entered": 2, "left": 2, "changed": 1}
    capsys.readouterr()
    assert main(["diff", *folders, "--parquet", str(path)]) == 2
    assert "is there already" in capsys.readouterr().err


def test_the_same_release_differs_in_nothing(
    small: tuple[Release, Release], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", str(small[1].folder), str(small[1].root)]) == 0
    page = capsys.readouterr().out
    assert "the same rows in the same order" in page
    assert "4 rows were kept, 4 are: 0 came, 0 went" in page


def test_what_is_no_release_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(tmp_path), str(tmp_path)]) == 2
    assert main(["diff", str(tmp_path), str(tmp_path), "--limit", "-1"]) == 2
    assert "--limit takes a whole number from 0" in capsys.readouterr().err
