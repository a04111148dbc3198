"""The audit: each rule's rows and seeded examples, and nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.audit import collect
from pipelines.cli import main
from pipelines.errors import UsageError
from tests.buckets import INPUT, upload
from tests.releases import Sampled, recipe_for
from tests.rows import ask_all, write_rows
from tests.stores import S3


def test_it_counts_what_a_release_counts(sampled: Sampled) -> None:
    recipe = recipe_for(sampled.pattern, language__enabled=True)
    found = collect(recipe)
    report = sampled.release.report
    expected = {rule.name: rule.all for rule in report.rules if rule.all}
    rejected = {name: marked.rejected for name, marked in found.rules.items() if marked.rejected}
    assert rejected == {name: rows for name, rows in expected.items() if name in rejected}
    flagged = {flag.name: flag.all for flag in report.flags if flag.all}
    assert flagged == {
        name: marked.rows - marked.rejected
        for name, marked in found.rules.items()
        if marked.rows > marked.rejected
    }


def test_a_sample_is_chosen_by_its_seed(sampled: Sampled) -> None:
    recipe = recipe_for(sampled.pattern)
    one, same, other = (collect(recipe, share=0.2, seed=seed).to_dict() for seed in (1, 1, 2))
    assert one == same
    assert one != other
    whole = collect(recipe).rows
    assert 0.1 * whole < one["rows"] < 0.3 * whole
    assert all(len(rule["examples"]) <= 3 for rule in one["rules"].values())


def test_the_command_prints_rates_and_examples(
    sampled: Sampled, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["audit", "--input", sampled.pattern, "--profile", "article", "--examples", "1"]) == 0
    printed = capsys.readouterr().out
    assert "rows judged" in printed
    assert "placeholder" in printed
    assert "Most instructions of a source begin with" in printed
    assert list(tmp_path.iterdir()) == []


def test_the_command_gives_json(sampled: Sampled, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--input", sampled.pattern, "--sample", "10%", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rows"] > 0
    assert {"rules", "commonest_openings", "categories"} <= set(found)


@pytest.mark.parametrize("sample", ["0", "200%", "much"])
def test_a_wrong_share_is_refused(sample: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--input", "x.parquet", "--sample", sample]) == UsageError.exit_code
    assert "--sample takes a share" in capsys.readouterr().err


@pytest.mark.parametrize("seed", ["-1", str(1 << 64)])
def test_a_wrong_seed_is_refused(seed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--input", "x.parquet", "--seed", seed]) == UsageError.exit_code
    assert f"--seed takes a whole number from 0 and under 2**64, found {seed}" in capsys.readouterr().err


def test_the_input_may_lie_in_a_bucket(s3: S3, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(tmp_path / "in" / "a.parquet", ask_all(10))
    upload(s3, tmp_path / "in")
    (tmp_path / "recipe.yaml").write_text("language: {enabled: false}\n", "utf-8")
    command = ["audit", "--input", INPUT, "--recipe", str(tmp_path / "recipe.yaml"), "--json"]
    assert main([*command, *s3.flags]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 10
    assert main([*command, "--s3_endpoint"]) == 2
    assert "unrecognised arguments: --s3_endpoint" in capsys.readouterr().err
