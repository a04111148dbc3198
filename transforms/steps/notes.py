"""Notes of the verdict cache: in which entries the unit at a place was found last, and by their age when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from transforms.steps import cache, storage
from transforms.steps.job import Job
from transforms.steps.reader import Reader
from transforms.steps.units import open_unit

PLACES = "places"


@dataclass(frozen=True)
class Notes:
    """Files that note the keys of what was last found at a unit's place, by this recipe and versions.

    `own` is that of the run's output folder. Datasets that share a cache may have files of one name, and
    each says by its own notes what it uses; `shared` is of whichever judged such a place last.
    """

    own: str
    shared: str


def notes_of(reader: Reader, job: Job) -> Notes:
    """Where the notes on a unit's place are."""
    recipe = job.recipe_of(reader.unit.index)
    own, shared = (cache.place_key(job.plan, recipe, reader, root) for root in (job.places.root, None))
    return Notes(*(f"{job.places.cache}/{PLACES}/{key[:2]}/{key}.json" for key in (own, shared)))


def read_note(note: str) -> dict[str, str] | None:
    """The keys that are noted, by kind of entry; None where no note is, or none that can be read."""
    try:
        keys = json.loads(storage.read_bytes(note))
        return {kind: str(keys[kind]) for kind in cache.KINDS}
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return None


def remember(note: str, keys: Mapping[str, str]) -> None:
    """Note, as of now, the keys of what was found of a unit; a cache that is only read has no notes."""
    with suppress(OSError):
        storage.write_bytes(note, json.dumps(keys, sort_keys=True).encode())


def renew_notes(job: Job) -> None:
    """Note as of now what was last found of every unit of a job, which is the same still."""

    def renew(notes: Notes) -> None:
        keys = read_note(notes.own) or read_note(notes.shared)
        if keys is not None:
            remember(notes.own, keys)

    with ThreadPoolExecutor() as pool:
        list(pool.map(renew, [notes_of(open_unit(job.plan, unit), job) for unit in job.plan.units]))
