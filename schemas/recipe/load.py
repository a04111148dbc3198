"""Recipes from YAML text, from a profile's name, and from another recipe with changes."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from schemas.recipe.errors import RecipeError, explain, show
from schemas.recipe.model import Recipe, json_schema, to_dict
from schemas.recipe.profiles import OVERLAYS
from schemas.recipe.reading import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Join two mappings key by key, `above` winning; lists are replaced whole.

    >>> merge({"a": {"b": 1, "c": [2]}}, {"a": {"c": [3, 4]}, "d": 5})
    {'a': {'b': 1, 'c': [3, 4]}, 'd': 5}
    """
    merged = dict(below)
    for key, value in above.items():
        under: Any = merged.get(key)
        nested = isinstance(under, dict) and isinstance(value, dict)
        merged[key] = merge(under, value) if nested else value
    return merged


def built_in(name: str) -> Recipe:
    """Give the recipe of a built-in profile.

    >>> built_in("article").rules.instruction_too_long.max_chars
    1000
    """
    return _complete({"profile": name}, "recipe")


def load_recipe(text: str, *, where: str = "recipe") -> Recipe:
    """Read the recipe of a YAML text, its profile filling in what it leaves out.

    >>> load_recipe("dedup: {threshold: 0.9}").dedup.threshold
    0.9
    >>> load_recipe("dedup: {treshold: 0.9}")
    Traceback (most recent call last):
    schemas.recipe.errors.RecipeError: recipe: unknown key `dedup.treshold`; did you mean `dedup.threshold`?
    """
    tree = read_yaml(text, where)
    if tree is None:
        tree = {}
    if not isinstance(tree, dict):
        message = f"{where}: must be a mapping of keys to values, found {show(tree)}"
        raise RecipeError(message)
    return _complete(tree, where)


def override(recipe: Recipe, changes: Mapping[str, object], *, where: str = "recipe") -> Recipe:
    """Give a recipe with some values changed, by dotted key.

    >>> override(Recipe(), {"language.keep": ["en"], "dedup.near": False}).language.keep
    ('en',)
    """
    if "profile" in changes:
        message = f"{where}: `profile` cannot be changed afterwards; name it in the recipe"
        raise RecipeError(message)
    return _validate(reduce(merge, map(_nest, changes, changes.values()), to_dict(recipe)), where)


def unjudged(recipe: Recipe) -> Recipe:
    """Give a recipe whose rules mark nothing and that looks for no language.

    >>> unjudged(Recipe()).rules.output_empty.action
    'off'
    """
    off = {f"rules.{name}.action": "off" for name in type(recipe.rules).model_fields}
    return override(recipe, {**off, "language.enabled": False, "own": ()})


def _complete(tree: Mapping[str, Any], where: str) -> Recipe:
    name = tree.get("profile")
    overlay = OVERLAYS.get(name, {}) if isinstance(name, str) else {}
    return _validate(merge(merge(to_dict(Recipe()), overlay), tree), where)


def _nest(key: str, value: object) -> dict[str, Any]:
    first, dot, rest = key.partition(".")
    return {first: _nest(rest, value) if dot else value}


def _validate(tree: Mapping[str, Any], where: str) -> Recipe:
    try:
        return Recipe.model_validate(tree)
    except ValidationError as error:
        raise explain(error, json_schema(), where) from None
    except UnicodeEncodeError as error:
        found = error.object[error.start : error.end]
        raise RecipeError(f"{where}: there is no {found!r} in UTF-8, which texts are in") from None
