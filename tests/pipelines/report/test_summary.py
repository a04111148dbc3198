"""The terminal summary: within 80 columns, clear without colour, in any encoding."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from pipelines.report import summarise
from schemas.report import Report, Rows


def show(report: Report, width: int = 80, encoding: str = "utf-8") -> list[str]:
    """Lines of the summary as a pipe gets them."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    Console(file=stream, width=width).print(summarise(report))
    stream.seek(0)
    return stream.read().splitlines()


def test_funnel_has_every_step_with_its_numbers(mixed: Report) -> None:
    lines = [line.split() for line in show(mixed)]
    for step in mixed.funnel[1:-1]:
        (line,) = [words for words in lines if words[:1] == [step.name]]
        assert line[-3] == (f"-{step.removed}" if step.removed else "0")
        assert line[-1] == str(step.left)


def test_bars_run_from_what_is_left_to_what_was(mixed: Report) -> None:
    lines = {line.split()[0]: line for line in show(mixed) if line.strip()}
    whole, kept, lost = (lines[name] for name in ("input", "kept", "unreadable"))
    assert whole.count("█") > lost.count("█") > kept.count("█") > 0
    assert lost.rindex("█") == whole.rindex("█")
    assert kept.index("█") == whole.index("█")


def test_a_step_that_took_nothing_has_no_bar(article: Report) -> None:
    lines = [line for line in show(article) if line.startswith(("unreadable", "exact_", "near_"))]
    assert len(lines) == 3
    assert "█" not in "".join(lines)


@pytest.mark.parametrize("scale", [1, 10**9])
def test_eighty_columns_are_enough(mixed: Report, scale: int) -> None:
    rows = Rows(**{name: count * scale for name, count in mixed.rows})
    steps = [
        step.model_copy(update={"removed": step.removed * scale, "left": step.left * scale})
        for step in mixed.funnel
    ]
    lines = show(mixed.model_copy(update={"rows": rows, "funnel": tuple(steps)}))
    assert max(map(len, lines)) <= 80
    assert f"{mixed.rows.kept * scale:,}" in "".join(line for line in lines if line.startswith("kept"))


def test_output_that_cannot_show_blocks_gets_hashes(mixed: Report) -> None:
    lines = show(mixed, encoding="ascii")
    assert any("#####" in line for line in lines)


def test_nothing_but_text_goes_into_a_pipe(mixed: Report) -> None:
    assert "\x1b" not in "".join(show(mixed))


def test_flags_and_unreadable_entries_have_a_line(mixed: Report) -> None:
    lines = show(mixed)
    assert "Flags on kept rows: no_end_punctuation 3" in [line.rstrip() for line in lines]
    at = next(at for at, line in enumerate(lines) if line.startswith("2 files, row groups or lines cannot"))
    assert [line.partition(":")[0].strip() for line in lines[at + 1 : at + 3]] == [
        entry.file for entry in mixed.unreadable
    ]


def test_lengths_are_those_of_the_article(article: Report) -> None:
    (line,) = [words for words in map(str.split, show(article)) if words[:2] == ["output,", "kept"]]
    assert line[2:] == ["6", "8", "72", "93.2", "176", "176"]


def test_markup_in_names_stays_text(mixed: Report) -> None:
    lines = show(mixed.model_copy(update={"release": "[red]x[/red]\x1b[31m"}))
    assert lines[0].startswith(r"Release [red]x[/red]\x1b[31m")


def test_no_rows_render(empty: Report) -> None:
    assert any(line.startswith("none") for line in show(empty))
