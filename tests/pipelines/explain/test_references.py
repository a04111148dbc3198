"""Rows that fell to a reference set, to a row released before, or under a cap."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.errors import UsageError
from pipelines.explain.lookup import look_up
from pipelines.releases.release import open_release
from tests.releases import Release, make_release, recipe_for
from tests.rows import ask_all, write_rows

Printed = Callable[..., str]
LONG = " ".join(f"word{at}" for at in range(60))
KNOWN = [{"question": "?", "answer": "!"}, {"question": "Tell me of the words.", "answer": LONG}]
ROWS = [
    {"instruction": "Tell me of the words.", "input": "", "output": f"{LONG} more"},
    {"instruction": "Say a word.", "input": "", "output": "Apple, bread and chair."},
    {"instruction": "Say a word.", "input": "", "output": "Dance."},
    {"instruction": "say a word.", "input": "", "output": "dance."},
    {"instruction": "What is left?", "input": "", "output": f"Grape, {LONG}"},
    {"instruction": "What is left?", "input": "", "output": f"House, grape, {LONG}"},
]
NEAR, KEPT, CAPPED, COPY = (f"input/in.parquet:{row}" for row in range(4))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of rows that a reference set and a cap take some of."""
    folder = tmp_path_factory.mktemp("told")
    write_rows(folder / "known" / "old.parquet", KNOWN)
    write_rows(folder / "in.parquet", ROWS)
    known = {
        "name": "known",
        "input": f"{folder}/known/*.parquet",
        "columns": {"instruction": "question", "output": "answer"},
    }
    recipe = recipe_for(f"{folder}/in.parquet", references=[known], dedup__max_answers_per_prompt=1)
    return make_release(folder / "output", recipe)


def squeeze(text: str) -> str:
    """The text without its lay-out."""
    return " ".join(text.replace("│", " ").split())


def test_row_of_a_reference_set_is_shown_from_its_own_file(release: Release, printed: Printed) -> None:
    text = squeeze(printed(release.root, NEAR, 140))
    assert text.startswith(f"DUPLICATE {NEAR}")
    assert "with a row of the reference set known; the threshold is 0.8." in text
    assert "prompt 1.0000, output 0.9825; the smaller one counts." in text
    assert "falls to known/old.parquet:1 record " in text
    assert "source known won by of a reference set" in text
    assert "this row: duplicate" in text
    assert "the row it falls to: reference" in text
    assert "(column question)" in text
    assert "its text" not in text


def test_capped_row_says_so(release: Release, printed: Printed) -> None:
    for row in (CAPPED, COPY):
        text = squeeze(printed(release.root, row))
        assert text.startswith(f"REJECTED {row}")
        assert "rejected Ranks below 1 other answer to the same prompt" in text
        assert "prompt_cap: the recipe keeps 1 of the answers to a prompt" in text
        assert "falls to" not in text


def test_kept_row_is_outranked_by_nothing(release: Release, printed: Printed) -> None:
    text = squeeze(printed(release.root, KEPT))
    assert text.startswith(f"KEPT {KEPT}")
    assert "won by" not in text


def test_row_of_a_reference_set_has_no_verdict(release: Release, capsys: pytest.CaptureFixture[str]) -> None:
    for record in ("old.parquet:1", "known/old.parquet", "old.parquet:99"):
        with pytest.raises(UsageError, match=r"^old\.parquet is of the reference set known, whose rows are"):
            look_up(open_release(str(release.folder)), record)
    assert main(["explain", str(release.root), "old.parquet:0"]) == 2
    assert capsys.readouterr().err.startswith("tamis: old.parquet is of the reference set known")


@pytest.mark.parametrize(
    ("order", "column", "told"),
    [
        ("longest_output", None, "longer output"),
        ("first_seen", None, "earlier in the input"),
        ("highest", "score", "higher score"),
        ("lowest", "score", "lower score"),
    ],
)
def test_win_by_the_recipes_order_is_told_in_its_words(
    tmp_path: Path, printed: Printed, order: str, column: str | None, told: str
) -> None:
    scores = {"highest": (2, 1), "lowest": (1, 2)}.get(order, (0, 0))
    first, second = ({**ROWS[4 + at], "score": score} for at, score in enumerate(scores))
    write_rows(tmp_path / "in.parquet", [second, first] if order == "longest_output" else [first, second])
    recipe = recipe_for(f"{tmp_path}/in.parquet", dedup__order=order, dedup__column=column)
    release = make_release(tmp_path / "output", recipe)
    assert f"source input won by {told} " in squeeze(printed(release.root, "in.parquet:1"))


def test_win_of_what_was_released_is_told(tmp_path: Path, printed: Printed) -> None:
    write_rows(tmp_path / "in.parquet", [ROWS[4]])
    make_release(tmp_path / "output", recipe_for(f"{tmp_path}/in.parquet"))
    write_rows(tmp_path / "in.parquet", [ROWS[5], ROWS[4], *ask_all(2)])
    root = tmp_path / "output"
    make_release(root, recipe_for(f"{tmp_path}/in.parquet"), previous=str(root))
    text = squeeze(printed(root, "in.parquet:0"))
    assert "with a row that is kept" in text
    assert "source input won by released before" in text
