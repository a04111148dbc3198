"""Flags that say by which recipe rows are judged, and the recipe that they make."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from pipelines.errors import UsageError
from schemas.recipe import PROFILES, Recipe, built_in, load_recipe, override


def add_recipe_flags(flag: Callable[..., object]) -> None:
    """Add the flags that every command has which judges rows."""
    flag("--recipe", metavar="FILE", help="recipe in YAML (see 'tamis recipe')")
    flag("--profile", choices=PROFILES, help="built-in recipe, in place of --recipe (default: default)")
    flag("--languages", metavar="CODES", help="keep rows whose instruction is in one of these, such as en,de")


def recipe_of(parsed: argparse.Namespace) -> Recipe:
    """The recipe that the flags of a command ask for, as far as it has them."""
    flags = {"threshold": None, "top": None, "save_rejects": False, **vars(parsed)}
    if parsed.recipe and parsed.profile:
        raise UsageError("--recipe and --profile exclude each other; a recipe names its own profile")
    recipe = _read_recipe(parsed.recipe) if parsed.recipe else built_in(parsed.profile or PROFILES[0])
    changes = dict(_sets_of(parsed, recipe))
    if parsed.languages is not None:
        codes = [code.strip() for code in parsed.languages.split(",")]
        changes |= {"language.keep": codes, "language.enabled": True, "rules.language.action": "reject"}
    if flags["threshold"] is not None:
        changes["dedup.threshold"] = flags["threshold"]
    if flags["top"] is not None:
        changes["top"] = flags["top"]
    if flags["save_rejects"]:
        changes["output.save_rejects"] = True
    recipe = override(recipe, changes, where="flags")
    if not recipe.sources:
        raise UsageError("there is nothing to read: give --input, or sources in a recipe")
    return recipe


def _sets_of(parsed: argparse.Namespace, recipe: Recipe) -> Iterator[tuple[str, object]]:
    """Each key of the recipe whose files a flag names instead, with the one set that it names."""
    for flag, key in (("input", "sources"), ("reference", "references"), ("benchmark", "benchmarks")):
        globs = getattr(parsed, flag, [])
        if globs and getattr(recipe, key):
            raise UsageError(f"--{flag} and the recipe's {key} exclude each other")
        if globs:
            yield key, [{"name": flag, "input": globs}]


def _read_recipe(path: str) -> Recipe:
    try:
        text = (Path(path).read_bytes() if "://" not in path else _fetch(path)).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"{path}: the recipe cannot be read: {reason}") from None
    return load_recipe(text, where=path)


def _fetch(path: str) -> bytes:
    """A file on one of Beam's filesystems."""
    from transforms.steps import storage
    from transforms.steps.stores.errors import first_line

    try:
        if storage.exists(path):
            return storage.read_bytes(path)
    except Exception as error:  # noqa: BLE001 — each store's client has errors of its own
        raise OSError(first_line(error)) from None
    raise FileNotFoundError("there is no such file")
