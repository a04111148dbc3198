"""Lengths in tokens of report.json against a count by the tokenizer itself of the ledger's rows."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from typing import Any

import pytest
from tokenizers import Tokenizer

from pipelines.report import render_card, render_html
from pipelines.report.words import tell_tokens
from tests.releases import Release, Sampled, make_release, recipe_for
from tests.tokenizers import byte_level

FIELDS = ("instruction", "input", "output")
SHARES = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99}


@pytest.fixture(scope="module")
def counted(sampled: Sampled, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Give the release of the sample by a recipe that names a tokenizer."""
    root = tmp_path_factory.mktemp("counted")
    (root / "tokenizer.json").write_bytes(byte_level())
    recipe = recipe_for(sampled.pattern, tokenizer=str(root / "tokenizer.json"))
    return make_release(root / "output", recipe)


TOKENIZER = Tokenizer.from_buffer(byte_level())


def by_tokenizer(text: str) -> int:
    return len(TOKENIZER.encode(text, add_special_tokens=False).ids)


def by_characters(text: str) -> int:
    return math.ceil(len(text) / 4)


@pytest.mark.parametrize("name", ["counted", "sampled"])
def test_lengths_in_tokens(sampled: Sampled, name: str, request: pytest.FixtureRequest) -> None:
    found: Release | Sampled = request.getfixturevalue(name)
    release, count = (found, by_tokenizer) if isinstance(found, Release) else (found.release, by_characters)
    report = json.loads((release.folder / "report" / "report.json").read_bytes())
    rows = [[row[field] or "" for field in FIELDS] for row in sampled.rows.values()]
    tokens = [dict(zip(FIELDS, map(count, texts), strict=True)) for texts in rows]
    lines = release.lines()
    for side, verdicts in (("input", {"kept", "rejected", "duplicate"}), ("curated", {"kept"})):
        inside = [at for at, line in enumerate(lines) if line["verdict"] in verdicts]
        assert report[side]["tokens"] == sum(sum(tokens[at].values()) for at in inside)
        given = [at for at in inside if rows[at][1]]
        for field in ("instruction", "output"):
            check(report[side]["token_lengths"][field], [tokens[at][field] for at in inside])
        check(report[side]["token_lengths"]["input"], [tokens[at]["input"] for at in given])
        check(report[side]["token_lengths"]["whole"], [sum(tokens[at].values()) for at in inside])
        check(report[side]["whole"], [sum(map(len, rows[at])) for at in inside])


def check(lengths: dict[str, Any], counts: list[int]) -> None:
    counts.sort()
    assert (lengths["rows"], lengths["total"]) == (len(counts), sum(counts))
    assert (lengths["min"], lengths["max"]) == (counts[0], counts[-1])
    assert lengths["mean"] == pytest.approx(sum(counts) / len(counts))
    for name, share in SHARES.items():
        assert lengths[name] == pytest.approx(counts[math.ceil(share * len(counts)) - 1], rel=0.01)
    assert sum(entry["rows"] for entry in lengths["histogram"]) == len(counts)
    for entry in lengths["histogram"]:
        assert entry["rows"] == sum(entry["low"] <= count <= entry["high"] for count in counts)


def test_lengths_by_task(sampled: Sampled, counted: Release) -> None:
    kept: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
    for row, line in zip(sampled.rows.values(), counted.lines(), strict=True):
        if line["verdict"] == "kept":
            kept[line["verb"]].append(row)
    tasks = {task.verb: task for task in counted.report.task_lengths if task.kept}
    assert tasks.keys() == kept.keys()
    for verb, task in tasks.items():
        for name, mean in (
            ("instruction", task.kept_instruction_tokens),
            ("output", task.kept_output_tokens),
        ):
            texts = [row[name] or "" for row in kept[verb]]
            for unit, count in (("chars", len), ("tokens", by_tokenizer)):
                lengths = sorted(map(count, texts))
                quartiles = getattr(task, f"{name}_{unit}_quartiles")
                for quantile, share in (("p25", 0.25), ("p50", 0.5), ("p75", 0.75)):
                    true = lengths[math.ceil(share * len(lengths)) - 1]
                    assert getattr(quartiles, quantile) == pytest.approx(true, rel=0.07)
            assert mean == pytest.approx(sum(lengths) / len(lengths), abs=1e-5)


def test_whose_tokens_they_are_is_said(sampled: Sampled, counted: Release) -> None:
    assert counted.report.tokenizer
    assert counted.report.tokenizer == counted.manifest.tokenizer
    assert sampled.release.report.tokenizer is None
    for release in (counted, sampled.release):
        said = tell_tokens(release.report.tokenizer)
        assert f"Tokens are {said}." in render_html(release.report)
        assert f"Tokens are {said}." in render_card(release.report)
    assert "Tokens are estimated" not in render_card(counted.report)
