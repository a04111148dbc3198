"""What `tamis explain` prints for each verdict."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from pipelines.cli import main
from pipelines.explain.lookup import look_up
from pipelines.explain.page import show
from pipelines.releases.release import open_release

KEPT, REJECTED, COPY, SURVIVOR, NEAR, MARKUP = (f"a/part.parquet:{row}" for row in range(6))
Printed = Callable[..., str]


def ledger(release: Path) -> list[dict[str, Any]]:
    return pq.read_table(release / "latest" / "verdicts").to_pylist()


def squeeze(text: str) -> str:
    """The text without its lay-out."""
    return " ".join(text.replace("│", " ").split())


def test_kept_row_says_so_and_names_the_rows_that_fall_to_it(release: Path, printed: Printed) -> None:
    text = squeeze(printed(release, KEPT))
    assert text.startswith(f"KEPT {KEPT} record {ledger(release)[0]['record_id']}")
    assert "1 row falls to it: 1.0000 a/part.parquet:2" in text
    assert "instruction 23 characters Name a river in Europe. " in text


def test_rejected_row_gives_every_reason_in_the_words_of_the_article(release: Path, printed: Printed) -> None:
    text = squeeze(printed(release, REJECTED))
    assert text.startswith(f"REJECTED {REJECTED}")
    assert "rejected Instruction too short (2 chars)" in text
    assert "under 5 characters and under 2 tokens" in text
    assert "rejected Output contains placeholder text: [Insert text]" in text
    assert "flagged Instruction doesn't end with punctuation (minor)" in text
    assert 'no_end_punctuation: its last character is "i"' in text


def test_long_text_is_cut_and_what_was_found_in_it_is_not(release: Path, printed: Printed) -> None:
    text = squeeze(printed(release, REJECTED))
    assert "output 2,130 characters Sure: [Insert text] and TODO, so on," in text
    assert "[… 1,7" in text
    assert "characters left out …] so on," in text
    assert len(text) < 2000


def test_copy_is_shown_with_the_row_it_falls_to(release: Path, printed: Printed) -> None:
    text = squeeze(printed(release, COPY))
    assert "Similarity 1.0000 with a row that is kept; the threshold is 0.8." in text
    assert "the same, character for character" in text
    assert f"falls to {KEPT} record {ledger(release)[0]['record_id']}" in text
    assert text.count("Name a river in Europe.") == 2
    assert "id row-2" in text
    assert "id row-0" in text


def test_near_duplicate_shows_how_alike_and_what_differs(release: Path, printed: Printed) -> None:
    text = squeeze(printed(release, NEAR))
    assert "Similarity 0.8765 with a row that is kept; the threshold is 0.8." in text
    assert "prompt 0.8765, output 0.9620; the smaller one counts." in text
    assert "word39 [-word40-] word41" in text
    assert "word39 {+term40+} word41" in text
    assert "word79 {+[bold]last[/bold]+}" in text


@pytest.mark.parametrize(("width", "titles"), [(80, 1), (99, 1), (100, 2), (140, 2)])
def test_survivor_is_beside_the_row_where_there_is_room(
    release: Path, printed: Printed, width: int, titles: int
) -> None:
    lines = printed(release, NEAR, width).splitlines()
    (title,) = [line for line in lines if "this row: duplicate" in line]
    assert title.count(": ") == titles
    assert sum("the row it falls to: kept" in line for line in lines) == 1
    assert max(map(len, lines)) <= width


def test_row_text_is_neither_markup_nor_control(release: Path, printed: Printed) -> None:
    text = printed(release, MARKUP)
    assert r"[red]Say[/red] :smile: \x1b[31m\u202egnp.exe?" in text
    assert r"name {{x}} \[b]" in text
    assert '["[i]a[/i]", null]' in text


def test_colour_marks_what_differs_too(release: Path) -> None:
    found = open_release(str(release))
    console = Console(
        file=io.StringIO(), width=100, force_terminal=True, color_system="standard", markup=False
    )
    console.print(*show(found, look_up(found, NEAR)))
    assert "\x1b[1;4;31mword40" in console.file.getvalue()


@pytest.mark.parametrize("record", ["cut.parquet", "c/cut.parquet:3"])
def test_unreadable_file_gives_its_error(release: Path, printed: Printed, record: str) -> None:
    text = squeeze(printed(release, record))
    assert "UNREADABLE c/cut.parquet source input, release 0001 file" in text
    assert "row group all of them" in text
    assert "error Parquet magic bytes not found" in text
    assert text.endswith("rows lost not known")


def test_row_of_an_unreadable_row_group_is_found_there(release: Path, printed: Printed) -> None:
    text = squeeze(printed(release, "b/part.parquet:3"))
    assert text.startswith("Row 3 is among the rows that cannot be read. UNREADABLE b/part.parquet")
    assert "row group 1 error row group 1: " in text
    assert text.endswith("rows lost 2")


def test_rows_around_an_unreadable_row_group_are_shown(release: Path, printed: Printed) -> None:
    for row in (1, 4):
        assert f"Spell the number {row}." in printed(release, f"b/part.parquet:{row}")


def test_record_id_shared_by_rows_explains_each(release: Path, printed: Printed) -> None:
    shared = ledger(release)[0]["record_id"]
    text = squeeze(printed(release, shared[:6].upper()))
    assert text.startswith(f"2 rows have the record id {shared}. KEPT {KEPT}")
    assert f"DUPLICATE {COPY}" in text


def test_command_prints_and_ends_well(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", f"{release}/latest", KEPT]) == 0
    assert f"KEPT   {KEPT}" in capsys.readouterr().out


def test_command_says_what_is_wrong(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(release), "part.parquet:1"]) == 2
    wrong = "tamis: part.parquet may be a/part.parquet or b/part.parquet; name one of them\n"
    assert capsys.readouterr().err == wrong


def test_terminal_without_unicode_gets_escapes(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    assert main(["explain", str(release), REJECTED]) == 0
    stream.seek(0)
    assert "[\\u2026 " in stream.read()
