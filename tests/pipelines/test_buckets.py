"""Releases in a bucket: the same as on a disk, one at a time, and whole whatever dies."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from pyarrow.fs import S3FileSystem

from pipelines import lease
from pipelines.cli import main
from pipelines.errors import UsageError
from tests.buckets import INPUT, ROOT, check_whole, curate, manifests, upload
from tests.commands import Command, wait_for
from tests.releases import Release, Sampled, make_release, recipe_for
from tests.stores import BUCKET, S3
from transforms.steps.ranges import RangeFile
from transforms.steps.stores.errors import lacking

ROUNDS = int(os.environ.get("TAMIS_TEST_ROUNDS", "3"))
REFUSED = re.compile("is writing there; wait for it|another run has just ended there; start again")


@pytest.fixture(scope="module")
def local(sampled: Sampled, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of the sample on this machine's disk."""
    return make_release(tmp_path_factory.mktemp("local") / "out", recipe_for(sampled.pattern))


@pytest.fixture
def filled(s3: S3, sampled: Sampled) -> S3:
    """The bucket with the sample in it."""
    upload(s3, sampled.inputs)
    s3.asked.clear()
    return s3


def start(s3: S3, folder: Path, *flags: str) -> Command:
    """Start a run with two workers on the sample in the bucket."""
    (folder / "recipe.yaml").write_text("language: {enabled: false}\n", "utf-8")
    given = ["curate", "--input", INPUT, "--output", ROOT, "--recipe", str(folder / "recipe.yaml")]
    return Command([*given, "--quiet", "--workers", "2", "--unit-bytes", "60000", *flags, *s3.flags])


def test_release_in_a_bucket_is_that_on_a_disk(filled: S3, local: Release) -> None:
    assert curate(filled, workers=2, unit_bytes=60_000) == ("0001", "")
    asked = sum(filled.asked.values())
    (manifest,) = manifests(filled).values()
    assert check_whole(filled) == ["0001"]
    assert (manifest.digest, manifest.content_digest) == (
        local.manifest.digest,
        local.manifest.content_digest,
    )
    assert [file.sha256 for file in manifest.files] == [file.sha256 for file in local.manifest.files]
    assert [record.digest for record in manifest.inputs] == [file.digest for file in local.manifest.inputs]
    assert not filled.objects("out/.staging")
    assert json.loads(filled.read("out/.lock"))["free"]
    assert asked < 1300


def test_release_in_a_bucket_is_read_by_others(filled: S3, local: Release) -> None:
    curate(filled)
    files = S3FileSystem(
        access_key="test",
        secret_key="test",  # noqa: S106 — the server asks for none
        endpoint_override=filled.url,
        region="us-east-1",
    )
    kept = ds.dataset(f"{BUCKET}/out/releases/0001/curated", filesystem=files).to_table()
    assert kept.equals(local.curated)
    assert pq.read_table(f"{BUCKET}/out/releases/0001/verdicts", filesystem=files).equals(local.ledger)


def test_release_in_a_bucket_explains_itself(
    filled: S3, local: Release, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    curate(filled)
    fallen = next(line for line in local.lines() if line["verdict"] == "duplicate")
    address = f"{fallen['file']}:{fallen['row']}"
    assert main(["explain", ROOT, address, *filled.flags]) == 0
    assert fallen["survivor_id"] in capsys.readouterr().out
    assert main(["duplicates", ROOT, "--json", *filled.flags]) == 0
    assert json.loads(capsys.readouterr().out)
    assert main(["explain", ROOT, address, "--nonsense"]) == 2
    assert "unrecognised arguments: --nonsense" in capsys.readouterr().err
    assert curate(filled, previous=ROOT, output=str(tmp_path / "next")) == ("0001", "")


def test_requests_of_a_run_grow_with_units_not_with_bytes(filled: S3) -> None:
    curate(filled)
    first = sum(filled.asked.values())
    filled.asked.clear()
    curate(filled)
    assert sum(filled.asked.values()) < first + 20  # what stands in the bucket already is not looked through
    units = 5
    assert first < 60 * units


def test_no_thread_of_arrows_waits_for_python(filled: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that does while its process ends, because the run was killed, keeps that process for ever."""
    readers: set[bool] = set()

    def read(file: RangeFile, size: int | None = -1) -> bytes:
        readers.add(any(thread.ident == threading.get_ident() for thread in threading.enumerate()))
        return plain(file, size)

    plain = RangeFile.read
    monkeypatch.setattr(RangeFile, "read", read)
    curate(filled)
    assert readers == {True}


def test_two_runs_at_once_do_not_mix(filled: S3, local: Release, tmp_path: Path) -> None:
    done: list[str] = []
    for _ in range(ROUNDS):
        both = [start(filled, tmp_path), start(filled, tmp_path)]
        ends = [command.finish() for command in both]
        for code, errors in ends:
            assert code == 0 or (code == 2 and REFUSED.search(errors)) or "faster" in errors
        fresh = sorted(set(check_whole(filled)) - set(done))
        assert len(fresh) == [code for code, _ in ends].count(0) >= 1
        done += fresh
    assert {manifest.digest for manifest in manifests(filled).values()} == {local.manifest.digest}


@pytest.mark.parametrize("seen", ["out/.staging/0001/progress/judge-", "out/releases/0001/verdicts/"])
def test_killed_run_is_seen_to_be_dead(
    filled: S3, local: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seen: str
) -> None:
    command = start(filled, tmp_path)
    assert wait_for(lambda: bool(filled.objects(seen)))
    command.process.send_signal(signal.SIGKILL)
    command.finish()
    assert check_whole(filled) == []
    monkeypatch.setattr(lease, "PACE", lease.Pace(beat=5, dead=1, look=0.2))
    assert curate(filled) == ("0002", "")
    assert wait_for(lambda: command.processes() == [])
    assert check_whole(filled) == ["0002"]
    assert manifests(filled)["0002"].digest == local.manifest.digest
    assert curate(filled) == ("0003", "")
    assert not filled.objects("out/releases/0001")
    assert not filled.objects("out/.staging")
    with pytest.raises(UsageError, match="the name 0001 is that of a run that published nothing"):
        curate(filled, release="0001")


@pytest.mark.parametrize(
    ("flags", "code", "sentence"),
    [
        (["--output", "s3://nowhere/out"], 2, "s3://nowhere/out/: there is no bucket nowhere"),
        (["--input", "s3://nowhere/*.parquet"], 2, "s3://nowhere/: there is no bucket nowhere"),
        (["--input", f"s3://{BUCKET}/none/*.parquet"], 2, f"no file matches s3://{BUCKET}/none/*.parquet"),
        (["--output", "ftp://host/out"], 2, "no filesystem is known for ftp://"),
    ],
)
def test_what_cannot_be_reached_is_said_in_a_sentence(
    filled: S3, capsys: pytest.CaptureFixture[str], flags: list[str], code: int, sentence: str
) -> None:
    given = {"--input": INPUT, "--output": ROOT, flags[0]: flags[1]}
    words = [word for pair in given.items() for word in pair]
    assert main(["curate", *words, "--workers", "1", "--quiet", *filled.flags]) == code
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert sentence in lines[0]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("s3://bucket/out", lacking("S3", "s3")),
        ("gs://bucket/out", lacking("Google Cloud Storage", "gcs")),
        ("hdfs://host/out", lacking("HDFS", "hdfs")),
    ],
)
def test_missing_extra_is_named(path: str, sentence: str) -> None:
    without = "import sys; sys.modules.update(dict.fromkeys(['boto3', 'google.cloud.storage', 'hdfs']))"
    program = f"{without}; from pipelines.cli import main; sys.exit(main(['explain', {path!r}, 'a:1']))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert sentence in done.stderr
