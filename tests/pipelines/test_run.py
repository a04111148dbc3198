"""One run: what it leaves beside the release, and what it refuses."""

from __future__ import annotations

import errno
import struct
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.errors import UsageError
from tests.releases import Curate, Release, Sampled, recipe_for
from tests.rows import ask, ask_all, write_rows
from transforms.steps import storage


def test_times_and_costs_stand_beside_the_release(sampled: Sampled) -> None:
    record = sampled.release.run
    assert (record["release"], record["workers"], record["runner"]) == ("0001", 1, "in-memory")
    assert record["seconds"] > 0
    assert record["cpu_seconds"] > 0
    files = [path.name for path in (sampled.release.root / "runs" / "0001").iterdir()]
    assert sorted(files) == ["run.json", "run.log"]


def test_more_workers_than_units_are_not_started(curate: Curate, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.parquet", ask_all(3))
    assert curate(str(path), workers=8).verdicts() == ["kept"] * 3


def test_missing_model_is_named_before_any_work(curate: Curate, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.parquet", ask_all(3))
    recipe = recipe_for(str(path), language__enabled=True, language__model=str(tmp_path / "none.ftz"))
    with pytest.raises(UsageError, match=r"none\.ftz: no language model there"):
        curate(str(path), recipe=recipe)
    assert not (tmp_path / "output").exists()


def test_cut_model_is_not_waited_for(curate: Curate, tmp_path: Path) -> None:
    """FastText would read the name of a language that never ends."""
    path = write_rows(tmp_path / "in.parquet", ask_all(3))
    model = tmp_path / "cut.ftz"
    model.write_bytes(struct.pack("<2i12id3i2q", 793712314, 12, *[0] * 12, 0.0, 1, 1, 0, 0, 0))
    recipe = recipe_for(str(path), language__enabled=True, language__model=str(model))
    with pytest.raises(UsageError, match=f"the language model cannot be loaded: {model} is cut"):
        curate(str(path), recipe=recipe)


def test_slash_after_the_output_folder_is_nothing(curate: Curate, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.parquet", ask_all(3))
    first = curate(str(path), output=f"{tmp_path}/out//")
    assert first.folder == tmp_path / "out" / "releases" / "0001"
    assert curate(str(path), output=f"{tmp_path}/out").folder.name == "0002"


def test_relative_folders_are_as_good_as_absolute_ones(
    curate: Curate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_rows(tmp_path / "in.parquet", ask_all(30), row_group_size=10)
    monkeypatch.chdir(tmp_path)
    first = curate("*.parquet", output="out", cache="cache", workers=2, unit_bytes=1500)
    assert (tmp_path / "out" / "LATEST").exists()
    assert (tmp_path / "cache" / "judgement").is_dir()
    second = curate(f"{tmp_path}/in.parquet", output="other")
    assert first.manifest.digest == second.manifest.digest
    assert first.manifest.inputs == second.manifest.inputs


def test_flags_reach_the_release(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.parquet", [*ask_all(3), ask(0), {"instruction": "x", "output": "y"}])
    (tmp_path / "recipe.yaml").write_text("language: {enabled: false}\n", "utf-8")
    flags = {
        "--recipe": tmp_path / "recipe.yaml",
        "--output": tmp_path / "out",
        "--cache": tmp_path / "cache",
    }
    flags |= {"--release": "first", "--threshold": 0.9, "--buckets": 3, "--unit-bytes": 1, "--workers": 1}
    flags |= {"--crowd-rows": 1}
    given = [str(word) for pair in flags.items() for word in pair]
    assert main(["curate", "--input", str(path), "--save-rejects", "--quiet", *given]) == 0
    release = Release(tmp_path / "out" / "releases" / "first")
    assert release.read("rejects")["tamis_verdict"].to_pylist() == ["duplicate", "rejected"]
    assert release.report.threshold == 0.9
    assert (tmp_path / "cache").is_dir()
    assert not (tmp_path / "out" / ".cache").exists()


def test_what_fails_after_a_release_fails_no_run(
    curate: Curate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A schedule would publish it once more."""
    delete = storage.delete_folder

    def fail(folder: str) -> None:
        if not (tmp_path / "output" / "LATEST").exists():
            return delete(folder)
        raise PermissionError(errno.EACCES, "Permission denied", folder)

    monkeypatch.setattr(storage, "delete_folder", fail)
    release = curate(str(write_rows(tmp_path / "in.parquet", ask_all(9))))
    assert release.verdicts() == ["kept"] * 9
    told = f"tamis: release 0001 is whole, but {release.root}/.staging: Permission denied\n"
    assert capsys.readouterr().err == told
