"""The first-verb tagger: the article's values, and its plain definition."""

from __future__ import annotations

import re
from unicodedata import category

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.recipe import Recipe, built_in
from tests.columns import text_column
from tests.strategies import NEARLY_SPACES, ODD_CASES, SPACES, texts
from transforms.kernels.difficulty import grade
from transforms.kernels.tagger import TAGGERS
from transforms.kernels.tasks import FIRST_VERBS, OTHER, PromptTags
from transforms.kernels.tasks import first_verb as tag_by_first_verb

VERBS = [
    *("write", "translate", "summarize", "classify", "answer", "explain", "list", "describe"),
    *("compare", "generate", "create", "analyze", "extract", "rewrite", "convert"),
]


def tag_plainly(instruction: str) -> str:
    """Verb of an instruction by the definition."""
    for word in instruction.lower().split()[:5]:
        bare = re.sub("[^a-z]", "", word)
        if bare in VERBS:
            return bare
    return "other"


def first_verb(instructions: pa.LargeStringArray) -> PromptTags:
    return tag_by_first_verb(instructions, instructions)


def verbs_of(instructions: list[str]) -> list[str]:
    return first_verb(text_column(instructions)).verb.to_pylist()


@pytest.mark.parametrize(
    ("instruction", "verb"),
    [
        ("Translate the following English text to French.", "translate"),
        ("Summarize this paragraph in one sentence.", "summarize"),
        ("Write a haiku about programming.", "write"),
        (
            "Classify the sentiment of the following review as positive, negative, or neutral.",
            "classify",
        ),
        ("Answer the following question based on the given context.", "answer"),
        ("Write a Python function that calculates the factorial of a number.", "write"),
        ("Re-write this sentence.", "rewrite"),
        ("Please, could you kindly LIST them?", "list"),
        ("Please, could you very kindly list them?", "other"),
        ("1. Explain", "explain"),
        (" \n one two three four list", "list"),
        ("one two three four five list", "other"),
        ("Listing the verbs: list!", "list"),
        ("translate or summarize", "translate"),
        ("writer", "other"),
        ("\N{LEFT DOUBLE QUOTATION MARK}Convert\N{RIGHT DOUBLE QUOTATION MARK} it", "convert"),
        ("", "other"),
        ("  \n", "other"),
    ],
)
def test_known_instructions(instruction: str, verb: str) -> None:
    assert verbs_of([instruction]) == [verb]


pieces = st.sampled_from(
    [*VERBS, *map(str.title, VERBS), "please", "re", "-", "é", *SPACES, *NEARLY_SPACES, *ODD_CASES]
)
asked = texts | st.lists(pieces, max_size=16).map("".join) | st.lists(pieces, max_size=8).map("\u2003 ".join)


@given(st.lists(asked, max_size=8))
def test_tags_agree_with_the_definition(instructions: list[str]) -> None:
    assert verbs_of(instructions) == [tag_plainly(instruction) for instruction in instructions]


def test_every_code_point_splits_and_lowers_as_python_has_it() -> None:
    every = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]
    unseen = {"Cc", "Cf", "Zl", "Zp", "Zs"}
    odd = [one for one in every if category(one) in unseen or one.isspace() or one.lower() != one]
    instructions = [text for one in odd for text in (f"{one}a{one}write", f"l{one}st {one}")]
    assert verbs_of(instructions) == [tag_plainly(instruction) for instruction in instructions]


def test_every_verb_has_its_category() -> None:
    tasks = first_verb(text_column([*VERBS, "sing"]))
    assert tasks.verb.to_pylist() == [*VERBS, OTHER]
    assert tasks.category.to_pylist() == [*FIRST_VERBS.values(), OTHER]
    assert list(FIRST_VERBS) == VERBS


def test_no_rows_have_no_tasks() -> None:
    assert [len(column) for column in first_verb(pa.array([], pa.large_string()))] == [0] * 6


def test_the_articles_tagger_stays() -> None:
    assert TAGGERS[built_in("article").tagger] is tag_by_first_verb
    assert Recipe().tagger in TAGGERS


def test_it_tells_no_more() -> None:
    tags = first_verb(text_column(["Write a poem."]))
    assert [column.null_count for column in tags] == [0, 0, 1, 1, 1, 0]
    outputs = text_column(["x" * 2_000])
    assert grade(tags.points, tags.unspaced, outputs).to_pylist() == [None]
