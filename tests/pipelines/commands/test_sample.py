"""`tamis sample`: where it writes, and what it says where it cannot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.cli import main


def test_it_writes_to_folders_of_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = os.fsdecode(b"a:\xe9")
    assert main(["sample", folder]) == 0
    assert len([*Path(folder).iterdir()]) == 5


def test_where_it_cannot_write_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "file"
    path.touch()
    assert main(["sample", str(path)]) == 1
    assert main(["sample", "s3://bucket/a"]) == 2
    assert capsys.readouterr().err == (
        f"tamis: {path}: File exists\n"
        "tamis: s3://bucket/a is not on this machine, where tamis sample writes\n"
    )
