"""`tamis cache`: what a cache holds, and what of it may go."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.run import Request, run
from pipelines.verdict_cache import DAY, list_entries
from tests.releases import Curate, Release, recipe_for
from tests.rows import ask_all, crowd, write_files, write_rows
from tests.stores import BUCKET, S3
from transforms.steps import storage
from transforms.steps.cache import KINDS, SHINGLES
from transforms.steps.notes import PLACES


@pytest.fixture
def release(curate: Curate, tmp_path: Path) -> Release:
    for name, rows in (("a", ask_all(9)), ("b", ask_all(20)[9:])):
        write_rows(tmp_path / "in" / f"{name}.parquet", rows)
    return curate(f"{tmp_path}/in/*.parquet")


def files(root: Path) -> list[Path]:
    return sorted((root / ".cache").rglob("*.arrow"))


def notes(root: Path) -> list[Path]:
    return sorted((root / ".cache" / PLACES).rglob("*.json"))


def age(paths: list[Path], days: float) -> None:
    for path in paths:
        os.utime(path, (time.time() - days * DAY,) * 2)


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("inside", ["", "/.cache"])
def test_size(release: Release, inside: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", f"{release.root}{inside}"]) == 0
    lines = told(capsys)
    assert lines[0].startswith(f"{release.root}/.cache: 10 entries of ")
    counts = dict.fromkeys(KINDS, "2") | {PLACES: "4"}
    assert [tuple(line.split()[:2]) for line in lines[2:]] == sorted(counts.items())


def test_what_was_not_used_goes(release: Release, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = files(release.root)[:2], files(release.root)[2:]
    age([*old, *notes(release.root)], 40)
    age(new, 3)
    assert main(["cache", str(release.root), "--unused-for", "30"]) == 0
    assert told(capsys)[0].startswith("deleted 6 entries of ")
    assert [*files(release.root), *notes(release.root)] == new


def test_a_run_uses_what_it_finds(release: Release, curate: Curate, tmp_path: Path) -> None:
    age([*files(release.root), *notes(release.root)], 40)
    (tmp_path / "in" / "b.parquet").unlink()
    curate(f"{tmp_path}/in/*.parquet", root=release.root)
    assert main(["cache", str(release.root), "--unused-for", "30"]) == 0
    assert len(files(release.root)) == len(KINDS)
    assert len(notes(release.root)) == 2


def test_a_run_uses_the_shingles_of_what_it_finds(curate: Curate, tmp_path: Path) -> None:
    """Nobody looks at them but the steps that need them."""
    pattern = write_files(tmp_path / "in", crowd(3, 200), [80], 30)
    root = curate(pattern).root
    assert any(path.parts[-3] == SHINGLES for path in files(root))
    before = files(root)
    for again in ({}, {"previous": "latest"}):
        age([*files(root), *notes(root)], 40)
        curate(pattern, root=root, **again)
        assert main(["cache", str(root), "--unused-for", "30"]) == 0
        assert files(root) == before


def test_datasets_with_files_of_one_name_use_each_its_own(curate: Curate, tmp_path: Path) -> None:
    """Each says what it uses, whoever of them ran last; stores know nothing but when files were written."""
    cache = tmp_path / "cache"
    for name, first in (("a", 0), ("b", 50)):
        write_rows(tmp_path / name / "train.parquet", ask_all(first + 9)[first:])
        curate(f"{tmp_path}/{name}/train.parquet", root=tmp_path / f"of-{name}", cache=str(cache))
    before = sorted(cache.rglob("*.arrow"))
    age([*before, *cache.rglob("*.json")], 40)
    for name in "ab":
        curate(f"{tmp_path}/{name}/train.parquet", root=tmp_path / f"of-{name}", cache=str(cache))
    age(before, 40)
    assert main(["cache", str(cache), "--unused-for", "30"]) == 0
    assert sorted(cache.rglob("*.arrow")) == before


def test_a_repetition_uses_what_is_there(curate: Curate, tmp_path: Path) -> None:
    """It judges nothing, but the next run would take from the cache."""
    pattern = write_files(tmp_path / "in", crowd(3, 200), [80], 30)
    first = curate(pattern, previous="latest")
    before = files(first.root)
    age([*before, *notes(first.root)], 40)
    assert curate(pattern, root=first.root, previous="latest").run["repeats"]
    assert main(["cache", str(first.root), "--unused-for", "30"]) == 0
    assert files(first.root) == before


def test_a_cache_in_which_nothing_can_be_noted_serves(curate: Curate, tmp_path: Path) -> None:
    pattern = str(write_rows(tmp_path / "in.parquet", ask_all(9)))
    first = curate(pattern, cache=str(tmp_path / "cache"))
    shutil.rmtree(tmp_path / "cache" / PLACES)
    (tmp_path / "cache" / PLACES).write_text("no folder")
    second = curate(pattern, cache=str(tmp_path / "cache"))
    assert second.manifest.digest == first.manifest.digest


def test_no_more_than_a_size(release: Release, capsys: pytest.CaptureFixture[str]) -> None:
    age(notes(release.root), 90)
    for at, path in enumerate(files(release.root)):
        age([path], 2 + at)
    kept = files(release.root)[:2]
    most = sum(path.stat().st_size for path in kept)
    assert main(["cache", str(release.root), "--max-size", f"{most}B"]) == 0
    assert told(capsys)[0].startswith("deleted 8 entries")
    assert [*files(release.root), *notes(release.root)] == kept


def test_what_was_used_within_a_day_stays(release: Release) -> None:
    before = files(release.root)
    assert main(["cache", str(release.root), "--max-size", "0", "--unused-for", "1"]) == 0
    assert files(release.root) == before


def test_what_is_damaged_goes(release: Release, capsys: pytest.CaptureFixture[str]) -> None:
    path = files(release.root)[1]
    path.write_bytes(path.read_bytes()[:-1])
    note = notes(release.root)[0]
    note.write_text("[]")
    assert main(["cache", str(release.root), "--check"]) == 0
    assert told(capsys)[:2] == [f"deleted {one}: it was damaged" for one in (path, note)]
    assert (len(files(release.root)), len(notes(release.root))) == (5, 3)


def test_what_a_killed_writer_left_goes(release: Release, capsys: pytest.CaptureFixture[str]) -> None:
    entry = files(release.root)[0]
    left = storage.partial_beside(entry)
    left.write_bytes(b"half")
    assert main(["cache", str(release.root), "--unused-for", "1", "--check"]) == 0
    assert left.exists()
    assert ["half-written", "1"] in [line.split()[:2] for line in told(capsys)]
    age([left], 2)
    assert main(["cache", str(release.root), "--unused-for", "1"]) == 0
    assert not left.exists()
    assert entry.exists()


def test_nothing_else_in_the_folder_is_touched(release: Release) -> None:
    note = release.root / ".cache" / "judgement" / "notes.arrow"
    note.write_text("mine")
    age([note], 90)
    assert main(["cache", str(release.root), "--unused-for", "30", "--check"]) == 0
    assert note.exists()
    assert all("notes" not in entry.path for entry in list_entries(f"{release.root}/.cache"))


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--max-size", "10XB"], "--max-size takes a size such as 10GB or 500MiB, found '10XB'"),
        (["--unused-for", "0.5"], "--unused-for takes a number of days from 1, found 0.5"),
        (["--unused-for", "nan"], "--unused-for takes a number of days from 1, found nan"),
    ],
)
def test_wrong_usage(
    release: Release, flags: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cache", str(release.root), *flags]) == 2
    assert capsys.readouterr().err == f"tamis: {sentence}\n"


def test_where_there_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", str(tmp_path)]) == 2
    assert f"there is no verdict cache at {tmp_path}" in capsys.readouterr().err


def test_in_a_bucket(s3: S3, tmp_path: Path, curate: Curate, capsys: pytest.CaptureFixture[str]) -> None:
    """A local release may have its cache in a bucket, which the next run takes from."""
    cache, pattern = f"s3://{BUCKET}/cache", str(write_rows(tmp_path / "in.parquet", ask_all(9)))
    first = curate(pattern, cache=cache, beam=s3.flags)
    assert main(["cache", cache, "--check", "--max-size", "0", *s3.flags]) == 0
    lines = told(capsys)
    assert lines[0].startswith("deleted 0 entries of 0 B")
    assert lines[1].startswith(f"{cache}: 5 entries of ")
    (damaged,) = s3.objects("cache/judgement")
    s3.client.put_object(Bucket=BUCKET, Key=damaged, Body=b"damaged")
    second = curate(pattern, cache=cache, beam=s3.flags)
    assert second.run["damaged_entries"] == [f"s3://{BUCKET}/{damaged}"]
    assert second.manifest.digest == first.manifest.digest


def test_few_requests_list_and_delete_a_cache_in_a_bucket(
    s3: S3, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = [f"{at:040x}" for at in range(20)]
    for key in keys:
        s3.client.put_object(Bucket=BUCKET, Key=f"cache/identity/{key[:2]}/{key}.arrow", Body=b"damaged")
    s3.asked.clear()
    assert main(["cache", f"s3://{BUCKET}/cache", *s3.flags]) == 0
    assert s3.asked["HEAD"] == s3.asked["GET"] == 0
    later = time.time() + 40 * DAY
    monkeypatch.setattr("pipelines.commands.cache.time.time", lambda: later)
    assert main(["cache", f"s3://{BUCKET}/cache", "--unused-for", "30", *s3.flags]) == 0
    assert "deleted 20 entries of 140 B, unused for longest" in capsys.readouterr().out
    assert s3.asked.keys() == {"LIST", "POST"}
    assert s3.asked["POST"] == 1
    assert s3.objects("cache") == []


def test_a_repetition_in_a_bucket(s3: S3, tmp_path: Path) -> None:
    """Parts are copied there, as nothing can be linked."""
    pattern, root = str(write_rows(tmp_path / "in.parquet", ask_all(9))), f"s3://{BUCKET}/out"
    request = Request(recipe=recipe_for(pattern), output=root, previous="latest", beam=s3.flags, quiet=True)
    for _ in range(2):
        run(request)
    parts = [
        {key.split("/", 3)[3]: s3.read(key) for key in s3.objects(f"out/releases/000{at}/curated")}
        for at in (1, 2)
    ]
    assert parts[0] == parts[1] != {}
    assert json.loads(s3.read("out/runs/0002/run.json"))["repeats"]
    assert main(["verify", root, *s3.flags]) == 0
