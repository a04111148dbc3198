"""Every mistake gets one clear sentence and an exit code, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from schemas.recipe import built_in, load_recipe
from tests.commands import Command


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.parquet"
    pq.write_table(pa.table({"instruction": ["Say it."], "output": ["It."], "extra": [1]}), path)
    return path


def fails(capfd: pytest.CaptureFixture[str], arguments: list[str], code: int, *words: str) -> None:
    """Hold a command to its exit code and to the words of its sentence."""
    assert main(arguments) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("tamis: ")
    assert "Traceback" not in err
    for word in words:
        assert word in err


def test_no_file_matches(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pattern = str(tmp_path / "none-*.parquet")
    fails(
        capfd, ["curate", "--input", pattern, "--output", str(tmp_path / "o")], 2, "no file matches", pattern
    )
    assert not (tmp_path / "o").exists()


def test_file_that_is_not_parquet(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_text("hello")
    words = (str(path), "not a Parquet file", "b'hell'")
    fails(capfd, ["curate", "--input", str(path), "--output", str(tmp_path / "o")], 2, *words)


def test_only_file_is_cut(capfd: pytest.CaptureFixture[str], tmp_path: Path, good: Path) -> None:
    path = tmp_path / "cut.parquet"
    path.write_bytes(good.read_bytes()[:200])
    fails(
        capfd, ["curate", "--input", str(path), "--output", str(tmp_path / "o")], 1, str(path), "can be read"
    )


def test_missing_column(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"prompt": ["a"], "output": ["b"]}), path)
    words = (str(path), "'instruction'", "prompt, output")
    fails(capfd, ["curate", "--input", str(path), "--output", str(tmp_path / "o")], 2, *words)


def test_column_that_is_no_text(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "n.parquet"
    pq.write_table(pa.table({"instruction": [1], "output": ["b"]}), path)
    fails(capfd, ["curate", "--input", str(path), "--output", str(tmp_path / "o")], 2, "int64, not text")


def test_column_of_our_own(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "own.parquet"
    pq.write_table(pa.table({"instruction": ["a"], "output": ["b"], "tamis_verb": ["c"]}), path)
    fails(capfd, ["curate", "--input", str(path), "--output", str(tmp_path / "o")], 2, "tamis_verb")


def test_clashing_schemas(capfd: pytest.CaptureFixture[str], tmp_path: Path, good: Path) -> None:
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"instruction": ["a"], "output": ["b"], "extra": ["x"]}), path)
    command = ["curate", "--input", str(good), str(path), "--output", str(tmp_path / "o")]
    fails(capfd, command, 2, str(path), "extra: int64", "extra: string")


def test_unknown_recipe_key(capfd: pytest.CaptureFixture[str], tmp_path: Path, good: Path) -> None:
    recipe = tmp_path / "r.yaml"
    recipe.write_text("dedup:\n  treshold: 0.9\n")
    command = ["curate", "--input", str(good), "--output", str(tmp_path / "o"), "--recipe", str(recipe)]
    fails(capfd, command, 2, str(recipe), "dedup.treshold", "did you mean `dedup.threshold`")


def test_recipe_value_out_of_range(capfd: pytest.CaptureFixture[str], tmp_path: Path, good: Path) -> None:
    command = ["curate", "--input", str(good), "--output", str(tmp_path / "o"), "--threshold", "1.9"]
    fails(capfd, command, 2, "dedup.threshold", "1.9")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--treshold", "0.9"], ("--treshold", "did you mean --threshold")),
        (["--direct_num_worker", "2"], ("--direct_num_worker", "did you mean --direct_num_workers")),
        (["--direct_num_workers", "x"], ("--direct_num_workers", "'x'")),
        (["--runner", "NoSuch"], ("NoSuch", "in-memory, prism, spark, flink, dataflow")),
        (["--benchmark", "nowhere.parquet"], ("no file matches nowhere.parquet",)),
        (["--workers", "0"], ("--workers", "found 0")),
        (["--languages", "english"], ("english", "en, de or zh")),
        (["--languages", "\udce9"], (r"flags: there is no '\udce9' in UTF-8",)),
        (["--recipe", "nowhere.yaml"], ("nowhere.yaml", "cannot be read")),
        (["--recipe", "r.yaml", "--profile", "article"], ("exclude each other",)),
        (["--remove", ""], ("argument --remove: expected a value, found an empty text",)),
        (["--remove", "a\x1b[2J"], (r"a\x1b[2J",)),
    ],
)
def test_wrong_flags(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, good: Path, flags: list[str], words: tuple[str, ...]
) -> None:
    fails(capfd, ["curate", "--input", str(good), "--output", str(tmp_path / "o"), *flags], 2, *words)
    assert not (tmp_path / "o").exists()


def test_an_empty_folder_name_is_no_folder(capfd: pytest.CaptureFixture[str]) -> None:
    """A variable that is not set must not prune the folder one stands in."""
    fails(capfd, ["prune", "", "--keep", "1"], 2, "argument ROOT: expected a value, found an empty text")


@pytest.mark.parametrize(
    ("flag", "key"), [("input", "sources"), ("reference", "references"), ("benchmark", "benchmarks")]
)
def test_files_named_by_flag_and_recipe(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, good: Path, flag: str, key: str
) -> None:
    recipe = tmp_path / "r.yaml"
    recipe.write_text(f"{key}: [{{name: a, input: {good}}}]")
    command = ["curate", f"--{flag}", str(good), "--output", str(tmp_path / "o"), "--recipe", str(recipe)]
    fails(capfd, command, 2, f"--{flag} and the recipe's {key} exclude each other")


def test_output_folder_of_something_else(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, good: Path
) -> None:
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "thesis.txt").write_text("mine")
    fails(capfd, ["curate", "--input", str(good), "--output", str(tmp_path / "o")], 2, "thesis.txt")
    assert (tmp_path / "o" / "thesis.txt").read_text() == "mine"


def test_release_that_is_there(capfd: pytest.CaptureFixture[str], tmp_path: Path, good: Path) -> None:
    recipe = tmp_path / "r.yaml"
    recipe.write_text("language:\n  enabled: false\n")
    command = ["curate", "--input", str(good), "--output", str(tmp_path / "o"), "--recipe", str(recipe)]
    assert main([*command, "--quiet", "--workers", "1"]) == 0
    assert capfd.readouterr() == ("", "")
    fails(capfd, [*command, "--release", "0001"], 2, "0001", "never changed")


def test_recipe_that_is_printed_is_the_default(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["recipe"]) == 0
    assert load_recipe(capfd.readouterr().out) == built_in("default")
    assert main(["recipe", "--schema"]) == 0
    assert json.loads(capfd.readouterr().out)["additionalProperties"] is False


def test_languages_filter_even_where_the_profile_does_not(good: Path) -> None:
    from pipelines.cli import _parser
    from pipelines.recipe_flags import recipe_of

    flags = ["curate", "--input", str(good), "--output", "o", "--profile", "article", "--languages", "en,de"]
    recipe = recipe_of(_parser().parse_args(flags))
    assert recipe.language.keep == ("en", "de")
    assert recipe.rules.language.action == "reject"


@pytest.mark.parametrize("kibibytes", [0, 1, 300])
def test_a_full_disk_is_one_sentence(good: Path, tmp_path: Path, kibibytes: int) -> None:
    arguments = ["curate", "--input", str(good), "--output", str(tmp_path / "o"), "--workers", "1"]
    limited = f"ulimit -f {kibibytes}; exec {sys.executable} -m pipelines.cli {shlex.join(arguments)}"
    found = subprocess.run(["/bin/bash", "-c", limited], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert found.stderr.startswith("tamis: ")
    assert found.stderr.count("\n") == 1
    told = ["No usable temporary directory"] if kibibytes == 0 else ["File too large", f"{tmp_path}/o/"]
    assert all(words in found.stderr for words in told)


def test_a_reader_that_has_had_enough_ends_a_command_quietly() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = Command(["recipe", "--schema"], stdout=writing)
    os.close(writing)
    assert command.finish() == (1, "")


@pytest.mark.parametrize("asked", [["curate", "--output"], ["cache"]])
def test_names_are_no_markup(
    good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: list[str]
) -> None:
    folder = str(tmp_path / "[bold]o[/out]")
    assert main(["curate", "--input", str(good), "--output", folder, "--quiet"]) == 0
    given = ["--input", str(good)] if asked[0] == "curate" else []
    assert main([*asked, folder, *given]) == 0
    assert folder in capsys.readouterr().out
