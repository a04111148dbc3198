"""A refresh that finds everything as the release before found it: that release, once more."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeAlias

from pipelines import ending
from pipelines.escapes import escape, tell
from pipelines.finish import Written, publish_again
from pipelines.planning.inputs import digest_inputs, record_inputs
from pipelines.planning.previous import Previous
from pipelines.releases.digests import name_columns
from pipelines.releases.release import Release
from schemas.plan import Plan
from schemas.release import InputRecord, OutputRecord
from transforms.steps import storage
from transforms.steps.job import Job, digest_of
from transforms.steps.look import look
from transforms.steps.notes import renew_notes
from transforms.steps.reader import READ_ERRORS, ChangedError
from transforms.steps.stores.errors import StoreError
from transforms.steps.write import CURATED, VERDICTS, part_schema

Look: TypeAlias = Callable[[Job], Iterable[list[str]]]
"""Gives the digests of the row groups of each unit of a job, in order."""


def repeat(previous: Previous, job: Job, look_at: Look, *, quiet: bool) -> bool:
    """Publish the release before once more if this run would make no other; whether it was so."""
    before = previous.release
    if not may_repeat(previous, job.plan):
        return False
    try:
        inputs = list(digest_inputs(job.plan, enumerate(look_at(job))))
    except (ChangedError, *READ_ERRORS):
        return False  # a run tells what is wrong with it
    if [_named(record) for record in inputs] != [_named(record) for record in before.manifest.inputs]:
        return False
    try:
        files = list(_take_over(before, job))
    except _DamagedError as error:
        tell(f"{error}; release {job.plan.release} is made from the input instead")
        return False
    manifest = before.manifest
    written = Written(files=files, inputs=inputs, counts=manifest.counts, columns=manifest.columns)
    ending.record(publish_again(previous.before, written, job), job)
    with suppress(OSError):
        renew_notes(job)
    if not quiet:
        sys.stdout.write(f"nothing has changed since release {escape(before.name)}\n")
    return True


def may_repeat(previous: Previous, plan: Plan) -> bool:
    """Whether a run would make a release again, as far as can be told without reading the input.

    Its recipe, versions, models, benchmarks, takedown list and columns have to be the same, and its files by
    name, size and rows. Where they lie does not matter, nor what is in a file that no row is read of.
    """
    manifest = previous.release.manifest
    files = list(record_inputs(plan))
    removals = digest_of(str(previous.removals).encode()) if previous.removals else None
    same = (
        _without_places(manifest.recipe) == _without_places(plan.recipe),
        manifest.versions == plan.versions,
        manifest.language_model == plan.model_digest,
        manifest.tokenizer == plan.tokenizer,
        manifest.benchmark_index == plan.benchmarks,
        plan.removals == removals,
        [(one.source, one.file, one.rows) for one in manifest.benchmarks]
        == [(one.source, one.name, one.rows or 0) for one in plan.benchmark_files],
        manifest.columns == {kind: name_columns(part_schema(kind, plan)) for kind in (CURATED, VERDICTS)},
        [_named(record, digest=None) for record in manifest.inputs]
        == [_named(record, digest=None) for record in files],
    )
    known = (
        record.digest or (record.rows is not None and not record.rows_planned) for record in manifest.inputs
    )
    return all(same) and all(known)


def look_here(job: Job) -> Iterator[list[str]]:
    """Look at the units of a job from this process."""
    with ThreadPoolExecutor() as pool:
        yield from pool.map(lambda unit: look(unit.index, job.plan), job.plan.units)


def looked_at(job: Job) -> Iterator[list[str]]:
    """What the workers of a pipeline saw of the units of a job."""
    for unit in job.plan.units:
        yield json.loads(storage.read_bytes(job.places.looked(unit.index)))


class _DamagedError(Exception):
    """A file of the release before is not what its manifest says."""


def _take_over(before: Release, job: Job) -> Iterator[OutputRecord]:
    """Give the parts of the release before to this one."""
    for file in before.manifest.files:
        if file.path.split("/")[0] not in job.plan.parts:
            continue
        source = f"{before.folder}/{file.path}"
        try:
            found = storage.take_over(source, f"{job.places.release_folder}/{file.path}")
        except StoreError:
            raise
        except OSError as error:
            raise _DamagedError(f"{source} cannot be read: {error.strerror or error}") from None
        if found != file.sha256:
            raise _DamagedError(f"{source}: its SHA-256 is {found}, not {file.sha256}")
        yield file


def _without_places(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe without the globs of its files."""
    sets = {
        key: [{name: value for name, value in one.items() if name != "input"} for one in recipe.get(key, [])]
        for key in ("sources", "references", "benchmarks")
    }
    return {**recipe, **sets}


def _named(record: InputRecord, **changes: None) -> InputRecord:
    """A record of the input by the name of its file, wherever that lies."""
    return record.model_copy(update={"path": "", **changes})
