"""`tamis report`: a report drawn again, two side by side, and what it says to a mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.cli import main
from schemas.report import json_schema
from tests.releases import Sampled


def test_it_draws_the_same_page_again(sampled: Sampled, tmp_path: Path) -> None:
    for place in (
        sampled.release.folder,
        sampled.release.root,
        sampled.release.folder / "report/report.json",
    ):
        target = tmp_path / "again.html"
        assert main(["report", str(place), "--to", str(target)]) == 0
        assert target.read_bytes() == (sampled.release.folder / "report" / "report.html").read_bytes()


def test_it_draws_two_side_by_side(sampled: Sampled, tmp_path: Path) -> None:
    target, place = tmp_path / "both.html", str(sampled.release.folder)
    assert main(["report", place, place, "--to", str(target)]) == 0
    assert "The two are the same, row for row." in target.read_text("utf-8")


def test_it_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()


@pytest.mark.parametrize("text", [None, "{", '{"version": 9}'])
def test_what_is_no_report_is_named(
    text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "report.json"
    if text is not None:
        path.write_text(text)
    assert main(["report", str(path), "--to", str(tmp_path / "page.html")]) == 2
    said = capsys.readouterr().err
    assert str(path) in said
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("places", [[], ["a", "b", "c"]])
def test_it_takes_one_or_two(places: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", *places]) == 2
    assert f"not {len(places)}" in capsys.readouterr().err


def test_it_writes_over_pages_only(
    sampled: Sampled, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.parquet"
    path.write_text("mine")
    assert main(["report", str(sampled.release.folder), "--to", str(path)]) == 2
    assert f"{path} is there already" in capsys.readouterr().err
    assert path.read_text("utf-8") == "mine"
