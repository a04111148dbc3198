"""Moving LATEST: back, and never to what is no whole release."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines import output_folder
from pipelines.cli import main
from tests.releases import Curate
from tests.rows import ask_all, write_rows


@pytest.fixture
def root(curate: Curate, tmp_path: Path) -> Path:
    pattern = str(write_rows(tmp_path / "in.parquet", ask_all(3)))
    return [curate(pattern).root for _ in range(3)][-1]


def test_latest_goes_back_and_forth(root: Path, curate: Curate, tmp_path: Path) -> None:
    for name in ("0001", "0003", "0002"):
        assert main(["publish", f"{root}/", name]) == 0
        assert output_folder.latest(str(root)) == name
        assert (root / "latest").resolve() == root / "releases" / name
    after = curate(f"{tmp_path}/in.parquet", previous="latest")
    assert after.folder.name == "0004"
    assert after.manifest.previous is not None
    assert after.manifest.previous.release == "0002"


@pytest.mark.parametrize(
    ("name", "flags", "words"),
    [
        ("0009", [], "has no release 0009; it has 0001, 0002, 0003"),
        ("0001", ["--held"], "no gate holds the release 0001"),
        ("0009", ["--held"], "has no held release 0009; it has none"),
        ("../x", [], "takes letters, digits"),
    ],
)
def test_what_is_not_there_is_refused(
    root: Path, capsys: pytest.CaptureFixture[str], name: str, flags: list[str], words: str
) -> None:
    assert main(["publish", str(root), name, *flags]) == 2
    assert words in capsys.readouterr().err
    assert output_folder.latest(str(root)) == "0003"


def test_nothing_is_made_where_nothing_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", str(tmp_path / "nowhere"), "0001"]) == 2
    assert main(["prune", str(tmp_path / "nowhere"), "--keep", "1"]) == 2
    assert "there is no release in" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()


def test_a_release_that_is_not_whole_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = root / "releases" / "0001" / "curated" / "part-00000-of-00001.parquet"
    part.write_bytes(part.read_bytes()[:-1])
    (root / "releases" / "0002" / "README.md").unlink()
    for name, words in (("0001", "bytes, not"), ("0002", "README.md is missing")):
        assert main(["publish", str(root), name]) == 1
        assert words in capsys.readouterr().err
    assert output_folder.latest(str(root)) == "0003"


def test_a_release_before_that_is_gone_may_have_removed_rows(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "releases" / "0003" / "manifest.json").unlink()
    assert main(["publish", str(root), "0001"]) == 0
    assert "what the release before had removed cannot be read" in capsys.readouterr().err


def test_a_folder_in_place_of_the_pointer_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "LATEST").unlink()
    (root / "LATEST").mkdir()
    assert main(["publish", str(root), "0001"]) == 1
    assert capsys.readouterr().err == f"tamis: {root}/LATEST: Is a directory\n"
    assert not list(root.glob(".LATEST.*"))


def test_a_held_release_that_was_half_let_go(curate: Curate, tmp_path: Path) -> None:
    """`publish --held` was killed after it had written the manifest."""
    pattern = str(write_rows(tmp_path / "in.parquet", ask_all(3)))
    for flags in (["--held"], []):
        release = curate(pattern)
        shutil.copy(release.folder / "manifest.json", release.folder / "held.json")
        assert main(["verify", str(release.folder)]) == 1
        assert main(["publish", str(release.root), release.folder.name, *flags]) == 0
        assert output_folder.latest(str(release.root)) == release.folder.name
        assert main(["verify", str(release.folder)]) == 0
