"""`tamis audit`: what each rule marks of the input, with examples; no data is written."""

from __future__ import annotations

import json

from rich.console import Console

from pipelines.audit.collect import Audit, collect
from pipelines.audit.page import show
from schemas.recipe import Recipe

__all__ = ["Audit", "audit", "collect"]


def audit(recipe: Recipe, *, share: float, examples: int, seed: int, as_json: bool) -> None:
    """Judge the input, or a share of it, and print what was found."""
    found = collect(recipe, share=share, examples=examples, seed=seed)
    if as_json:
        print(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))  # noqa: T201 a command prints
        return
    console = Console(highlight=False)
    for part in show(found):
        console.print(part)
