"""The job a step works for: where its files are, its plan, its recipe and its language model."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, wraps
from typing import ParamSpec, TypeVar

import numpy as np
import pyarrow as pa

from schemas.paths import Places
from schemas.plan import Plan
from schemas.recipe import Recipe, unjudged
from transforms.kernels.containment import Index
from transforms.kernels.removals import Marker, read_removals
from transforms.kernels.rows import as_words
from transforms.kernels.token_counts import Counter, FileTokenizer, FourCharacters
from transforms.kernels.token_rules import asks_for_tokens
from transforms.steps import benchmarks, storage, tables
from transforms.steps.language_model import ModelError, find_model, model_digest
from transforms.steps.presence import at_work
from transforms.steps.stores.registry import adopt, configured
from transforms.steps.versions import check_versions

_COLLECT_AT = 100_000
"""Objects made before Python looks for cycles: columns are few objects, and bundles leave none behind."""


@cache
def _plan(path: str, digest: str) -> Plan:
    try:
        content = storage.read_bytes(path)
    except FileNotFoundError:
        raise StalePlanError(f"{path} is gone: the run has ended, or was given up") from None
    if digest_of(content) != digest:
        raise StalePlanError(f"{path} is the plan of another run")
    gc.freeze()  # what is loaded by now stays; looking through it again and again takes a share of the run
    gc.set_threshold(_COLLECT_AT)
    plan = Plan.from_json(content.decode())
    check_versions(plan, _recipe_of(plan))
    return plan


@cache
def _recipe(path: str, digest: str) -> Recipe:
    return _recipe_of(_plan(path, digest))


def _recipe_of(plan: Plan) -> Recipe:
    return Recipe.model_validate_json(json.dumps(plan.recipe))


@cache
def _unjudged(path: str, digest: str) -> Recipe:
    return unjudged(_recipe(path, digest))


@cache
def _model(path: str, digest: str) -> str:
    """The model's path on this worker, the file being the one that was planned with."""
    found = find_model(path if storage.exists(path) else None)
    if model_digest(found) != digest:
        raise ModelError(f"{found} is not the language model that the run was planned with")
    return found


@cache
def _released(path: str, digest: str) -> np.ndarray:
    """Record ids of the release before, sorted."""
    return as_words(_load(path, digest)["record_id"].combine_chunks(), "F")


@cache
def _removals(path: str, digest: str) -> Marker:
    return Marker(read_removals(_read(path, digest).decode()))


def _read(path: str, digest: str) -> bytes:
    """A file that `store_bytes` wrote, if it is this run's."""
    content = storage.read_bytes(path)
    if digest_of(content) != digest:
        raise StalePlanError(f"{path} is of another run")
    return content


@cache
def _tokenizer(path: str, digest: str) -> Counter:
    return FileTokenizer(_read(path, digest), path)


@cache
def _benchmarks(path: str, digest: str) -> Index:
    return benchmarks.from_table(_load(path, digest))


def _load(path: str, digest: str) -> pa.Table:
    """A table that `store` wrote, if it is this run's."""
    body = tables.load_body(path)
    if digest_of(body) != digest:
        raise StalePlanError(f"{path} is of another run")
    return tables.unpack(body, None)


def store(path: str, table: pa.Table) -> str:
    """Store a table for the workers of a run; give its digest, which goes into the plan."""
    return digest_of(tables.store(path, table))


def store_bytes(path: str, content: bytes) -> str:
    """Store a file for the workers of a run; give its digest, which goes into the plan."""
    storage.write_bytes(path, content)
    return digest_of(content)


class StalePlanError(RuntimeError):
    """A worker met the plan of another run."""


def digest_of(content: bytes | memoryview) -> str:
    """Digest of what a plan is, or speaks of."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


@dataclass(frozen=True)
class Job:
    """What every step of a run is given: where its files are, the digest of its plan, and whose folder it is.

    Nobody waits for a job that is `detached`: it ends its release itself, and may be started twice. `stores`
    says how stores are reached, to whatever process the job comes to.
    """

    places: Places
    plan_digest: str
    owner: str = ""
    detached: bool = False
    stores: str = field(default_factory=configured)

    def __setstate__(self, state: dict[str, object]) -> None:
        """Arrive in a process."""
        self.__dict__.update(state)
        adopt(self.stores)

    @classmethod
    def start(cls, places: Places, plan: Plan, owner: str = "", *, detached: bool = False) -> Job:
        """Write the plan down; give the job that works by it."""
        content = plan.to_json().encode()
        storage.write_bytes(places.plan, content)
        return cls(places, digest_of(content), owner, detached)

    @property
    def plan(self) -> Plan:
        """The plan, read once in a process."""
        return _plan(self.places.plan, self.plan_digest)

    @property
    def recipe(self) -> Recipe:
        """The recipe of the plan."""
        return _recipe(self.places.plan, self.plan_digest)

    def recipe_of(self, unit: int) -> Recipe:
        """The recipe that a unit's rows are judged by: no rule looks at those of a reference set."""
        reference = self.plan.source_of(unit).reference
        return _unjudged(self.places.plan, self.plan_digest) if reference else self.recipe

    @property
    def released(self) -> np.ndarray | None:
        """Record ids of the release before (uint64 of shape (rows, 2)), sorted; None where there is none."""
        digest = self.plan.released
        return None if digest is None else _released(self.places.released, digest)

    @property
    def previous(self) -> bytes | None:
        """JSON of the release that the run follows; None where there is none."""
        digest = self.plan.previous
        return None if digest is None else _read(self.places.previous, digest)

    @property
    def removals(self) -> Marker | None:
        """What marks the rows that a takedown list names; None where there is no list."""
        digest = self.plan.removals
        return None if digest is None else _removals(self.places.removals, digest)

    def counter_of(self, unit: int) -> Counter | None:
        """What counts the tokens of a unit's rows; None where nobody asks for them."""
        digest = self.plan.tokenizer
        if digest is not None:
            return _tokenizer(self.places.tokenizer, digest)
        return FourCharacters() if asks_for_tokens(self.recipe_of(unit)) else None

    @property
    def benchmarks(self) -> Index | None:
        """Index of the benchmarks that rows are compared with, loaded once in a process; None for none."""
        digest = self.plan.benchmarks
        return None if digest is None else _benchmarks(self.places.benchmarks, digest)

    @property
    def model(self) -> str | None:
        """Path of the language model on this worker; None where the recipe asks for none."""
        plan = self.plan
        return _model(plan.model, plan.model_digest) if plan.model and plan.model_digest else None

    def mark_done(self, step: str, index: int, rows: int) -> None:
        """Leave a record that one element of a step is done, for whoever watches: its name says it all."""
        storage.write_bytes(self.places.progress(step, index, rows), b"")


_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")


def writing(step: Callable[_Given, _Found]) -> Callable[_Given, _Found]:
    """The same step, whose last argument is its job, and which counts as at work in the job's folder."""

    @wraps(step)
    def at_work_there(*args: _Given.args, **kwargs: _Given.kwargs) -> _Found:
        job = args[-1]
        assert isinstance(job, Job)  # noqa: S101 — Beam passes what the pipeline was built with
        with at_work(job.places.root, job.owner):
            return step(*args, **kwargs)

    return at_work_there
