"""Lengths in tokens: counted by a recipe's tokenizer wherever rows are judged; the cache knows which."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.audit.collect import collect
from pipelines.cli import main
from pipelines.run import Request, run
from schemas.recipe import Recipe
from tests.releases import Curate, Release, recipe_for
from tests.rows import ask_all, write_rows
from tests.tokenizers import byte_level, words

LIMIT = {"rules__too_many_tokens__action": "reject", "rules__too_many_tokens__max_tokens": 11}
ROWS = [
    *ask_all(30),
    *({"instruction": f"Spell {at}{'x' * 60}?", "output": f"{'y' * 40}{at}"} for at in range(5)),
    {"instruction": "Say " + "a " * 30, "output": "A."},
]


@pytest.fixture
def pattern(tmp_path: Path) -> str:
    """Rows of few words that are short, five with long words, and one of many short words."""
    return str(write_rows(tmp_path / "in.parquet", ROWS))


def tokenizer(folder: Path, content: bytes) -> str:
    path = folder / "tokenizer.json"
    path.write_bytes(content)
    return str(path)


def rejected(release: Release) -> int:
    return release.manifest.counts.reasons["too_many_tokens"]


def test_an_instruction_is_long_by_its_own_tokens(curate: Curate, tmp_path: Path) -> None:
    row = {"instruction": "Spell this.", "input": "x " * 40, "output": "y " * 40}
    path = write_rows(tmp_path / "one.parquet", [row, {**row, "instruction": "Spell this. " * 4}])
    rules = {"rules__instruction_too_long": {"action": "reject", "max_tokens": 10}}
    release = curate("", recipe=recipe_for(str(path), **rules))
    assert [line["reasons"] for line in release.lines()] == [[], ["instruction_too_long"]]


def test_rows_are_marked_by_what_counts(curate: Curate, pattern: str, tmp_path: Path) -> None:
    def recipe(**changes: object) -> Recipe:
        return recipe_for(pattern, **LIMIT, **changes)

    root = tmp_path / "output"
    proxy = curate("", recipe=recipe(), root=root)
    wanted = [sum(-(-len(text) // 4) for text in (row["instruction"], row["output"])) > 11 for row in ROWS]
    assert [line["reasons"] == ["too_many_tokens"] for line in proxy.lines()] == wanted
    path = tokenizer(tmp_path, byte_level())
    by_bytes = curate("", recipe=recipe(tokenizer=path), root=root)
    assert rejected(by_bytes) == 36
    assert by_bytes.manifest.versions["tokenizers"]
    assert "tokenizers" not in proxy.manifest.versions
    tokenizer(tmp_path, words())  # another file at the same path: what was judged is judged anew
    by_words = curate("", recipe=recipe(tokenizer=path), root=root)
    assert (rejected(proxy), rejected(by_words)) == (6, 1)
    assert collect(recipe(tokenizer=path)).rules["too_many_tokens"].rows == 1


def test_a_refresh_with_another_tokenizer_is_made_anew(
    pattern: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tokenizer(tmp_path, byte_level())
    asked = {
        "output": str(tmp_path / "out"),
        "previous": "latest",
        "recipe": recipe_for(pattern, **LIMIT, tokenizer=path),
    }
    found = []
    for content in (byte_level(), byte_level(), words()):
        tokenizer(tmp_path, content)
        _, places = run(Request(**asked))
        found.append(
            (rejected(Release(Path(places.release_folder))), "nothing has changed" in capsys.readouterr().out)
        )
    assert found == [(36, False), (36, True), (1, False)]


def test_a_tokenizer_changes_no_release_that_asks_for_no_tokens(
    curate: Curate, pattern: str, tmp_path: Path
) -> None:
    plain = curate(pattern)
    counted = curate(
        "", recipe=recipe_for(pattern, tokenizer=tokenizer(tmp_path, byte_level())), root=tmp_path / "counted"
    )
    assert counted.manifest.digest == plain.manifest.digest
    assert pq.read_table(counted.folder / "curated").equals(pq.read_table(plain.folder / "curated"))


@pytest.mark.parametrize("content", [None, b"{}"])
def test_a_tokenizer_that_cannot_be_used_is_told(
    pattern: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_bytes(content)
    (tmp_path / "recipe.yaml").write_text(f"tokenizer: {path}\n", "utf-8")
    given = ["--input", pattern, "--recipe", f"{tmp_path}/recipe.yaml"]
    for command in (["curate", *given, "--output", f"{tmp_path}/output"], ["audit", *given]):
        assert main(command) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert str(path) in said
    assert not (tmp_path / "output").exists()
