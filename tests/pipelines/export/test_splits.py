"""Rows held out: whole prompts and clusters, the same ones after a refresh, in files that trainers load."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from tests.ledgers import Fall, Pair, write_release
from tests.pipelines.export.conftest import Export, Exported
from tests.releases import Curate, Release
from tests.rows import ask, write_rows

FLAGS = ("--template", "default", "--validation", "30%")
SPLITS = ("train", "validation")


def sides(found: Exported) -> dict[str, str]:
    """The split of each row by what it is asked and answers."""
    return {row["full_text"]: split for split in SPLITS for row in found.rows(split)}


def test_no_row_is_lost_and_no_prompt_is_split(curate: Curate, export: Export, tmp_path: Path) -> None:
    rows = [{**ask(at % 80), "output": f"Answer {at} is {at * at}."} for at in range(240)]
    release = curate(recipe_source(tmp_path, rows), recipe=None)
    found = export(release, *FLAGS)
    split = {name: found.rows(name) for name in SPLITS}
    assert sum(map(len, split.values())) == release.manifest.counts.verdicts["kept"] == 240
    prompts = {name: {row["prompt"] for row in rows} for name, rows in split.items()}
    assert prompts["train"].isdisjoint(prompts["validation"])
    assert 0.15 < len(split["validation"]) / 240 < 0.45
    assert found.manifest.split is not None
    assert found.manifest.split.model_dump() == {"validation": 0.3, "seed": 0}
    assert sides(found) != sides(export(release, *FLAGS, "--seed", 1, name="other"))


def recipe_source(folder: Path, rows: list[dict[str, Any]]) -> str:
    return str(write_rows(folder / "input" / "part.parquet", rows, row_group_size=50))


def test_a_refresh_moves_no_row(curate: Curate, export: Export, tmp_path: Path) -> None:
    before = [{**ask(at), "output": f"It is {at * at}, I think."} for at in range(100)]
    first = export(curate(recipe_source(tmp_path, before)), *FLAGS, name="first")
    new = [ask(at) for at in range(50, 150)]  # other answers to half of the prompts, and new prompts
    refreshed = curate(recipe_source(tmp_path, [*new, *before[::-1][20:]]), root=tmp_path / "again")
    second = sides(export(refreshed, *FLAGS, name="second"))
    assert len(second) == 180
    assert {text: second[text] for text in sides(first) if text in second} == {
        text: side for text, side in sides(first).items() if text in second
    }


def test_rows_that_a_dropped_row_connects_stay_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows 0 and 2 of each three are kept, and row 1 between them is like both of them."""
    trios = 60
    rows = [
        {"instruction": f"Say {at // 3} as {at % 3}.", "output": f"It is {at}."} for at in range(3 * trios)
    ]
    places = [("a.parquet", at) for at in range(3 * trios)]
    falls = [Fall(places[at + 1], places[at], 0.9) for at in range(0, 3 * trios, 3)]
    pairs = [Pair(places[at], places[at + 1], 0.9) for at in range(0, 3 * trios, 3)]
    linked = [Pair(places[at + 2], places[at + 1], 0.85) for at in range(0, 3 * trios, 3)]
    together = {}
    for name, edges in {"linked": [*pairs, *linked], "apart": pairs}.items():
        release = write_release(tmp_path / name, {"a.parquet": rows}, falls, edges)
        output = tmp_path / f"x-{name}"
        assert main(["export", str(release), "--output", str(output), "--workers", "1", *FLAGS]) == 0
        found: dict[str, list[str]] = defaultdict(list)
        for text, side in sides(Exported(output)).items():
            found[text.split("Say ")[1].split(" ")[0]].append(side)
        assert {len(held) for held in found.values()} == {2}
        together[name] = sum(len(set(held)) == 1 for held in found.values())
    capsys.readouterr()
    assert together["linked"] == trios > together["apart"]


def test_splits_of_a_release_are_kept_and_only_train_is_split(
    curate: Curate, export: Export, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "dataset"
    write_rows(folder / "test.parquet", [ask(at) for at in range(10)])
    write_rows(folder / "train.parquet", [ask(at) for at in range(10, 60)])
    release = curate(str(folder))
    found = export(release, *FLAGS)
    assert {name: split.rows for name, split in found.manifest.splits.items()}["test"] == 10
    assert [row["completion"] for row in found.rows("test")] == [ask(at)["output"] for at in range(10)]
    assert len(found.rows("train")) + len(found.rows("validation")) == 50
    write_rows(folder / "validation.parquet", [ask(at) for at in range(60, 70)])
    other = curate(str(folder), root=tmp_path / "three")
    capsys.readouterr()
    assert main(["export", str(other.folder), "--output", str(tmp_path / "no"), *FLAGS]) == 2
    assert "release 0001 has a split validation; leave out --validation" in capsys.readouterr().err


@pytest.mark.parametrize("format_", ["parquet", "jsonl"])
@pytest.mark.parametrize("template", ["chatml", "messages", "prompt-completion"])
def test_datasets_loads_what_is_exported(
    crowded: Release, export: Export, tmp_path: Path, template: str, format_: str
) -> None:
    from datasets import load_dataset

    flags = ["--template", template, "--format", format_]
    for share, files in {"0.0001%": 3, "3%": 6, "40%": 6}.items():
        found = export(crowded, *flags, "--validation", share, name=share)
        assert len(found.manifest.files) == files
        assert any(not file.rows for file in found.manifest.files) == (share == "3%")
        loaded = load_dataset(str(found.folder), cache_dir=str(tmp_path / "cache"))
        assert {name: len(rows) for name, rows in loaded.items()} == {
            name: split.rows for name, split in found.manifest.splits.items() if split.rows
        }
        assert loaded["train"].to_list() == found.rows("train")


def test_data_is_as_trl_takes_it(crowded: Release, export: Export, tokenizer: Path) -> None:
    """Prompt and completion, each tokenised, give the tokens that the masks name."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    fast = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_file(str(tokenizer)))
    for row in export(crowded, "--template", "chatml", "--tokenizer", tokenizer).rows()[:40]:
        prompt = fast(row["prompt"], add_special_tokens=False)["input_ids"]
        whole = fast(row["prompt"] + row["completion"], add_special_tokens=False)["input_ids"]
        assert whole[: len(prompt)] == prompt
        (span,) = row["loss_token_spans"]
        assert span["start"] == len(prompt)
        assert len(whole) == row["tokens"]


def test_real_rows_are_split_by_prompt(real_release: Release, export: Export) -> None:
    found = export(real_release, "--template", "alpaca", "--validation", "5%")
    split = {name: found.rows(name) for name in SPLITS}
    prompts = {name: {row["prompt"].strip().lower() for row in rows} for name, rows in split.items()}
    assert prompts["train"].isdisjoint(prompts["validation"])
    total = sum(map(len, split.values()))
    assert total == sum(pq.read_metadata(path).num_rows for path in real_release.parts("curated"))
    assert 0.03 < len(split["validation"]) / total < 0.07
