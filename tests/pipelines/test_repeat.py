"""A refresh that finds nothing changed is the release before once more, and no other refresh is."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import run
from pipelines.cli import main
from pipelines.engines import in_memory
from pipelines.errors import RunError, UsageError
from schemas.recipe import Recipe, override
from tests.releases import Curate, Release, recipe_for
from tests.rows import crowd, write_files, write_rows
from transforms.steps.parquet import UnitReader

PARTS = ("curated", "verdicts", "duplicates")


@pytest.fixture
def pattern(tmp_path: Path) -> str:
    return write_files(tmp_path / "in", crowd(3, 200), [80, 150], 30)


def parts(release: Release) -> dict[str, bytes]:
    return {path: content for path, content in release.contents().items() if path.startswith(PARTS)}


def refresh(curate: Curate, pattern: str, **request: object) -> Release:
    return curate(pattern, previous="latest", **request)


def test_it_is_what_a_whole_run_makes(curate: Curate, pattern: str, tmp_path: Path) -> None:
    first = refresh(curate, pattern)
    second = refresh(curate, pattern)
    whole = curate(pattern, root=tmp_path / "elsewhere")
    assert [release.run["repeats"] for release in (first, second, whole)] == [False, True, False]
    assert parts(second) == parts(whole)
    assert len(parts(second)) == sum(len(second.parts(kind)) for kind in PARTS)
    for record in ("inputs", "counts", "columns", "digest", "content_digest", "versions"):
        assert getattr(second.manifest, record) == getattr(whole.manifest, record)
    assert second.report.model_copy(update={"moved": None, "release": "0001"}) == whole.report
    assert main(["verify", str(second.folder)]) == 0


def test_it_needs_no_cache_and_no_earlier_release(curate: Curate, pattern: str, tmp_path: Path) -> None:
    first = refresh(curate, pattern)
    other = curate(pattern, root=tmp_path / "elsewhere", previous=str(first.folder))
    assert other.run["repeats"]
    assert parts(other) == parts(first)
    assert main(["prune", str(first.root), "--keep", "1"]) == 0
    assert main(["verify", str(other.folder)]) == 0


def test_the_report_says_that_nothing_moved(
    curate: Curate, pattern: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = refresh(curate, pattern)
    second = refresh(curate, pattern, quiet=False)
    assert "nothing has changed since release 0001\n" in capsys.readouterr().out
    moved, kept = second.report.moved, first.report.rows.kept
    assert moved is not None
    assert (moved.release, moved.stayed, moved.entered, moved.left) == ("0001", kept, 0, 0)
    assert all(drift.jensen_shannon_divergence == 0 for drift in moved.drift)


def test_a_byte_of_a_file_of_the_same_size_is_noticed(curate: Curate, tmp_path: Path) -> None:
    pattern = write_files(tmp_path / "in", crowd(3, 60), [], 30)
    path = tmp_path / "in" / "part-0.parquet"
    table = pq.read_table(path)
    plain = {"compression": "none", "use_dictionary": False, "write_statistics": False}
    pq.write_table(table, path, row_group_size=30, **plain)
    first, size = refresh(curate, pattern), path.stat().st_size
    outputs = table["output"].to_pylist()
    outputs[3] = f"{outputs[3][:-1]}x"
    at = table.column_names.index("output")
    pq.write_table(table.set_column(at, "output", [outputs]), path, row_group_size=30, **plain)
    assert path.stat().st_size == size
    second = refresh(curate, pattern)
    assert not second.run["repeats"]
    assert second.lines()[3]["record_id"] != first.lines()[3]["record_id"]


def test_another_recipe_is_no_repetition(curate: Curate, pattern: str) -> None:
    refresh(curate, pattern)
    recipe = recipe_for(pattern, dedup__threshold=0.7)
    assert [refresh(curate, pattern, recipe=recipe).run["repeats"] for _ in range(2)] == [False, True]


def test_a_takedown_is_no_repetition_and_then_is(curate: Curate, pattern: str, tmp_path: Path) -> None:
    first = refresh(curate, pattern)
    lists = tmp_path / "lists.txt"
    kept = next(line["record_id"] for line in first.lines() if line["verdict"] == "kept")
    lists.write_text(f"{kept}\n")
    second, third = (refresh(curate, pattern, remove=[str(lists)]) for _ in range(2))
    fourth = refresh(curate, pattern)
    assert [release.run["repeats"] for release in (second, third, fourth)] == [False, True, True]
    assert parts(fourth) == parts(second)
    assert (fourth.folder / "removals.txt").read_text() == f"{kept}\n"


def test_the_rows_may_lie_elsewhere(curate: Curate, pattern: str, tmp_path: Path) -> None:
    first = refresh(curate, pattern)
    (tmp_path / "in").rename(tmp_path / "moved")
    second = refresh(curate, f"{tmp_path}/moved/*.parquet")
    assert second.run["repeats"]
    assert [record.path for record in second.manifest.inputs] == [
        record.path.replace("/in/", "/moved/") for record in first.manifest.inputs
    ]


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_damaged_part_is_not_taken_over(
    curate: Curate, pattern: str, harm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = refresh(curate, pattern)
    whole, part = parts(first), first.parts("verdicts")[0]
    if harm == "gone":
        part.unlink()
    else:
        part.write_bytes(part.read_bytes()[::-1])
    second = refresh(curate, pattern)
    assert f"tamis: {part}" in capsys.readouterr().err
    assert not second.run["repeats"]
    found = parts(second)
    assert found["verdicts/part-00000-of-00001.parquet"] == whole["verdicts/part-00000-of-00001.parquet"]


def test_an_engine_elsewhere_looks_there(
    curate: Curate, pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = refresh(curate, pattern)
    monkeypatch.setattr(in_memory.InMemory, "at_hand", False)
    second = refresh(curate, pattern)
    assert second.run["repeats"]
    assert parts(second) == parts(first)


def test_a_file_that_cannot_be_read_is_read_again(curate: Curate, pattern: str, tmp_path: Path) -> None:
    """What could not be read may be whole tomorrow."""
    (tmp_path / "in" / "part-9.parquet").write_bytes(b"PAR1 and no more")
    assert [refresh(curate, pattern).run["repeats"] for _ in range(2)] == [False, False]


@pytest.mark.parametrize("changes", [{}, {"max_rows": 200}])
def test_files_that_no_row_is_read_of_change_nothing(
    curate: Curate, pattern: str, tmp_path: Path, changes: dict[str, object]
) -> None:
    """Spark writes files without a row group; others lie behind the rows that a source is asked for."""
    schema = pq.read_schema(tmp_path / "in" / "part-0.parquet")
    empty = tmp_path / "in" / "part-9.parquet"
    pq.ParquetWriter(empty, schema).close()
    recipe = override(recipe_for(pattern), {"sources": [{"name": "input", "input": pattern, **changes}]})
    first = curate(pattern, recipe=recipe, previous="latest")
    second = curate(pattern, recipe=recipe, previous="latest")
    assert (first.run["repeats"], second.run["repeats"]) == (False, True)
    assert main(["verify", str(second.folder)]) == 0


def test_other_types_of_the_same_bytes_are_noticed(curate: Curate, tmp_path: Path) -> None:
    """The stored bytes of a column of numbers do not say what it counts."""
    path = tmp_path / "in.parquet"
    rows = [{**row, "at": number} for number, row in enumerate(crowd(3, 20))]
    table = pa.Table.from_pylist(rows)

    def write(unit: str) -> str:
        at = table["at"].cast(pa.timestamp(unit))
        pq.write_table(table.set_column(table.column_names.index("at"), "at", at), path, store_schema=False)
        return str(path)

    first = curate(write("ms"), previous="latest")
    size = path.stat().st_size
    second = curate(write("us"), previous="latest")
    assert path.stat().st_size == size
    assert not second.run["repeats"]
    types = [pq.read_schema(release.parts("curated")[0]).field("at").type for release in (first, second)]
    assert types == [pa.timestamp("ms"), pa.timestamp("us")]


def test_a_large_row_group_is_looked_at_once(
    curate: Curate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pattern = write_files(tmp_path / "in", crowd(3, 60), [], 60)
    first = curate(pattern, previous="latest", unit_bytes=1)
    digests, seen = UnitReader.digests, []

    def look(reader: UnitReader, group: int) -> tuple[str, str]:
        seen.append(reader.unit.skip)
        return digests(reader, group)

    monkeypatch.setattr(UnitReader, "digests", look)
    second = curate(pattern, previous="latest", unit_bytes=1)
    assert second.run["repeats"]
    assert seen == [0]
    assert second.manifest.inputs == first.manifest.inputs


@pytest.mark.parametrize("late", [b"", None])
def test_what_is_gone_since_it_was_planned_is_told_by_a_run(
    curate: Curate, pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: bytes | None
) -> None:
    curate(pattern, previous="latest")
    path, plan = tmp_path / "in" / "part-0.parquet", run.plan_run

    def change(*asked: object) -> object:
        planned = plan(*asked)  # type: ignore[arg-type]
        path.unlink() if late is None else path.write_bytes(late)
        return planned

    monkeypatch.setattr(run, "plan_run", change)
    with pytest.raises(RunError, match="the run failed and nothing was published: "):
        curate(pattern, previous="latest")


def test_a_benchmark_under_another_name_is_noticed(curate: Curate, pattern: str, tmp_path: Path) -> None:
    """The ledger names its file."""
    tests, rows = tmp_path / "tests", crowd(3, 200)
    tests.mkdir()

    def recipe() -> Recipe:
        return override(recipe_for(pattern), {"benchmarks": [{"name": "b", "input": f"{tests}/*.parquet"}]})

    path = write_rows(tests / "x.parquet", rows[5:8])
    first = refresh(curate, pattern, recipe=recipe())
    path.rename(tests / "renamed.parquet")
    again = refresh(curate, pattern, recipe=recipe())
    assert not again.run["repeats"]
    assert {name for name in again.ledger["match_file"].to_pylist() if name} == {"renamed.parquet"}
    assert first.verdicts() == again.verdicts()


@pytest.mark.parametrize("path", ["duplicates/../../../taken", "curated/..", "/taken"])
def test_a_manifest_cannot_name_files_outside_its_release(
    curate: Curate, pattern: str, tmp_path: Path, path: str
) -> None:
    """They would be linked into the other output folder, over what is there."""
    first = refresh(curate, pattern, root=tmp_path / "theirs")
    (first.root / "taken").write_text("theirs")
    manifest = json.loads((first.folder / "manifest.json").read_bytes())
    manifest["files"].append({"path": path, "bytes": 6, "sha256": sha256(b"theirs").hexdigest()})
    (first.folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UsageError, match="a path in the folder is expected"):
        curate(pattern, root=tmp_path / "mine", previous=str(first.folder))
    assert not (tmp_path / "mine" / "taken").exists()
