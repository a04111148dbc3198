"""Folders of a dataset: which files are of which split."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.planning.folders import expand, splits_of
from tests.releases import recipe_for


def lay_out(folder: Path, *names: str, card: str | None = None) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    if card is not None:
        (folder / "README.md").write_text(card)
    return folder


def found(folder: Path) -> dict[str, list[str]]:
    return {
        split: [str(Path(file).relative_to(folder)) for file in files]
        for split, files in splits_of(str(folder)).items()
    }


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (["data/train-00000-of-00001.parquet", "data/test-00000-of-00001.parquet"], {"train", "test"}),
        (["data/extra-00000-of-00001.parquet"], {"extra"}),
        (["extra-00000-of-00001.parquet"], {"train"}),
        (["part-00000-of-00001.parquet", "data/part-00000-of-00001.parquet"], {"train"}),
        (["train/a.parquet", "validation/a.parquet"], {"train", "validation"}),
        (["train.jsonl.gz", "test.jsonl", "dev.jsonl.zst"], {"train", "test", "validation"}),
        (["a.parquet", "latest.jsonl"], {"train"}),
        (["train.parquet", ".cache/test.parquet", "dataset_infos.json", "notes.txt"], {"train"}),
    ],
)
def test_names_tell_splits(tmp_path: Path, names: list[str], splits: set[str]) -> None:
    assert set(splits_of(str(lay_out(tmp_path, *names)))) == splits


def test_card_tells_splits_before_names_do(tmp_path: Path) -> None:
    files = "[{split: train, path: a/*.jsonl}, {split: hard, path: [test.jsonl]}]"
    card = f"---\nconfigs:\n- config_name: default\n  data_files: {files}\n---\n# It\n"
    folder = lay_out(tmp_path, "a/1.jsonl", "a/2.jsonl", "test.jsonl", "left.jsonl", card=card)
    assert found(folder) == {"train": ["a/1.jsonl", "a/2.jsonl"], "hard": ["test.jsonl"]}


def test_card_without_configs_says_nothing(tmp_path: Path) -> None:
    assert set(found(lay_out(tmp_path, "test.jsonl", card="---\nlicense: mit\n---\n"))) == {"test"}


def test_several_configs_are_refused(tmp_path: Path) -> None:
    configs = "[{config_name: en, data_files: en.jsonl}, {config_name: de, data_files: de.jsonl}]"
    card = f"---\nconfigs: {configs}\n---\n"
    with pytest.raises(UsageError, match=r"README.md has several configs: en, de; name the files of one"):
        splits_of(str(lay_out(tmp_path, "en.jsonl", "de.jsonl", card=card)))


def test_splits_are_sources_and_tests_come_first(tmp_path: Path) -> None:
    folder = lay_out(tmp_path, "train.jsonl", "test.jsonl", "validation.jsonl")
    sources = expand(recipe_for(str(folder))).sources
    assert [(source.name, source.split) for source in sources] == [
        ("input/test", "test"),
        ("input/validation", "validation"),
        ("input/train", "train"),
    ]
    assert sources[0].input == (f"{folder}/test.jsonl",)


@pytest.mark.parametrize(
    ("names", "split", "problem"),
    [
        ([], None, "is a folder without files"),
        (["train.jsonl"], "test", "has no split test; it has train"),
    ],
)
def test_folders_of_nothing_to_read_are_refused(
    tmp_path: Path, names: list[str], split: str | None, problem: str
) -> None:
    folder = lay_out(tmp_path, "notes.txt", *names)
    recipe = recipe_for("x", sources=[{"name": "a", "input": str(folder), "split": split}])
    with pytest.raises(UsageError, match=problem):
        expand(recipe)


def test_files_that_a_card_names_must_be_there(tmp_path: Path) -> None:
    card = "---\nconfigs: [{config_name: default, data_files: {train: train.jsonl, test: gone.jsonl}}]\n---\n"
    with pytest.raises(UsageError, match=r"README.md: no file is what it names for the split test"):
        splits_of(str(lay_out(tmp_path, "train.jsonl", card=card)))


def test_a_card_without_an_end_is_no_card(tmp_path: Path) -> None:
    """Looking for it at each line again would take minutes."""
    assert set(found(lay_out(tmp_path, "a.parquet", card="---" + "\n" * 300_000 + "x"))) == {"train"}


@pytest.mark.parametrize("key", ["config_name", "split", "path"])
def test_aliases_do_not_make_a_long_text_of_a_short_card(tmp_path: Path, key: str) -> None:
    names = [f"&{name} [{', '.join([f'*{chr(ord(name) - 1)}'] * 9)}]" for name in "bcdefghi"]
    files = ", ".join(f"{{split: x, path: {each}}}" for each in ("&a [y]", *names))
    last = "split: train, path: a.parquet"
    last = last if key == "config_name" else f"split: {'*i' if key == 'split' else 'x'}, path: [*i]"
    other = "{config_name: *i}" if key == "config_name" else ""
    card = f"---\nconfigs:\n- {{data_files: [{files}, {{{last}}}]}}\n{f'- {other}' if other else ''}\n---\n"
    with pytest.raises(UsageError, match=r"several configs|no file is what"):
        found(lay_out(tmp_path, "a.parquet", card=card))


def test_a_card_that_is_nested_too_deeply_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nested too deeply"):
        found(lay_out(tmp_path, "a.parquet", card="---\na: " + "[" * 3000 + "\n---\n"))
