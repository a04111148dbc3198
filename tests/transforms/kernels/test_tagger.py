"""The default tagger: what instructions in the manner of many data sets, and in eight languages, ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from schemas.recipe import Recipe
from tests.columns import text_column
from tests.strategies import texts
from transforms.kernels.decisions import CATEGORIES, decisions, verb_names
from transforms.kernels.difficulty import DIFFICULTIES
from transforms.kernels.domains import names as domain_names
from transforms.kernels.own_tagger import tag_rows
from transforms.kernels.phrasebook import phrasebook
from transforms.kernels.phrases import load_phrases
from transforms.kernels.tagger import by_phrases, tell
from transforms.kernels.tasks import Tasks
from transforms.kernels.texts import Texts

ASKED = yaml.safe_load(Path(__file__).with_name("asked.yaml").read_text("utf-8"))
NATURAL = yaml.safe_load(Path(__file__).with_name("natural.yaml").read_text("utf-8"))
SUMMARIES = [
    *("Summarize this text", "What are the main points?", "Give me a brief overview", "TL;DR"),
    *("Can you condense this?", "I need a quick summary", "Break this down for me"),
]


def tag(instructions: list[str], inputs: list[str] | None = None, outputs: list[str] | None = None) -> Tasks:
    nothing = [""] * len(instructions)
    asked = Texts(*map(text_column, (instructions, inputs or nothing, outputs or nothing)))
    return tag_rows(Recipe(), by_phrases(asked.instruction, asked.input), asked)


@pytest.mark.parametrize("case", ASKED, ids=lambda case: case["instruction"][:30])
def test_an_instruction_asks_for_its_category(case: dict[str, Any]) -> None:
    found = tag([case["instruction"]]).category[0].as_py()
    # A span of a text is extraction or, as the article has it, an answer.
    assert found == case["asks"] or (case["asks"], found) == ("extraction", "qa"), tell(case["instruction"])


def test_what_people_type_is_told_nearly_always() -> None:
    cases = [
        (category, *((case["ask"], case["text"]) if isinstance(case, dict) else (case, "")))
        for category, asked in NATURAL.items()
        for case in asked
    ]
    wanted, instructions, inputs = map(list, zip(*cases, strict=True))
    found = tag(instructions, inputs).category.to_pylist()
    right = sum(map(str.__eq__, wanted, found))
    assert right / len(cases) >= 0.96
    assert found.count("other") == 0


@pytest.mark.parametrize("instruction", SUMMARIES)
@pytest.mark.parametrize("given_text", ["", "The sun is a star. It shines, and it warms the earth."])
def test_the_articles_seven_ways_to_ask_for_a_summary(instruction: str, given_text: str) -> None:
    tasks = tag([instruction], [given_text])
    assert (tasks.verb[0].as_py(), tasks.category[0].as_py()) == ("summarize", "transformation")


@pytest.mark.parametrize(
    ("instruction", "verb", "noun"),
    [
        ("Write a short story about a fox.", "write", "story"),
        ("Kindly draft me a well-worded email to my boss.", "write", "email"),
        ("Passage: It rained all day.\n\nNow compose two haiku about it.", "write", "haiku"),
        ("I would like you to come up with some names for a band.", "generate", "name"),
        ("An evaluation should be written for this.", "write", None),
        ("Given a list of words, sort the list.", "sort", "list"),
        ("Who wrote Hamlet?", "answer", None),
    ],
)
def test_the_verb_stands_anywhere_and_has_its_noun(instruction: str, verb: str, noun: str | None) -> None:
    tasks = tag([instruction])
    assert (tasks.verb[0].as_py(), tasks.noun[0].as_py()) == (verb, noun)


def test_difficulty_is_counted_from_what_can_be_seen() -> None:
    easy, hard = (
        "List three fruits.",
        "Explain in detail how a compiler works, step by step, with examples of each pass.",
    )
    assert tag([easy], outputs=["Apple"]).difficulty.to_pylist() == ["simple"]
    assert tag([hard] * 2, outputs=["x" * 400, "x" * 2000]).difficulty.to_pylist() == ["moderate", "moderate"]
    assert tag([f"How would you {hard} {hard} {hard}"], outputs=["x" * 2000]).difficulty.to_pylist() == [
        "complex"
    ]


def test_a_question_on_a_text_is_answered_from_it() -> None:
    text = "The tower was built in 1889 by the company of an engineer. " * 6
    assert tag(["When was the tower built?"] * 2, [text, ""]).category.to_pylist() == ["extraction", "qa"]


def test_an_empty_instruction_is_other() -> None:
    tasks = tag(["", " \n", "?!"])
    assert tasks.verb.to_pylist() == ["other"] * 3
    assert tasks.category.to_pylist() == ["other"] * 3


def test_no_rows_have_no_tags() -> None:
    assert [len(column) for column in tag([])] == [0] * 5


pieces = st.sampled_from([case["instruction"] for case in ASKED])
asked = pieces | texts | st.lists(pieces | texts, max_size=3).map("\n".join)


@given(st.lists(st.tuples(asked, texts, texts), max_size=6))
def test_a_rows_tags_depend_on_no_other_row(rows: list[tuple[str, str, str]]) -> None:
    together = [column.to_pylist() for column in tag(*map(list, zip(*rows, strict=True)))] if rows else []
    alone = [[column[0].as_py() for column in tag(*([each] for each in row))] for row in rows]
    assert [list(each) for each in zip(*together, strict=True)] == alone


@given(st.lists(asked, max_size=4))
def test_every_tag_is_a_known_one(instructions: list[str]) -> None:
    tasks = tag(instructions)
    assert set(tasks.verb.to_pylist()) <= set(verb_names())
    assert set(tasks.category.to_pylist()) <= set(CATEGORIES)
    assert set(tasks.difficulty.to_pylist()) <= set(DIFFICULTIES)
    assert set(tasks.domain.to_pylist()) <= set(domain_names())


def test_decisions_speak_of_what_there_is() -> None:
    known = set(phrasebook().signals) | {f"object:{name}" for name in phrasebook().objects}
    known |= {f"verb:{name}" for name in phrasebook().verbs}
    known |= {
        "question",
        "asks",
        "long_input",
        "verbless",
        "verbed",
        "weak",
        "how",
        "listed",
        "input",
        "ended",
        "colon",
        "unspaced",
    }
    known |= {"passage", "short", "tiny", "you_after"}
    for line in decisions():
        assert set(line.verbs) <= set(phrasebook().verbs), line.name
        assert set(line.objects) <= set(phrasebook().objects), line.name
        assert {item for items in line.all_of for item in items} | set(line.none_of) <= known, line.name
    assert set(load_phrases("tasks")["participles"]) <= set(phrasebook().verbs)
