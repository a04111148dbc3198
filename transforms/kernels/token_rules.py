"""Rules on the lengths of rows in tokens."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from schemas.reason import Reason
from schemas.recipe import Recipe
from transforms.kernels.rules import Marks
from transforms.kernels.texts import Texts
from transforms.kernels.token_counts import Counter


class Tokens(NamedTuple):
    """Tokens of some rows (int64): of their instructions, and of all their fields."""

    instruction: np.ndarray
    all: np.ndarray


def asks_for_tokens(recipe: Recipe) -> bool:
    """Whether a rule of the recipe looks at tokens.

    >>> asks_for_tokens(Recipe())
    False
    """
    long, many = recipe.rules.instruction_too_long, recipe.rules.too_many_tokens
    return many.action != "off" or (long.action != "off" and long.max_tokens is not None)


def count_tokens(texts: Texts, counter: Counter) -> Tokens:
    """Tokens of some rows, each field by itself."""
    counts = [counter.count(text) for text in texts]
    return Tokens(counts[0], np.sum(counts, axis=0))


def mark_tokens(recipe: Recipe, tokens: Tokens) -> Marks:
    """Marks of the recipe's rules on tokens."""
    marks = Marks(np.zeros(len(tokens.all), np.uint64), np.zeros(len(tokens.all), np.uint64))
    long, many = recipe.rules.instruction_too_long, recipe.rules.too_many_tokens
    limits = (
        (Reason.INSTRUCTION_TOO_LONG, long.action, tokens.instruction, long.max_tokens),
        (Reason.TOO_MANY_TOKENS, many.action, tokens.all, many.max_tokens),
    )
    for reason, action, counts, most in limits:
        if action != "off" and most is not None:
            target = marks.reasons if action == "reject" else marks.flags
            target[counts > most] |= np.uint64(reason.bit)
    return marks
