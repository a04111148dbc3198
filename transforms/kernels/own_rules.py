"""Rules of a user's own: functions on Arrow columns, found by module path or entry point."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from importlib.metadata import entry_points
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.reason import own_bit
from schemas.recipe import Recipe
from schemas.recipe.own import OwnRule
from transforms.kernels.marks import Marks
from transforms.kernels.texts import Texts


class OwnError(ValueError):
    """A rule or tagger of the user's that cannot be used, in one sentence."""


@cache
def load_own(kind: str, use: str) -> Callable[[pa.RecordBatch], Any]:
    """The function that a recipe names as a rule or as a tagger.

    >>> load_own("rule", "operator:not_there")
    Traceback (most recent call last):
    transforms.kernels.own_rules.OwnError: rule operator:not_there: module operator has no not_there
    """
    group = f"tamis.{kind}s"
    module, colon, name = use.partition(":")
    if not colon:
        points = [point for point in entry_points(group=group) if point.name == use]
        if not points:
            raise OwnError(
                f"{kind} {use}: expected MODULE:FUNCTION or an entry point of {group}, found neither"
            )
        module, _, name = points[0].value.partition(":")
    try:
        there = importlib.import_module(module)
    except Exception as error:
        raise OwnError(f"{kind} {use}: module {module} cannot be imported: {_say(error)}") from error
    try:
        found = getattr(there, name)
    except AttributeError:
        raise OwnError(f"{kind} {use}: module {module} has no {name}") from None
    if not callable(found):
        raise OwnError(f"{kind} {use}: expected a function, found {type(found).__name__}")
    return found


def call_own(kind: str, use: str, name: str, batch: pa.RecordBatch) -> Any:
    """What a rule or tagger gives for some rows; an error that it raises is told under its name."""
    function = load_own(kind, use)
    try:
        return function(batch)
    except Exception as error:
        raise OwnError(f"{name}: it raises {_say(error)}") from error


def _say(error: Exception) -> str:
    r"""Kind of an error and the first line of what it says.

    >>> _say(KeyError("x")), _say(ValueError("a\nb")), _say(ValueError())
    ("KeyError: 'x'", 'ValueError: a', 'ValueError')
    """
    return ": ".join([type(error).__name__, *str(error).strip().splitlines()[:1]])


def digest_own(kind: str, use: str) -> str:
    """Digest of the module that a rule or tagger is in, so that rows are judged anew when it changes."""
    found = load_own(kind, use)
    try:
        source = inspect.getsource(inspect.getmodule(found) or found)
    except (OSError, TypeError):
        source = use
    return blake2b(source.encode(), digest_size=16).hexdigest()


def apply_own(recipe: Recipe, texts: Texts) -> Marks:
    """Marks of the recipe's own rules."""
    marks = Marks.none(len(texts.output))
    if not recipe.own:
        return marks
    batch = pa.RecordBatch.from_arrays(list(texts), names=list(Texts._fields))
    for number, rule in enumerate(recipe.own):
        if rule.action != "off":
            marks.add(own_bit(number), rule.action, _mask(rule, batch))
    return marks


def _mask(rule: OwnRule, batch: pa.RecordBatch) -> np.ndarray:
    """The rule's mask, if it is one: a boolean for each row, none of them null."""
    found = call_own("rule", rule.use, f"rule {rule.name} ({rule.use})", batch)
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    if isinstance(found, np.ndarray):
        found = pa.array(found)
    if not isinstance(found, pa.Array) or not pa.types.is_boolean(found.type):
        kind = f"an array of {found.type}" if isinstance(found, pa.Array) else type(found).__name__
        raise OwnError(f"rule {rule.name} ({rule.use}): expected an array of booleans, found {kind}")
    if len(found) != len(batch):
        raise OwnError(
            f"rule {rule.name} ({rule.use}): expected {len(batch)} booleans, one a row, found {len(found)}"
        )
    if found.null_count:
        raise OwnError(f"rule {rule.name} ({rule.use}): expected true or false for each row, found null")
    return np.asarray(found.to_numpy(zero_copy_only=False))
