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

from schemas.recipe import Recipe
from schemas.recipe.own import OwnRule
from schemas.verdict import own_bit
from transforms.kernels.rules import Marks
from transforms.kernels.texts import Texts

GROUP = "tamis.rules"


class OwnRuleError(ValueError):
    """A rule of the user's that cannot be used, in one sentence."""


@cache
def load_rule(use: str) -> Callable[[pa.RecordBatch], Any]:
    """The function that a recipe names.

    >>> load_rule("operator:not_there")
    Traceback (most recent call last):
    transforms.kernels.own_rules.OwnRuleError: rule operator:not_there: module operator has no not_there
    """
    module, colon, name = use.partition(":")
    if not colon:
        points = [point for point in entry_points(group=GROUP) if point.name == use]
        if not points:
            raise OwnRuleError(
                f"rule {use}: expected MODULE:FUNCTION or an entry point of {GROUP}, found neither"
            )
        module, _, name = points[0].value.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise OwnRuleError(f"rule {use}: module {module} cannot be imported: {error}") from None
    except AttributeError:
        raise OwnRuleError(f"rule {use}: module {module} has no {name}") from None
    if not callable(found):
        raise OwnRuleError(f"rule {use}: expected a function, found {type(found).__name__}")
    return found


def digest_rule(use: str) -> str:
    """Digest of the source that a rule's function is in, so that a changed rule is asked anew."""
    try:
        source = inspect.getsource(inspect.getmodule(load_rule(use)) or load_rule(use))
    except (OSError, TypeError):
        source = use
    return blake2b(source.encode(), digest_size=16).hexdigest()


def apply_own(recipe: Recipe, texts: Texts) -> Marks:
    """Marks of the recipe's own rules."""
    rows = len(texts.output)
    marks = Marks(np.zeros(rows, np.uint64), np.zeros(rows, np.uint64))
    if not recipe.own:
        return marks
    batch = pa.RecordBatch.from_arrays(list(texts), names=list(Texts._fields))
    for number, rule in enumerate(recipe.own):
        if rule.action != "off":
            target = marks.reasons if rule.action == "reject" else marks.flags
            target[_mask(rule, batch)] |= np.uint64(own_bit(number))
    return marks


def _mask(rule: OwnRule, batch: pa.RecordBatch) -> np.ndarray:
    """The rule's mask, if it is one: a boolean for each row, none of them null."""
    found = load_rule(rule.use)(batch)
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    if isinstance(found, np.ndarray):
        found = pa.array(found)
    if not isinstance(found, pa.Array) or not pa.types.is_boolean(found.type):
        kind = f"an array of {found.type}" if isinstance(found, pa.Array) else type(found).__name__
        raise OwnRuleError(f"rule {rule.name} ({rule.use}): expected an array of booleans, found {kind}")
    if len(found) != len(batch):
        raise OwnRuleError(
            f"rule {rule.name} ({rule.use}): expected {len(batch)} booleans, one a row, found {len(found)}"
        )
    if found.null_count:
        raise OwnRuleError(f"rule {rule.name} ({rule.use}): expected true or false for each row, found null")
    return np.asarray(found.to_numpy(zero_copy_only=False))


_TRIAL = ("Say hello.", "", "Hello.")


def try_own(recipe: Recipe) -> None:
    """Load every own rule and try it on two rows and on none, so that a mistake is told before a run."""
    for rows in (2, 0):
        apply_own(recipe, Texts(*(pa.array([text] * rows, pa.large_string()) for text in _TRIAL)))
