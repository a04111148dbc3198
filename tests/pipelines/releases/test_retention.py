"""Retention: the newest stay, and the one that LATEST names."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pipelines import output_folder
from pipelines.cli import main
from pipelines.errors import UsageError
from pipelines.releases.retention import prune
from tests.releases import Curate
from tests.rows import ask_all, write_rows
from transforms.steps import storage


@pytest.fixture
def pattern(tmp_path: Path) -> str:
    return str(write_rows(tmp_path / "in.parquet", ask_all(3)))


def test_the_oldest_go_first_whatever_their_names(
    curate: Curate, pattern: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["0009", "b", "0010", "a"]
    root = str([curate(pattern, release=name).root for name in names][-1])
    assert main(["prune", root, "--keep", "3"]) == 0
    assert capsys.readouterr().out == "deleted 0009; left are 0010, a, b\n"
    assert prune(root, 3) == []
    assert main(["publish", root, "b"]) == 0
    assert prune(root, 1) == ["0010"]
    assert output_folder.releases(root) == ["a", "b"]
    assert output_folder.latest(root) == "b"


@pytest.mark.parametrize("content", [b"0009\n", b"\xff\xfe0\x000\x001\x00", b"\x00"])
def test_nothing_is_deleted_or_followed_where_latest_names_no_release(
    curate: Curate, pattern: str, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    root = [curate(pattern).root for _ in range(2)][-1]
    (root / "LATEST").write_bytes(content)
    assert main(["prune", str(root), "--keep", "1"]) == 2
    assert f"{root}/LATEST names no release that is there" in capsys.readouterr().err
    with pytest.raises(UsageError, match=r"LATEST names the release .* has no manifest.json"):
        curate(pattern, previous="latest")
    assert output_folder.releases(str(root)) == ["0001", "0002"]
    assert main(["publish", str(root), "0002"]) == 0
    assert main(["prune", str(root), "--keep", "1"]) == 0


def test_age_is_that_of_the_manifest_where_no_run_is_recorded(curate: Curate, pattern: str) -> None:
    root = [curate(pattern).root for _ in range(3)][-1]
    for age, name in enumerate(("0002", "0001", "0003")):
        (root / "runs" / name / "run.json").unlink()
        os.utime(root / "releases" / name / "manifest.json", (age, age))
    assert prune(str(root), 2) == ["0002"]


def test_curate_keeps_so_many(curate: Curate, pattern: str) -> None:
    for _ in range(4):
        release = curate(pattern, keep=2)
    assert output_folder.releases(str(release.root)) == ["0003", "0004"]
    assert [path.name for path in (release.root / "releases").iterdir()] == ["0003", "0004"]


@pytest.mark.parametrize("flags", [[], ["--previous", "latest"]])
def test_what_cannot_be_deleted_fails_no_run(
    curate: Curate,
    pattern: str,
    flags: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The release is published by then; a schedule that tried again would publish it again and again."""
    root = str(curate(pattern).root)
    delete = storage.delete_file

    def refuse(path: str) -> None:
        if "/releases/0001/" in path:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        delete(path)

    monkeypatch.setattr(storage, "delete_file", refuse)
    command = ["curate", "--input", pattern, "--output", root, "--keep", "1", "--quiet", "--workers", "1"]
    assert main([*command, *flags]) == 0
    path = f"{root}/releases/0001/manifest.json"
    told = f"tamis: not all old releases could be deleted: {path}: Permission denied\n"
    assert capsys.readouterr().err == told
    assert output_folder.latest(root) == "0002"


def test_a_disk_without_links(curate: Curate, pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, _: str) -> None:
        raise OSError(errno.EPERM, "Operation not permitted", str(path))

    monkeypatch.setattr(Path, "symlink_to", refuse)
    root = curate(pattern).root
    assert output_folder.latest(str(root)) == "0001"
    assert not (root / "latest").is_symlink()


def test_the_manifest_goes_first(curate: Curate, pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed prune leaves is no release, and the next run clears it."""
    root = [curate(pattern).root for _ in range(2)][-1]

    def die(folder: str) -> None:
        raise KeyboardInterrupt(folder)

    with monkeypatch.context() as patch:
        patch.setattr(storage, "delete_folder", die)
        with pytest.raises(KeyboardInterrupt):
            prune(str(root), 1)
    assert output_folder.releases(str(root)) == ["0002"]
    assert (root / "releases" / "0001").exists()
    curate(pattern)
    assert not (root / "releases" / "0001").exists()


def test_a_number_under_one_is_refused(curate: Curate, pattern: str) -> None:
    root = str(curate(pattern).root)
    assert main(["prune", root, "--keep", "0"]) == 2
    assert main(["curate", "--input", pattern, "--output", root, "--keep", "0"]) == 2


@pytest.mark.parametrize("record", ["", "[]", "{}", '{"started": null}'])
def test_a_damaged_record_of_a_run_counts_as_none(curate: Curate, pattern: str, record: str) -> None:
    root = [curate(pattern).root for _ in range(2)][-1]
    (root / "runs" / "0001" / "run.json").write_text(record, "utf-8")
    curate(pattern, keep=1)
    assert output_folder.releases(str(root)) == ["0003"]


def test_a_release_that_is_named_is_never_cleared(curate: Curate, pattern: str) -> None:
    """Its manifest may be put back."""
    root = [curate(pattern).root for _ in range(2)][-1]
    manifest = root / "releases" / "0002" / "manifest.json"
    content = manifest.read_bytes()
    manifest.unlink()
    with pytest.raises(UsageError, match=r"0002 has no manifest\.json"):
        curate(pattern, previous="latest")
    assert curate(pattern, release="other").folder.name == "other"
    manifest.write_bytes(content)
    assert main(["verify", str(root / "releases" / "0002")]) == 0


def test_a_lost_pointer_is_no_first_run(curate: Curate, pattern: str) -> None:
    root = curate(pattern, previous="latest").root
    (root / "LATEST").unlink()
    with pytest.raises(UsageError, match=r"has releases \(0001\), but no LATEST that names one to follow"):
        curate(pattern, previous="latest")
    assert main(["publish", str(root), "0001"]) == 0
    curate(pattern, previous="latest")


def test_of_a_link_to_a_release_the_link_alone_is_deleted(
    curate: Curate, pattern: str, tmp_path: Path
) -> None:
    kept = curate(pattern, root=tmp_path / "other")
    before = kept.contents()
    root = curate(pattern, release="0002").root
    (root / "releases" / "0001").symlink_to(kept.folder)
    (root / "runs" / "0001").mkdir()
    (root / "runs" / "0001" / "run.json").write_text('{"started": 1}')
    assert prune(str(root), 1) == ["0001"]
    assert output_folder.releases(str(root)) == ["0002"]
    assert kept.contents() == before
