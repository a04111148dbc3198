"""The job a step works for: where its files are, its plan, its recipe and its language model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from schemas.plan import Places, Plan
from schemas.recipe import Recipe
from transforms.steps import storage
from transforms.steps.language_model import find_model
from transforms.steps.presence import announce


@cache
def _plan(path: str) -> Plan:
    return Plan.from_json(storage.read_bytes(path).decode())


@cache
def _recipe(path: str) -> Recipe:
    return Recipe.model_validate_json(json.dumps(_plan(path).recipe))


@dataclass(frozen=True)
class Job:
    """What every step of a run is given: small, and the same on every worker."""

    places: Places

    @property
    def plan(self) -> Plan:
        """The plan, read once in a process, which from then on counts as at work."""
        announce(self.places.root)
        return _plan(self.places.plan)

    @property
    def recipe(self) -> Recipe:
        """The recipe of the plan."""
        return _recipe(self.places.plan)

    @property
    def model(self) -> str | None:
        """Path of the language model on this worker; None where the recipe asks for none."""
        if self.plan.model is None:
            return None
        return find_model(self.plan.model if storage.exists(self.plan.model) else None)

    def mark_done(self, step: str, index: int, rows: int) -> None:
        """Leave a record that one element of a step is done, for whoever watches."""
        storage.write_bytes(self.places.progress(step, index), str(rows).encode())
