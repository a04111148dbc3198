"""Rules on the lengths of rows in tokens."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from schemas.reason import Reason
from schemas.recipe import Recipe
from transforms.kernels.marks import Marks


class Tokens(NamedTuple):
    """Tokens of each field of some rows (int64)."""

    instruction: np.ndarray
    input: np.ndarray
    output: np.ndarray


def asks_for_tokens(recipe: Recipe) -> bool:
    """Whether a rule of the recipe looks at tokens.

    >>> asks_for_tokens(Recipe())
    False
    """
    long, many = recipe.rules.instruction_too_long, recipe.rules.too_many_tokens
    return many.action != "off" or (long.action != "off" and long.max_tokens is not None)


def mark_tokens(recipe: Recipe, tokens: Tokens) -> Marks:
    """Marks of the recipe's rules on tokens."""
    marks = Marks.none(len(tokens.output))
    long, many = recipe.rules.instruction_too_long, recipe.rules.too_many_tokens
    limits = (
        (Reason.INSTRUCTION_TOO_LONG, long.action, tokens.instruction, long.max_tokens),
        (Reason.TOO_MANY_TOKENS, many.action, np.sum(tokens, axis=0), many.max_tokens),
    )
    for reason, action, counts, most in limits:
        if most is not None:
            marks.add(reason.bit, action, counts > most)
    return marks
