"""What is told of a plan before it is worked by."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pipelines.planning import work
from tests.releases import Curate
from tests.rows import ask_all


def test_a_compressed_file_that_one_worker_has_to_take_whole_is_told_of(
    curate: Curate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(work, "_WHOLE_ROWS", 20)
    lines = [f"{json.dumps(row)}\n" for row in ask_all(60)]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "plain.jsonl").write_text("".join(lines), "utf-8")
    for name, rows in {"few": 20, "many": 21, "more": 40}.items():
        (tmp_path / "in" / f"{name}.jsonl.gz").write_bytes(gzip.compress("".join(lines[:rows]).encode()))
    curate(f"{tmp_path}/in/*")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        f"tamis: {tmp_path}/in/more.jsonl.gz is compressed, so one worker takes all its 40 "
    )
    assert "(and so of 1 more files of over 20 rows)" in line
    assert line.endswith("; unpack it, or split it into several files")
