"""Unfilled slots: every shape's examples, which are defects, and that the hint misses none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from schemas.reason import Reason
from schemas.recipe import Recipe, override
from tests.columns import text_column
from tests.strategies import texts
from transforms.kernels.phrases import load_phrases
from transforms.kernels.slots import find_slots, hint_slots, mark_slots
from transforms.kernels.texts import Texts

WRITTEN = yaml.safe_load(Path(__file__).with_name("slots.yaml").read_text("utf-8"))
SHAPES: dict[str, Any] = load_phrases("placeholders")["shapes"]
SLOTS = [(name, text) for name, shape in SHAPES.items() for text in shape["slots"]]
OTHERS = [(name, text) for name, shape in SHAPES.items() for text in shape["others"]]


@pytest.mark.parametrize(("shape", "output"), SLOTS)
def test_a_shape_is_found_in_its_examples(shape: str, output: str) -> None:
    assert shape in {slot.kind for slot in find_slots("What is it?", output)}
    assert hint_slots(text_column([output])).tolist() == [True]


@pytest.mark.parametrize(("shape", "output"), OTHERS)
def test_what_only_looks_like_a_slot_is_none(shape: str, output: str) -> None:
    assert find_slots("What is it?", output) == [], shape


@pytest.mark.parametrize(("instruction", "output"), WRITTEN["slots"])
def test_outputs_with_a_slot(instruction: str, output: str) -> None:
    assert find_slots(instruction, output)
    assert hint_slots(text_column([output])).all()


@pytest.mark.parametrize(("instruction", "output"), WRITTEN["others"])
def test_outputs_without_one(instruction: str, output: str) -> None:
    assert find_slots(instruction, output) == []


@pytest.mark.parametrize(
    ("instruction", "output", "reason"),
    [
        (
            "Write a letter of resignation.",
            "Dear [Manager],\nI resign.\nRegards,\n[Your Name]",
            "slot_expected",
        ),
        ("What is your name?", "I am {{name}}, an AI of {{author}}.", "placeholder"),
        ("Make a form for feedback.", "Name: ________\nComment: ________", "slot_expected"),
        ("How many legs has a spider?", "A spider has [insert number] legs.", "placeholder"),
        ("Write a function that adds.", "def add(a, b):\n    # your code here\n", "placeholder"),
        ("How do I call the API?", "curl -H 'Key: YOUR_API_KEY' https://a.b", "slot_expected"),
        ("Write a Jinja template.", "Hello {{ name }}!", None),
        ("List primes.", "2, 3, 5, 7, ...", None),
        ("Write a to-do app.", "// TODO: list\nconst todos = [];", None),
        ("写一封求职信。", "我毕业于XXX大学。\n此致\n[您的姓名]", "slot_expected"),
        ("Schreibe einen Brief.", "Mit freundlichen Grüßen\n[Ihr Name]", "slot_expected"),
    ],
)
def test_context_decides(instruction: str, output: str, reason: str | None) -> None:
    marks = mark_slots(Recipe(), Texts(*(text_column([text]) for text in (instruction, "", output))))
    found = int(marks.reasons[0] | marks.flags[0])
    assert found == (Reason[reason.upper()].bit if reason else 0)
    assert bool(marks.reasons[0]) == (reason == "placeholder")


@pytest.mark.parametrize("changes", [{"placeholders": "literal"}, {"rules.placeholder.action": "off"}])
def test_the_recipe_turns_it_off(changes: dict[str, str]) -> None:
    recipe = override(Recipe(), changes)
    marks = mark_slots(recipe, Texts(*(text_column([text]) for text in ("Who?", "", "I am {{name}}."))))
    assert marks.reasons.tolist() == marks.flags.tolist() == [0]


pieces = st.sampled_from([text for _, text in [*SLOTS, *OTHERS]])


@given(st.lists(pieces | texts, max_size=4).map(" ".join))
def test_what_has_a_slot_has_the_hint(output: str) -> None:
    if find_slots("What is it?", output):
        assert hint_slots(text_column([output])).all()


HOSTILE = [
    ("", "[Name] "),
    ("", " [Scene Bb]"),
    ("", "a ___ "),
    ("ab ___ ", "_a"),
    ("", "<your_name>"),
    ("{{name}} ", "<a"),
    ("", "{First Name} "),
    ("", "your-"),
    ("your_", "a_"),
    ("", "\u00d7"),
    ("", "\u25cb"),
    ("TODO ", "[TODO"),
    ("\n...\n", " "),
    ("", "\n..."),
    ("", "| TBD "),
]


@pytest.mark.parametrize(("begin", "piece"), HOSTILE)
def test_a_long_output_is_not_gone_through_again_for_each_place(begin: str, piece: str) -> None:
    """Else these take minutes; and they are marked as shorter ones of their kind are."""
    marks = [
        mark_slots(Recipe(), Texts(*(text_column([text]) for text in ("Write.", "", begin + piece * times))))
        for times in (400, 400_000 // len(piece))
    ]
    assert [one.tolist() for one in marks[0]] == [one.tolist() for one in marks[1]]
