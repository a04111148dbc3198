"""Rows that hold an example of a benchmark: rejected or flagged, with the example and the score named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.cli import main
from pipelines.explain import explain
from schemas.recipe import Recipe
from tests.releases import Curate, Release, recipe_for
from tests.rows import ask_all, write_rows
from transforms.steps.cache import KINDS

MARS = "Which of the two moons of Mars is the larger one, Phobos or Deimos?"
ROME = "According to the legend Rome was founded in the year 753 before Christ by Romulus."
EXAMPLES = [
    {"question": "Name a moon.", "answer": "Phobos."},
    {"question": MARS, "answer": "Phobos."},
    {"question": "Who founded Rome?", "answer": ROME},
]
COLUMNS = {"instruction": "question", "output": "answer"}
PLANTED = [
    ("NAME a moon!", "Io.", (0, 1.0)),
    ("Name a moon of Mars.", "Phobos.", None),
    (f"Answer in one word. {MARS}", "Deimos.", (1, 1.0)),
    (MARS.replace("larger", "smaller"), "Deimos.", (1, 9 / 14)),
    (MARS.replace("Mars", "it"), "Phobos.", None),
    ("What is the legend?", ROME.replace("Romulus", "Remus"), (2, 14 / 15)),
    ("Go on: which of the two", "moons of Mars is the larger one?", None),
]
"""Instruction, output, and row and score of the example that they hold, if they do."""

CLEAN = 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A benchmark, and rows that the examples of it are planted behind."""
    write_rows(tmp_path / "bench" / "test.parquet", EXAMPLES)
    planted = [{"instruction": prompt, "output": output} for prompt, output, _ in PLANTED]
    write_rows(tmp_path / "in.parquet", [*ask_all(CLEAN), *planted], row_group_size=5)
    return tmp_path


def recipe_in(folder: Path, **changes: Any) -> Recipe:
    benchmark = {"name": "quiz", "input": f"{folder}/bench/*", "columns": COLUMNS}
    return recipe_for(str(folder / "in.parquet"), **({"benchmarks": [benchmark]} | changes))


def matches(release: Release) -> list[tuple[int, float] | None]:
    """Row and score of what each planted row matches."""
    lines = release.lines()
    assert all(line["match_score"] is None for line in lines[:CLEAN])
    assert {
        (line["match_source"], line["match_file"]) for line in lines if line["match_row"] is not None
    } <= {("quiz", "test.parquet")}
    return [
        None if line["match_row"] is None else (line["match_row"], line["match_score"])
        for line in lines[CLEAN:]
    ]


def cached(root: Path) -> dict[str, set[str]]:
    return {kind: {path.name for path in (root / ".cache" / kind).rglob("*.arrow")} for kind in KINDS}


def test_rows_that_hold_an_example_are_rejected(curate: Curate, folder: Path) -> None:
    release = curate("", recipe=recipe_in(folder))
    assert matches(release) == [found for _, _, found in PLANTED]
    for line, (_, _, found) in zip(release.lines()[CLEAN:], PLANTED, strict=True):
        assert line["verdict"] == ("rejected" if found else "kept")
        assert line["reasons"] == (["contaminated"] if found else [])
    assert release.manifest.counts.reasons["contaminated"] == 4
    assert [step.removed for step in release.report.funnel if step.name == "contaminated"] == [4]
    (file,) = release.manifest.benchmarks
    assert (file.source, file.file, file.rows) == ("quiz", "test.parquet", 3)
    assert file.path == str(folder / "bench" / "test.parquet")
    assert file.bytes == (folder / "bench" / "test.parquet").stat().st_size
    assert release.manifest.benchmark_index is not None


def test_units_and_processes_change_nothing(curate: Curate, folder: Path) -> None:
    whole = curate("", recipe=recipe_in(folder), root=folder / "whole")
    pieces = curate("", recipe=recipe_in(folder), root=folder / "pieces", unit_bytes=1, workers=2)
    assert pieces.contents() == whole.contents()


def test_rule_of_any_shared_13_gram(curate: Curate, folder: Path) -> None:
    changes = {"rules.contaminated.ngram": 13, "rules.contaminated.min_score": 0}
    found = matches(curate("", recipe=recipe_in(folder, **changes)))
    assert found == [(0, 1.0), None, (1, 1.0), None, None, (2, 14 / 15), None]


def test_flagged_rows_are_kept_and_keep_their_match(curate: Curate, folder: Path) -> None:
    release = curate("", recipe=recipe_in(folder, **{"rules.contaminated.action": "flag"}))
    assert matches(release) == [found for _, _, found in PLANTED]
    assert set(release.verdicts()) == {"kept"}
    flags = release.curated["tamis_flags"].to_pylist()[CLEAN:]
    assert ["contaminated" in row for row in flags] == [found is not None for _, _, found in PLANTED]
    assert release.manifest.counts.reasons.get("contaminated", 0) == 0
    assert release.manifest.counts.flags["contaminated"] == 4


def test_rule_that_is_off_looks_at_nothing(curate: Curate, folder: Path) -> None:
    release = curate("", recipe=recipe_in(folder, **{"rules.contaminated.action": "off"}))
    assert matches(release) == [None] * len(PLANTED)
    assert set(release.verdicts()) == {"kept"}
    assert (release.manifest.benchmarks, release.manifest.benchmark_index) == ([], None)


def test_texts_of_the_benchmark_alone_decide_what_is_judged_again(curate: Curate, folder: Path) -> None:
    first = curate("", recipe=recipe_in(folder))
    before = cached(first.root)
    (folder / "bench" / "test.parquet").rename(folder / "bench" / "renamed.parquet")
    second = curate("", recipe=recipe_in(folder), root=first.root)
    assert cached(first.root) == before
    assert second.curated.equals(first.curated)
    assert {line["match_file"] for line in second.lines()} == {None, "renamed.parquet"}
    write_rows(folder / "bench" / "renamed.parquet", [*EXAMPLES[::-1], {"question": "x", "answer": None}])
    third = curate("", recipe=recipe_in(folder), root=first.root)
    after = cached(first.root)
    assert {kind: len(after[kind] - before[kind]) for kind in KINDS} == {
        "judgement": 1,
        "identity": 0,
        "signatures": 0,
    }
    rows = [line["match_row"] for line in third.lines()[CLEAN:]]
    assert rows == [found and 2 - found[0] for _, _, found in PLANTED]
    assert third.manifest.benchmark_index != first.manifest.benchmark_index


def test_reference_that_is_contaminated_outranks_all_the_same(curate: Curate, folder: Path) -> None:
    prompt, output, _ = PLANTED[5]
    write_rows(folder / "reference.parquet", [{"instruction": prompt, "output": output}])
    write_rows(folder / "in.parquet", [{"instruction": prompt, "output": f"{output} "}, *ask_all(2)])
    reference = {"name": "old", "input": str(folder / "reference.parquet")}
    changes = {"references": [reference], "rules.contaminated.action": "flag"}
    line, *_ = curate("", recipe=recipe_in(folder, **changes)).lines()
    assert (line["verdict"], line["survivor_source"], line["flags"]) == ("duplicate", "old", ["contaminated"])
    assert (line["match_source"], line["match_row"]) == ("quiz", 2)


def test_command_names_files_and_explains_rows(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    (folder / "recipe.yaml").write_text("language: {enabled: false}")
    write_rows(
        folder / "bench" / "test.parquet", [{"instruction": row["question"], "input": ""} for row in EXAMPLES]
    )
    flags = ["--output", str(folder / "output"), "--recipe", str(folder / "recipe.yaml"), "--quiet"]
    files = ["--input", str(folder / "in.parquet"), "--benchmark", f"{folder}/bench/*.parquet"]
    assert main(["curate", *files, *flags, "--workers", "1"]) == 0
    explain(str(folder / "output"), f"in.parquet:{CLEAN + 3}")
    printed = capsys.readouterr().out
    assert "Holds 64% of benchmark/test.parquet:1" in printed
    assert "contaminated: the score is 0.6429 by 8-grams, the rule marks from 0.5" in printed
