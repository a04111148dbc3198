"""`tamis audit`: what each rule marks of the input, with examples; no data is written."""

from __future__ import annotations

from pipelines.audit.collect import Audit, collect
from pipelines.audit.page import show
from pipelines.terminal import open_console, to_json
from schemas.recipe import Recipe

__all__ = ["Audit", "audit", "collect"]


def audit(recipe: Recipe, *, share: float, examples: int, seed: int, as_json: bool) -> None:
    """Judge the input, or a share of it, and print what was found."""
    found = collect(recipe, share=share, examples=examples, seed=seed)
    if as_json:
        print(to_json(found.to_dict()), end="")  # noqa: T201 a command prints
        return
    console = open_console()
    for part in show(found):
        console.print(part)
