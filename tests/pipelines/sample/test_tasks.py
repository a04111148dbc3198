"""Rows drawn from tasks."""

from __future__ import annotations

from random import Random

import pytest

from pipelines.sample.likeness import similarity
from pipelines.sample.tasks import UNLIKE, Task, combine, draw_rows


def make_task(**said: object) -> Task:
    """Make a task that asks for the sound of a pet, unless something else is said."""
    defaults = {
        "name": "sound",
        "language": "en",
        "rows": 2,
        "collection": "pets",
        "axes": {"pet": ["cat", "dog"]},
        "instruction": "What does the {pet} say?",
        "output": ["The {pet} says nothing at all.", "Hardly any {pet} ever speaks."],
    }
    return Task(**{**defaults, **said})  # type: ignore[arg-type]  # a test says what it likes


def test_axes_are_exhausted_once() -> None:
    rows = list(make_task().draw({}, Random(1)))
    assert sorted(row.instruction or "" for row in rows) == [
        "What does the cat say?",
        "What does the dog say?",
    ]


def test_too_few_combinations_are_an_error() -> None:
    with pytest.raises(ValueError, match="task sound: 3 rows wanted, 2 found"):
        list(make_task(rows=3).draw({}, Random(1)))


def test_alike_rows_are_not_drawn_twice() -> None:
    with pytest.raises(ValueError, match="2 rows wanted, 1 found"):
        list(make_task(instruction="Say a word.", output="Miaow.").draw({}, Random(1)))


def test_several_answers_go_back_to_the_first() -> None:
    first, second, *_ = make_task(answers=2).draw({}, Random(1))
    assert (first.plant, second.plant, second.plant_of) == (None, "many_answers", first.id)
    assert first.instruction == second.instruction
    assert similarity(first, second) < UNLIKE


def test_two_axes_over_one_list_make_pairs() -> None:
    pairs = [
        (pair["a"], pair["b"])
        for pair in combine({"a": "pets", "b": "pets"}, {"pets": list("wxyz")}, Random(1))
    ]
    assert len(pairs) == len(set(pairs)) == 6
    assert all(a < b for a, b in pairs)


def test_axis_that_is_no_list_is_an_error() -> None:
    with pytest.raises(TypeError, match="pet is not a list"):
        list(combine({"a": "pet"}, {"pet": "cat"}, Random(1)))


def test_no_slot_is_left_anywhere() -> None:
    for row in draw_rows(3):
        for text in (row.instruction, row.input, row.output, *row.tags):
            assert text is None or not any(
                f"{{{name}" in text for name in ("concept", "country", "form", "ask")
            )
