"""The texts of a row that equality and similarity are defined on."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from schemas.recipe import Recipe
from transforms.kernels.peer_texts import TEXTS
from transforms.kernels.text import join_present, normalise
from transforms.kernels.texts import Texts


def parts_of(texts: Texts, recipe: Recipe) -> list[pa.LargeStringArray]:
    """The normalised parts that equal contents are equal in: prompt and output, or both joined."""
    return _change(texts, recipe, normalise)


def near_parts(texts: Texts, recipe: Recipe) -> list[pa.LargeStringArray]:
    """The parts that near-duplicates are compared by, changed as the recipe's shingles are of."""
    return _change(texts, recipe, TEXTS[recipe.dedup.shingles.text])


def _change(
    texts: Texts, recipe: Recipe, change: Callable[[pa.Array], pa.LargeStringArray]
) -> list[pa.LargeStringArray]:
    if recipe.dedup.similarity == "joined":
        return [change(join_present(list(texts)))]
    return [change(join_present([texts.instruction, texts.input])), change(texts.output)]


def prompt_of(texts: Texts) -> pa.LargeStringArray:
    """The normalised prompt: instruction and input."""
    return normalise(join_present([texts.instruction, texts.input]))


def signed_by(recipe: Recipe) -> str:
    """The column of IDENTITY that rows with one signature have in common.

    Rows of equal content have equal shingles only where those are of the normalised text.

    >>> signed_by(Recipe())
    'content_hash'
    """
    return "content_hash" if recipe.dedup.shingles.text == "normalised" else "record_id"
