"""Which folders are releases, and what is said of others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.errors import RunError, UsageError
from pipelines.explain.lookup import look_up
from pipelines.releases.release import open_release


@pytest.mark.parametrize("path", ["", "/", "/latest", "/releases/0001", "/releases/0001/"])
def test_release_opens_by_its_folder_and_by_the_output_folder(release: Path, path: str) -> None:
    assert open_release(f"{release}{path}").name == "0001"


def test_folder_of_releases_names_them(release: Path) -> None:
    with pytest.raises(UsageError, match="it holds the releases 0001; name one of them"):
        open_release(f"{release}/releases")


def test_other_places_are_described(release: Path, tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        (tmp_path / "full" / name).mkdir(parents=True)
    (tmp_path / "unfinished" / "releases" / "0001").mkdir(parents=True)
    sentences = {
        tmp_path / "none": "nothing is there",
        tmp_path / "full": "it holds a, b, c and 1 more, but neither manifest.json nor LATEST",
        tmp_path / "unfinished": "an output folder in which nothing has been published yet",
        release / "LATEST": "it is a file",
    }
    for path, sentence in sentences.items():
        with pytest.raises(UsageError, match=f"there is no release at {path}: .*{sentence}"):
            open_release(str(path))


def test_pointer_to_a_release_that_is_gone_is_told(tmp_path: Path) -> None:
    (tmp_path / "LATEST").write_text("0007\n")
    with pytest.raises(
        UsageError, match=r"names the release 0007, but .*/releases/0007 has no manifest\.json"
    ):
        open_release(str(tmp_path))


def test_manifest_of_another_make_is_told(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"version": 1}')
    with pytest.raises(UsageError, match=r"is not one that this version reads: release: Field required$"):
        open_release(str(tmp_path))


def test_damaged_ledger_is_told(release: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(release / "releases" / "0001", copy)
    (part,) = (copy / "verdicts").iterdir()
    part.write_bytes(part.read_bytes()[:200])
    with pytest.raises(RunError, match="this file of the release cannot be read"):
        look_up(open_release(str(copy)), "a/part.parquet:0")
