"""An export is there whole or not at all."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from pipelines import lease
from pipelines.cli import main
from pipelines.errors import RunError, UsageError
from pipelines.export.staging import Staged, staged
from tests.buckets import curate as curate_there
from tests.buckets import upload
from tests.commands import Command, wait_for
from tests.pipelines.export.conftest import Export
from tests.releases import Release
from tests.stores import BUCKET, S3
from transforms.steps import storage

SLOW = "{% for a in range(3000) %}{% for b in range(9000) %}{% endfor %}{% endfor %}{{ output }}"


@pytest.mark.parametrize("name", ["**", "[x]", "a b"])
def test_names_are_no_patterns(crowded: Release, tmp_path: Path, export: Export, name: str) -> None:
    abandoned = storage.partial_beside(tmp_path / "out" / name)
    abandoned.mkdir(parents=True)
    export(crowded, "--template", "default", name=f"out/{name}")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_export_leaves_nothing_half(
    crowded: Release, tmp_path: Path, export: Export, workers: str
) -> None:
    template, folder = tmp_path / "slow.jinja", tmp_path / "out"
    template.write_text(SLOW, "utf-8")
    command = Command(
        [
            "export",
            str(crowded.folder),
            "--output",
            str(folder / "x"),
            "--template",
            str(template),
            "--workers",
            workers,
        ]
    )
    assert wait_for(lambda: any(folder.glob(".x.*/data/.*")))
    command.process.send_signal(signal.SIGKILL)
    assert command.finish()[0] == -signal.SIGKILL
    assert wait_for(lambda: command.processes() == [])
    assert not (folder / "x").exists()
    assert len(list(folder.iterdir())) == 1
    found = export(crowded, "--template", "default", name="out/x")
    assert [path.name for path in folder.iterdir()] == ["x"]
    assert len(found.rows()) == crowded.manifest.counts.verdicts["kept"]


def test_an_export_that_is_stopped_ends_at_once(crowded: Release, tmp_path: Path) -> None:
    template, folder = tmp_path / "slow.jinja", tmp_path / "out"
    template.write_text(SLOW, "utf-8")
    given = ["--output", str(folder / "x"), "--template", str(template), "--workers", "2"]
    command = Command(["export", str(crowded.folder), *given])
    assert wait_for(lambda: any(folder.glob(".x.*/data/.*")))
    command.process.send_signal(signal.SIGINT)
    assert command.finish() == (130, "tamis: stopped\n")
    assert wait_for(lambda: command.processes() == [])
    assert list(folder.iterdir()) == []


def test_a_stopped_export_takes_its_files_away(tmp_path: Path) -> None:
    def stopped() -> None:
        with staged(str(tmp_path / "x")) as stage:
            (Path(stage.folder) / "data").mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert list(tmp_path.iterdir()) == []


def test_two_exports_to_one_place_do_not_mix(tmp_path: Path) -> None:
    target = tmp_path / "x"

    def both() -> None:
        with staged(str(target)) as one, staged(str(target)) as other:
            (Path(one.folder) / "one").touch()
            (Path(other.folder) / "other").touch()

    with pytest.raises(UsageError, match="is there already"):
        both()
    assert [path.name for path in tmp_path.rglob("*")] == ["x", "other"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with staged(str(tmp_path / "x")) as stage:
        (Path(stage.folder) / "there").touch()
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["there"]


def test_releases_and_exports_in_a_bucket(
    s3: S3, crowded: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    upload(s3, Path(crowded.manifest.inputs[0].path).parent)
    curate_there(s3)
    target = f"s3://{BUCKET}/export"
    s3.client.put_object(Bucket=BUCKET, Key="export/data/train-00007-of-00009.parquet", Body=b"half")
    given = ["export", f"s3://{BUCKET}/out", "--output", target, "--template", "chatml", *s3.flags]
    assert main([*given, "--workers", "1"]) == 0
    assert sorted(s3.objects("export/")) == ["export/data/train-00000-of-00001.parquet", "export/export.json"]
    capsys.readouterr()
    assert main(given) == 2
    assert capsys.readouterr().err == (
        f"tamis: {target} holds an export; --output takes a new or empty folder\n"
    )


def test_two_exports_to_one_place_in_a_bucket_do_not_mix(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "PACE", lease.Pace(beat=0.05, dead=5, look=0.05))
    target = f"s3://{BUCKET}/export"
    with staged(target) as one:
        storage.write_bytes(f"{target}/data/one", b"one")
        with pytest.raises(UsageError, match="is writing there; wait for it"), staged(target):
            pass
        one.finish("{}")
    with pytest.raises(UsageError, match="holds an export"), staged(target):
        pass
    assert s3.objects("export/") == ["export/data/one", "export/export.json"]


def test_an_export_that_is_taken_for_dead_in_a_bucket_is_none(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "PACE", lease.Pace(beat=3600, dead=0.2, look=0.05))
    target = f"s3://{BUCKET}/export"
    dead = Staged(target, lease.take(target))
    storage.write_bytes(f"{target}/data/one", b"one")
    with staged(target) as other:
        assert s3.objects("export/data/") == []
        with pytest.raises(RunError, match=r"taken for dead, and .* holds it now; nothing was exported"):
            dead.finish("{}")
        other.finish("{}")
    assert s3.objects("export/") == ["export/export.json"]
