"""The index of the benchmarks is stored as it is, and rows are compared with it where a rule asks it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from schemas.recipe import Recipe, override
from tests.columns import text_column
from transforms.kernels.containment import Index, build_index, contain, read_words
from transforms.kernels.texts import Texts
from transforms.steps import tables
from transforms.steps.benchmarks import compare, from_table, to_table

PROMPTS = ["name the seven seas", "name", "name the seven hills"]
ANSWERS = ["the arctic the atlantic and so on", "", "rome has seven"]


@pytest.fixture
def index() -> Index:
    return build_index(read_words(text_column(PROMPTS)), read_words(text_column(ANSWERS)), 3)


def test_index_comes_back_as_it_was_stored(index: Index, tmp_path: Path) -> None:
    prompts, outputs = text_column([*PROMPTS, "which"]), text_column([*ANSWERS[::-1], "seven seas"])
    before = contain(index, prompts, outputs)
    tables.store(str(tmp_path / "index"), to_table(index))
    after = from_table(tables.load(str(tmp_path / "index")))
    assert (after.ngram, after.grams.hashes.dtype, after.grams.places.dtype) == (3, np.uint64, np.uint32)
    assert before.line.tolist() == contain(after, prompts, outputs).line.tolist() == [0, 1, 0, -1]
    assert before.score.tolist() == contain(after, prompts, outputs).score.tolist()


def test_index_of_nothing_comes_back() -> None:
    nothing = read_words(text_column([]))
    after = from_table(to_table(build_index(nothing, nothing, 8)))
    assert contain(after, text_column(PROMPTS), text_column(ANSWERS)).line.tolist() == [-1] * 3


@pytest.mark.parametrize(("action", "compared"), [("reject", True), ("flag", True), ("off", False)], ids=str)
def test_rows_are_compared_unless_the_rule_is_off(index: Index, action: str, compared: bool) -> None:  # noqa: FBT001 a parameter
    recipe = override(Recipe(), {"rules.contaminated.action": action})
    texts = Texts(
        text_column(["Name the", "NAME", "?"]), text_column(["seven seas!", "", ""]), text_column([""] * 3)
    )
    marks, columns = compare(texts, recipe, index)
    assert [(marks.reasons > 0).any(), (marks.flags > 0).any()] == [action == "reject", action == "flag"]
    assert columns["match"].to_pylist() == ([0, 1, None] if compared else [None] * 3)
    assert columns["match_score"].to_pylist() == ([1.0, 1.0, None] if compared else [None] * 3)
    assert compare(texts, recipe, None)[1]["match"].to_pylist() == [None] * 3
