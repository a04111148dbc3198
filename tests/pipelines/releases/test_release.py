"""Which folders are releases, and what is said of others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.errors import RunError, UsageError
from pipelines.explain.lookup import look_up
from pipelines.releases.release import open_release, read_report
from schemas.verdict import LEDGER


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


def test_output_folder_that_lost_its_pointer_is_told(release: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(release, tmp_path / "copy", symlinks=True))
    (copy / "LATEST").unlink()
    with pytest.raises(
        UsageError, match=r"it has releases \(0001\), but no LATEST that names one; 'tamis pub"
    ):
        open_release(str(copy))


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


@pytest.mark.parametrize(
    ("place", "value", "problem"),
    [
        ("sources.input.format", "runes", "sources.input.format: runes is not known"),
        ("inputs.0.source", "z", "inputs: z is no source of its recipe"),
        ("files.0.path", "curated/../../x", "files.0.path: Value error, a path in the folder is expected"),
        ("files.0.path", "/etc/x", "files.0.path: Value error, a path in the folder is expected"),
        ("counts.verdicts", {}, "counts.verdicts: Value error, kept is not counted"),
    ],
)
def test_manifest_that_does_not_hold_together_is_told(
    release: Path, tmp_path: Path, place: str, value: object, problem: str
) -> None:
    copy = Path(shutil.copytree(release / "releases" / "0001", tmp_path / "copy"))
    manifest: Any = json.loads((copy / "manifest.json").read_text("utf-8"))
    *above, last = [int(part) if part.isdecimal() else part for part in place.split(".")]
    reduce(lambda tree, part: tree[part], above, manifest)[last] = value
    (copy / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(UsageError, match="is not one that this version reads: ") as told:
        open_release(str(copy))
    assert problem in str(told.value)


def flip(path: Path) -> None:
    """Flip a bit of the record ids, which Arrow reads as other ids where no checksum says so."""
    group = pq.ParquetFile(path).metadata.row_group(0)
    column = group.column(LEDGER.get_field_index("record_id"))
    data = bytearray(path.read_bytes())
    data[column.data_page_offset + column.total_compressed_size // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (Path.unlink, "is missing; 'tamis verify' says what is wrong"),
        (lambda path: path.write_bytes(path.read_bytes()[:200]), "has 200 bytes, the manifest says "),
        (flip, "cannot be read: "),
    ],
)
def test_damaged_ledger_is_told(
    release: Path, tmp_path: Path, damage: Callable[[Path], object], words: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(release / "releases" / "0001", copy)
    (part,) = (copy / "verdicts").iterdir()
    damage(part)
    with pytest.raises(RunError, match=f"{part}: this file of the release {words}"):
        look_up(open_release(str(copy)), "a/part.parquet:0")


def test_a_report_of_another_release_is_refused(release: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(release / "releases" / "0001", tmp_path / "copy"))
    path = copy / "report" / "report.json"
    path.write_text(path.read_text("utf-8").replace('"kept":', '"kept": 1', 1), "utf-8")
    with pytest.raises(RunError, match=f"{path}: this file of the release is not what the manifest says"):
        read_report(open_release(str(copy)))
