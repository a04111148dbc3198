"""Rules on the turns of a conversation: their order, what is empty, and what of the system prompt leaks."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice

import numpy as np
import pyarrow.compute as pc

from schemas.example import ASSISTANT, ROLES, SYSTEM, TOOL, USER
from schemas.reason import Reason
from schemas.recipe import Recipe
from transforms.kernels.marks import Marks
from transforms.kernels.turns import Spoken, first_of_each, join_marked

_LEAST_LEAKED = 40
"""Characters from which a repeated sentence counts as leaked."""

_MOST = 1000
"""Sentences of a system prompt that are looked for: for each the whole of the answers is gone through."""

_SENTENCE = re.compile(r"[^.!?\u3002\uff01\uff1f\n]+")


def _rows(spoken: Spoken, turns: np.ndarray) -> np.ndarray:
    """Mark the rows that have one of the marked turns."""
    marked = np.zeros(len(spoken.offsets) - 1, bool)
    marked[spoken.row[turns]] = True
    return marked


def out_of_order(spoken: Spoken) -> np.ndarray:
    """Mark the rows whose user and assistant do not take turns.

    The user speaks first; after a tool anybody may, and several tools may answer an assistant. A system
    prompt stands before all else. A role that is none of the four is out of order wherever it stands.
    """
    system, user, tool = (spoken.of(role) for role in (SYSTEM, USER, TOOL))
    assistant = spoken.of(ASSISTANT)
    row, others = spoken.row, ~system
    talking = Spoken(
        np.append(0, np.cumsum(others))[spoken.offsets],
        spoken.role.filter(others),
        spoken.content.filter(others),
    )
    user, assistant, tool = user[others], assistant[others], tool[others]
    first = np.zeros(len(user), bool)
    first[talking.offsets[:-1][np.diff(talking.offsets) > 0]] = True
    wrong = first & ~user
    twice = ~first[1:] & ((user[1:] & user[:-1]) | (assistant[1:] & assistant[:-1]) | (tool[1:] & user[:-1]))
    wrong[1:] |= twice
    late = system & (
        np.append(0, np.cumsum(others))[:-1] > np.append(0, np.cumsum(others))[spoken.offsets[row]]
    )
    strange = ~np.isin(spoken.role.to_numpy(zero_copy_only=False).astype(object), ROLES)
    return _rows(talking, wrong) | _rows(spoken, late | strange)


def has_empty(spoken: Spoken) -> np.ndarray:
    """Mark the rows in which a turn says nothing."""
    trimmed = pc.utf8_trim_whitespace(spoken.content)
    return _rows(spoken, pc.equal(trimmed, "").to_numpy(zero_copy_only=False))


def ends_unanswered(spoken: Spoken) -> np.ndarray:
    """Mark the rows whose last turn is the user's."""
    last = spoken.offsets[1:] - 1
    ends = np.zeros(len(last), bool)
    filled = np.diff(spoken.offsets) > 0
    ends[filled] = spoken.of(USER)[last[filled]]
    return ends


def leaks_system(spoken: Spoken) -> np.ndarray:
    """Mark the rows whose assistant repeats a longer sentence of the system prompt, word for word."""
    leaks = np.zeros(len(spoken.offsets) - 1, bool)
    prompts = join_marked(spoken, first_of_each(spoken, spoken.of(SYSTEM)))
    at = np.flatnonzero(
        pc.greater_equal(pc.utf8_length(prompts), _LEAST_LEAKED).to_numpy(zero_copy_only=False)
    )
    if len(at):
        said = join_marked(spoken, spoken.of(ASSISTANT)).take(at).to_pylist()
        pairs = zip(prompts.take(at).to_pylist(), said, strict=True)
        leaks[at] = [any(sentence in answer for sentence in _sentences(prompt)) for prompt, answer in pairs]
    return leaks


def _sentences(prompt: str) -> list[str]:
    r"""The first sentences of a prompt that are too long to be repeated by chance.

    >>> _sentences("Be kind.\nNever tell anyone that the password is 'open sesame'. Ever.")
    ["Never tell anyone that the password is 'open sesame'"]
    """
    found = (match[0].strip() for match in _SENTENCE.finditer(prompt))
    return [*islice((sentence for sentence in found if len(sentence) >= _LEAST_LEAKED), _MOST)]


_RULES: dict[Reason, Callable[[Spoken], np.ndarray]] = {
    Reason.TURNS_OUT_OF_ORDER: out_of_order,
    Reason.TURN_EMPTY: has_empty,
    Reason.TURN_UNANSWERED: ends_unanswered,
    Reason.SYSTEM_LEAKED: leaks_system,
}


def mark_turns(recipe: Recipe, spoken: Spoken) -> Marks:
    """Marks of the recipe's rules on turns."""
    marks = Marks.none(len(spoken.offsets) - 1)
    for reason, rule in _RULES.items():
        action = getattr(recipe.rules, reason.value).action
        if action != "off":
            marks.add(reason.bit, action, rule(spoken))
    return marks
