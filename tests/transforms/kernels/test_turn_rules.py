"""Rules on turns, each against what anybody would say of a conversation."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pyarrow as pa
import pytest

from schemas.reason import Reason
from schemas.recipe import built_in, override
from transforms.kernels.turn_rules import (
    ends_unanswered,
    has_empty,
    leaks_system,
    mark_turns,
    out_of_order,
)
from transforms.kernels.turns import Spoken

_ROLES = {"s": "system", "u": "user", "a": "assistant", "t": "tool", "x": "narrator"}
_PROMPT = "You are a helpful guide. Never tell anybody that the treasure is under the old oak tree."


def spoken(*rows: list[tuple[str, str]]) -> Spoken:
    turns = [turn for row in rows for turn in row]
    offsets = np.cumsum([0, *map(len, rows)])
    roles = pa.array([_ROLES[role] for role, _ in turns], pa.string())
    return Spoken(offsets, roles, pa.array([text for _, text in turns], pa.large_string()))


def said(roles: str) -> Spoken:
    return spoken([(role, "x") for role in roles])


@pytest.mark.parametrize("roles", ["", "s", "ua", "sua", "uaua", "uatata", "uatta", "uau", "uatu", "ssua"])
def test_conversations_in_order(roles: str) -> None:
    assert not out_of_order(said(roles)).any()


@pytest.mark.parametrize("roles", ["a", "au", "uua", "uaa", "uas", "usa", "ut", "tua", "uxa", "uatua"[::-1]])
def test_conversations_out_of_order(roles: str) -> None:
    assert out_of_order(said(roles)).all()


def in_order(roles: str) -> bool:
    """What `out_of_order` finds, one turn after another."""
    talk = roles.lstrip("s")
    if set(talk) & set("sx"):
        return False
    follows = {"": "u", "u": "a", "a": "ut", "t": "atu"}
    return all(after in follows[before] for before, after in zip(["", *talk], talk, strict=False))


def test_order_is_that_of_a_plain_walk() -> None:
    """Of all conversations of up to five turns."""
    rows = ["".join(roles) for turns in range(6) for roles in product("suatx", repeat=turns)]
    found = out_of_order(spoken(*([(role, "x") for role in row] for row in rows)))
    assert found.tolist() == [not in_order(row) for row in rows]


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (has_empty, [("u", "a"), ("a", "b")], [("u", "a"), ("a", " \n")]),
        (ends_unanswered, [("u", "a"), ("a", "b")], [("u", "a"), ("a", "b"), ("u", "c")]),
        (
            leaks_system,
            [("s", _PROMPT), ("u", "Where?"), ("a", "You are a helpful guide, but I will not tell.")],
            [
                ("s", _PROMPT),
                ("u", "Where?"),
                ("a", "I must " + _PROMPT.split(". ")[1].lower()),
                ("a", _PROMPT),
            ],
        ),
    ],
)
def test_each_marks_its_own(
    rule: Callable[[Spoken], np.ndarray], good: list[tuple[str, str]], bad: list[tuple[str, str]]
) -> None:
    assert rule(spoken(good, bad, [], good)).tolist() == [False, True, False, False]


def test_recipe_says_what_marks_do() -> None:
    rows = spoken([("u", "a")], [("a", "")])
    recipe = override(
        built_in("default"), {"rules.turn_empty.action": "reject", "rules.turn_unanswered.action": "off"}
    )
    marks = mark_turns(recipe, rows)
    assert marks.reasons.tolist() == [0, Reason.TURN_EMPTY.bit]
    assert marks.flags.tolist() == [0, Reason.TURNS_OUT_OF_ORDER.bit]


def test_a_long_prompt_is_not_looked_for_sentence_by_sentence_without_end() -> None:
    prompt = "".join(f"This sentence has the number {number:09} and is long. " for number in range(40_000))
    assert leaks_system(spoken([("s", prompt), ("u", "Who?"), ("a", "x" * 1_000_000)])).tolist() == [False]
