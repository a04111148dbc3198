"""The output folder: names, the pointer to the latest, the lock, and what a killed run leaves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines import holding, output_folder
from pipelines.errors import UsageError
from tests.releases import Curate, Release
from tests.rows import ask_all, write_rows
from transforms.steps import storage

STRAY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_rows(tmp_path_factory.mktemp("publish") / "in.parquet", ask_all(3)))


def latest(release: Release) -> str:
    """What LATEST names, once it is sure that the link agrees."""
    named = (release.root / "LATEST").read_text("utf-8")
    assert named.endswith("\n")
    assert (release.root / "latest").resolve() == release.root / "releases" / named.strip()
    return named.strip()


def test_releases_are_numbered_and_named(curate: Curate, pattern: str) -> None:
    first = curate(pattern)
    assert (first.folder.name, latest(first)) == ("0001", "0001")
    named = curate(pattern, release="v1.0_final")
    assert (named.folder.name, latest(named)) == ("v1.0_final", "v1.0_final")
    last = curate(pattern)
    assert (last.folder.name, latest(last)) == ("0002", "0002")
    assert output_folder.releases(str(first.root)) == ["0001", "0002", "v1.0_final"]
    assert [Release(last.root / "releases" / name).manifest.release for name in ("0001", "v1.0_final")] == [
        "0001",
        "v1.0_final",
    ]


def test_nothing_but_releases_is_left(curate: Curate, pattern: str) -> None:
    root = curate(pattern).root
    assert {path.name for path in root.iterdir()} <= output_folder.OURS - {".staging"}
    assert [path.name for path in (root / "releases").iterdir()] == ["0001"]
    assert not [path for path in root.rglob(".*") if storage.is_partial(path.name)]


@pytest.mark.parametrize("name", ["", "a/b", "..", ".", "../x", ".hidden", "a b", "a\n", "é"])
def test_names_that_are_no_folder_are_refused(
    curate: Curate, pattern: str, tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError, match="--release takes letters"):
        curate(pattern, release=name)
    assert not (tmp_path / "output").exists()


def test_a_name_is_as_long_as_file_systems_have_it(curate: Curate, pattern: str) -> None:
    assert curate(pattern, release="a" * 255).run["release"] == "a" * 255
    with pytest.raises(UsageError, match="--release takes a name of 255 letters at most, found 256"):
        curate(pattern, release="a" * 256)


def test_release_that_is_there_is_never_changed(curate: Curate, pattern: str) -> None:
    first = curate(pattern)
    before = first.contents()
    with pytest.raises(UsageError, match="0001 already; releases are never changed"):
        curate(pattern, release="0001")
    assert first.contents() == before


def test_leftovers_of_killed_runs_are_cleared(curate: Curate, pattern: str) -> None:
    first = curate(pattern)
    before, root = first.contents(), first.root
    left = [
        root / "releases" / "0002" / "curated" / "part-00000-of-00001.parquet",
        root / "releases" / "0002" / "verdicts" / f".part-00000-of-00001.parquet.{STRAY}",
        root / ".staging" / "0002" / "plan.json",
        root / f".LATEST.{STRAY}",
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    at_work = (
        root / ".cache" / "judgement" / "00" / f".00ff.arrow.{STRAY}"
    )  # a run into another folder may be
    at_work.parent.mkdir(parents=True, exist_ok=True)
    at_work.write_bytes(b"half")
    link = root / f".latest.{STRAY}"
    link.symlink_to("releases/0002")
    assert output_folder.releases(str(root)) == ["0001"]
    second = curate(pattern)
    assert (second.folder.name, latest(second)) == ("0002", "0002")
    assert second.manifest.digest == first.manifest.digest
    assert [path for path in left[1:] if path.exists()] == []
    assert not link.is_symlink()
    assert at_work.exists()
    assert first.contents() == before


def test_output_that_is_a_file_is_refused(curate: Curate, pattern: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="is a file; --output takes a folder"):
        curate(pattern, root=tmp_path / "file")
    with pytest.raises(UsageError, match="is a file; --cache takes a folder"):
        curate(pattern, cache=str(tmp_path / "file"))


def test_output_that_holds_something_else_is_refused(curate: Curate, pattern: str, tmp_path: Path) -> None:
    for name in "abcde":
        (tmp_path / "mine" / name).mkdir(parents=True)
    with pytest.raises(UsageError, match=r"something else than releases \(a, b, c and 2 more\)"):
        curate(pattern, root=tmp_path / "mine")


def test_folder_in_use_is_refused(curate: Curate, pattern: str, tmp_path: Path) -> None:
    root = tmp_path / "output"
    with (
        holding.lock(str(root)),
        pytest.raises(UsageError, match=rf"a run \(process {os.getpid()} on .*\) is writing there"),
    ):
        curate(pattern, root=root)
    assert curate(pattern, root=root).folder.name == "0001"


def test_pointer_names_what_it_was_moved_to(tmp_path: Path) -> None:
    assert output_folder.latest(str(tmp_path)) is None
    for name in ("0001", "0002"):
        (tmp_path / "releases" / name).mkdir(parents=True)
        output_folder.move_latest(str(tmp_path), name)
        assert output_folder.latest(str(tmp_path)) == name
        assert (tmp_path / "latest").resolve().name == name


@pytest.mark.parametrize("name", ["releases", "runs", ".staging", ".lock", ".workers"])
def test_a_folder_parts_of_which_lie_elsewhere_is_refused(
    curate: Curate, pattern: str, tmp_path: Path, name: str
) -> None:
    """A run deletes what is no release in its folder, and empties its lock."""
    root, elsewhere = tmp_path / "output", tmp_path / "elsewhere"
    mine = elsewhere if name in {".lock", ".workers"} else elsewhere / "mine" / "file"
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine")
    root.mkdir()
    (root / name).symlink_to(elsewhere)
    with pytest.raises(UsageError, match=f"{name} is a link"):
        curate(pattern, root=root)
    assert mine.read_text() == "mine"
