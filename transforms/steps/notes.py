"""Notes of the verdict cache: in which entries the unit at a place was found last, and by their age when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from transforms.steps import cache, storage
from transforms.steps.job import Job
from transforms.steps.reader import Reader
from transforms.steps.units import open_unit

PLACES = "places"


def note_of(reader: Reader, job: Job) -> str:
    """File that notes the keys of what was last found at a unit's place, by this recipe and versions."""
    key = cache.place_key(job.plan, job.recipe_of(reader.unit.index), reader)
    return f"{job.places.cache}/{PLACES}/{key[:2]}/{key}.json"


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
    with ThreadPoolExecutor() as pool:
        notes = [note_of(open_unit(job.plan, unit), job) for unit in job.plan.units]
        for note, keys in zip(notes, pool.map(read_note, notes), strict=True):
            if keys is not None:
                pool.submit(remember, note, keys)
