"""Why a survivor outranks a duplicate, in words."""

from __future__ import annotations

from pipelines.escapes import one_line
from schemas.recipe import Recipe

_WORDS = {
    "reference": "of a reference set",
    "released": "released before",
    "source": "of a source that comes first, by priority or in the recipe",
    "content": "tie broken by content",
}


def tell_win(won_by: str, recipe: Recipe) -> str:
    """What a survivor has over a duplicate, by a name of `WON_BY`.

    >>> tell_win("quality", Recipe()), tell_win("released", Recipe())
    ('longer output', 'released before')
    """
    return _quality(recipe) if won_by == "quality" else _WORDS.get(won_by, one_line(won_by))


def _quality(recipe: Recipe) -> str:
    """What ranks a row higher in the recipe's order."""
    column = one_line(recipe.dedup.column or "")
    words = {
        "longest_output": "longer output",
        "score": "higher score",
        "first_seen": "earlier in the input",
        "highest": f"higher {column}",
        "lowest": f"lower {column}",
    }
    return words[recipe.dedup.order]
