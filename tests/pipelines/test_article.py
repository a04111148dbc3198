"""The article's profile: its examples, its limits and its statistics."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.recipe import built_in, override
from tests.releases import Curate, Release, Row
from tests.rows import write_rows

FILLED = "Here you are."
END = "What is it?"
LIMITS: list[tuple[str, str, set[str]]] = [
    ("Hey?", FILLED, {"instruction_too_short"}),
    ("Hi!!?", FILLED, set()),
    ("您好您好\uff1f", FILLED, {"no_end_punctuation"}),
    ("   ?", FILLED, {"instruction_too_short"}),
    ("", FILLED, {"instruction_too_short"}),
    ("a" * 999 + ".", FILLED, set()),
    ("b" * 1000 + ".", FILLED, {"instruction_too_long"}),
    ("\U0001f600" * 999 + "!", FILLED, set()),
    (END, "", {"output_empty"}),
    (END, " \n\t", {"output_empty"}),
    (END, "x", set()),
    ("Is it [insert] there?", "Yes [INSERT name].", {"placeholder"}),
    ("What is to do?", "A todo list.", {"placeholder"}),
    ("What else?", "Wait...", {"placeholder"}),
    ("What is more:", "Well… [your  response here]", set()),
    ("List them. ", "One.", {"no_end_punctuation"}),
    ("Hm", "", {"instruction_too_short", "output_empty", "no_end_punctuation"}),
]
"""Instruction, output and marks."""


@pytest.fixture
def article(curate: Curate, tmp_path: Path) -> object:
    """Curates rows with the article's profile."""

    def curated(rows: list[Row]) -> Release:
        path = write_rows(tmp_path / "in.parquet", rows)
        source = {"name": "input", "input": str(path)}
        recipe = override(built_in("article"), {"sources": [source], "language.enabled": False})
        return curate("", recipe=recipe)

    return curated


def marks(line: Row) -> set[str]:
    return {*line["reasons"], *line["flags"]}


def test_limits_and_literal_rules(article: Curate) -> None:
    rows = [{"instruction": instruction, "output": output} for instruction, output, _ in LIMITS]
    release = article(rows)
    for line, (instruction, output, expected) in zip(release.lines(), LIMITS, strict=True):
        assert marks(line) == expected, (instruction[:20], output)
        assert line["flags"] == (["no_end_punctuation"] if "no_end_punctuation" in expected else [])
        assert line["verdict"] == ("rejected" if expected - {"no_end_punctuation"} else "kept")


def examples(folder: Path, name: str) -> list[Row]:
    lines = (folder / "article-examples.jsonl").read_text("utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["set"] == name]


def columns(rows: list[Row]) -> list[Row]:
    return [{name: row[name] for name in ("instruction", "input", "output")} for row in rows]


def test_validated_examples(article: Curate, real_data: Path) -> None:
    rows = examples(real_data, "validator")
    release = article(columns(rows))
    assert [marks(line) for line in release.lines()] == [set(row["marks"]) for row in rows]
    assert [verdict == "kept" for verdict in release.verdicts()] == [row["valid"] for row in rows]


def test_statistics_of_the_diverse_examples(article: Curate, real_data: Path) -> None:
    found = article(columns(examples(real_data, "diversity"))).report
    assert {share.name: share.input for share in found.verbs} == {
        "translate": 1,
        "summarize": 1,
        "write": 2,
        "classify": 1,
        "answer": 1,
    }
    for name, least, most, mean in (("instruction", 32, 81, 54.0), ("output", 8, 176, 93.2)):
        lengths = getattr(found.input, name)
        assert (lengths.min, lengths.max, round(lengths.mean, 1)) == (least, most, mean)
    assert (found.input.with_input, found.input.without_input) == (4, 2)
    assert found.input == found.curated
