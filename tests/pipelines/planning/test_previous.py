"""Rows that an earlier release kept outrank new ones, and nothing more."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from pipelines.errors import GateError, RunError
from pipelines.planning import previous
from pipelines.planning.previous import find_previous
from schemas.recipe import Dedup
from tests.releases import Curate, Release, make_release, recipe_for
from tests.rows import ask, ask_all, crowd, write_files, write_rows

SIZE = 200


def kept(release: Release) -> list[tuple[str, int]]:
    """Places of the kept rows."""
    return [(line["file"], line["row"]) for line in release.lines() if line["verdict"] == "kept"]


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_files(tmp_path_factory.mktemp("previous") / "in", crowd(8, SIZE), [90], 30)


@pytest.fixture(scope="module")
def before(pattern: str, tmp_path_factory: pytest.TempPathFactory) -> Release:
    recipe = recipe_for(
        pattern, dedup__order="lowest", dedup__column="score", dedup__max_answers_per_prompt=3
    )
    return make_release(tmp_path_factory.mktemp("before") / "output", recipe)


@pytest.mark.parametrize("changes", [{}, {"dedup__max_answers_per_prompt": 3}], ids=str)
def test_the_same_rows_stay_whatever_the_order(
    curate: Curate, pattern: str, before: Release, changes: dict[str, int]
) -> None:
    recipe = recipe_for(pattern, dedup__order="first_seen", **changes)
    alone = curate(pattern, recipe=recipe)
    after = curate(pattern, recipe=recipe, previous=str(before.root))
    assert kept(after) != kept(alone)
    ids = set(before.curated["tamis_record_id"].to_pylist())
    assert ids <= set(after.curated["tamis_record_id"].to_pylist())
    fallen = {line["won_by"] for line in after.lines() if line["survivor_id"] in ids}
    assert "released" in fallen <= {"released", "quality"}


def test_the_same_recipe_keeps_the_same_rows(curate: Curate, pattern: str, before: Release) -> None:
    dedup = before.manifest.recipe["dedup"]
    changes = {f"dedup__{name}": dedup[name] for name in ("order", "column", "max_answers_per_prompt")}
    after = curate(pattern, recipe=recipe_for(pattern, **changes), previous=str(before.folder))
    assert kept(after) == kept(before)
    assert after.manifest.content_digest == before.manifest.content_digest
    assert after.verdicts() == before.verdicts()


def test_growing_input_keeps_what_was_kept(curate: Curate, tmp_path: Path) -> None:
    words = [f"word{at}" for at in range(60)]
    short = {"instruction": "Tell me.", "output": " ".join(words)}
    long = {**short, "output": " ".join([*words, "more"])}
    write_rows(tmp_path / "a.parquet", [short])
    root = tmp_path / "output"
    curate(f"{tmp_path}/a.parquet", root=root)
    write_rows(tmp_path / "b.parquet", [long, ask(2)])
    without = curate(f"{tmp_path}/*.parquet", root=tmp_path / "other")
    assert without.verdicts() == ["duplicate", "kept", "kept"]
    release = curate(f"{tmp_path}/*.parquet", root=root, previous=str(root))
    assert release.folder.name == "0002"
    assert release.verdicts() == ["kept", "duplicate", "kept"]
    assert release.ledger["won_by"].to_pylist() == [None, "released", None]


def test_ids_are_those_of_the_kept_rows_once(before: Release) -> None:
    found = find_previous(str(before.folder), Dedup()).released
    ids = [one.hex() for one in found["record_id"].to_pylist()]
    assert ids == sorted(set(before.curated["tamis_record_id"].to_pylist()))


def test_ids_of_any_number_of_rows_take_little_more_than_themselves(
    before: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = 300_000
    ids = np.random.default_rng(1).integers(0, 256, (rows, 16), np.uint8)
    ids[: rows // 10] = ids[-rows // 10 :]
    texts = pa.array([one.tobytes().hex() for one in ids])
    pq.write_table(pa.table({"tamis_record_id": texts}), tmp_path / "part.parquet", row_group_size=10_000)
    part = {f"{tmp_path}/part.parquet": "train"}
    monkeypatch.setattr(previous, "split_by_part", lambda _: part)
    tracemalloc.start()
    try:
        found = find_previous(str(before.folder), Dedup()).released
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found["record_id"].to_pylist() == sorted({one.tobytes() for one in ids})
    assert peak < 40 * rows


def test_release_that_kept_nothing_wins_nothing(curate: Curate, tmp_path: Path) -> None:
    short = {"instruction": "x", "output": "y"}
    write_rows(tmp_path / "a.parquet", [short])
    assert curate(f"{tmp_path}/a.parquet", root=tmp_path / "output").verdicts() == ["rejected"]
    write_rows(tmp_path / "a.parquet", [short, ask(1)])
    release = curate(f"{tmp_path}/a.parquet", root=tmp_path / "output", previous=str(tmp_path / "output"))
    assert release.verdicts() == ["rejected", "kept"]


def test_part_that_cannot_be_read_is_told(curate: Curate, tmp_path: Path) -> None:
    write_rows(tmp_path / "a.parquet", ask_all(3))
    release = curate(f"{tmp_path}/a.parquet")
    part = release.parts("curated")[0]
    part.write_bytes(part.read_bytes()[:100])
    with pytest.raises(
        RunError, match=r"part-00000-of-00001\.parquet: this file of the release has 100 bytes, the "
    ):
        find_previous(str(release.folder), Dedup())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere", "there is no release at {path}: nothing is there"),
        ("a.parquet", "there is no release at {path}: it is a file"),
        (
            "folder",
            "there is no release at {path}: it holds table.parquet, but neither manifest.json nor LATEST",
        ),
    ],
)
def test_what_is_no_release_is_told(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, name: str, words: str
) -> None:
    given = write_rows(tmp_path / "a.parquet", ask_all(3))
    (tmp_path / "folder").mkdir()
    pq.write_table(pa.table({}), tmp_path / "folder" / "table.parquet")
    path, output = tmp_path / name, tmp_path / "o"
    command = ["curate", "--input", str(given), "--output", str(output), "--previous", str(path)]
    assert main(command) == 2
    assert capfd.readouterr().err.startswith(f"tamis: {words.format(path=path)}")
    assert not output.exists()


def test_rows_of_another_split_were_not_there_before(curate: Curate, tmp_path: Path) -> None:
    """Splits are apart: a test row that train had is new, and makes up for none that train lost."""
    train, test = tmp_path / "in" / "train" / "a.parquet", tmp_path / "in" / "test" / "a.parquet"
    write_rows(train, [ask(at) for at in range(10)])
    pattern = f"{tmp_path}/in"
    first = curate("", recipe=recipe_for(pattern))
    write_rows(train, [ask(at) for at in range(8)])
    write_rows(test, [ask(at) for at in range(4)])
    second = curate("", recipe=recipe_for(pattern), previous="latest")
    moved = second.report.moved
    assert moved is not None
    assert (moved.stayed, moved.entered, moved.left) == (8, 4, 2)
    with pytest.raises(GateError, match="max_lost"):
        curate("", recipe=recipe_for(pattern, gate__max_lost=0.1), previous=str(first.folder))
    write_rows(train, [ask(at) for at in range(20, 28)])
    third = curate("", recipe=recipe_for(pattern), previous=str(second.folder)).report.moved
    assert third is not None
    assert (third.stayed, third.entered, third.left) == (4, 8, 8)


@pytest.mark.parametrize(("splits", "won_by"), [("apart", "quality"), ("together", "released")])
def test_what_was_released_counts_in_its_split(
    curate: Curate, tmp_path: Path, splits: str, won_by: str
) -> None:
    words = " ".join(f"word{at}" for at in range(60))
    short, long = ({"instruction": "Tell me.", "output": f"{words}{more}"} for more in ("", " and more"))
    train, test = tmp_path / "in" / "train" / "a.parquet", tmp_path / "in" / "test" / "a.parquet"
    write_rows(train, [short])
    write_rows(test, [ask(1)])
    recipe = recipe_for(f"{tmp_path}/in", dedup__splits=splits)
    curate("", recipe=recipe)
    write_rows(train, [ask(2)])
    write_rows(test, [short, long])
    after = curate("", recipe=recipe, previous="latest")
    assert {line["won_by"] for line in after.lines()} - {None} == {won_by}
