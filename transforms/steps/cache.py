"""The verdict cache: what was found of a unit, under a key made of its bytes and of what was asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from schemas.plan import Places, Plan
from schemas.recipe import Recipe, judging_key
from transforms.kernels.own_rules import digest_rule
from transforms.steps import storage, tables
from transforms.steps.job import Job
from transforms.steps.parquet import UnitReader

KINDS = ("judgement", "identity", "signatures")
_VERSION = 9
"""Raise it when a kernel's findings change; entries of other versions are not found."""


def _key(parts: Mapping[str, object]) -> str:
    text = json.dumps(parts, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()


def entry_path(places: Places, kind: str, key: str) -> str:
    """File of an entry."""
    return f"{places.cache}/{kind}/{key[:2]}/{key}.arrow"


def unit_keys(
    plan: Plan, recipe: Recipe, reader: UnitReader, digests: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """Key of each kind of entry for a unit; no path and no position is part of it."""
    texts = {
        "version": _VERSION,
        "texts": [text for text, _ in digests],
        "rows": (reader.unit.skip, reader.unit.rows),
        "columns": reader.columns,
        "versions": plan.versions,
    }
    hashed = {**texts, "similarity": recipe.dedup.similarity}
    judging = judging_key(recipe)
    judging["language"]["model"] = plan.model_digest
    judging["own"] = [rule | {"source": digest_rule(rule["use"])} for rule in judging["own"]]
    judging["benchmarks"] = None if recipe.rules.contaminated.action == "off" else plan.benchmarks
    dedup = recipe.model_dump(mode="json")["dedup"]
    others = {"others": [other for _, other in digests], "column": recipe.dedup.column}
    return {
        "judgement": _key({**texts, "judging": judging}),
        "identity": _key({**hashed, **others}),
        "signatures": _key({**hashed, "shingles": dedup["shingles"], "permutations": dedup["permutations"]}),
    }


def missing(entries: Mapping[str, str], job: Job) -> tuple[str, ...]:
    """Kinds of which the cache has no whole entry, by their paths; those that are damaged are noted.

    An entry that is there counts as used today, on this machine's own disks.
    """
    return tuple(kind for kind, path in entries.items() if not _holds(path, job))


def _holds(path: str, job: Job) -> bool:
    try:
        tables.load(path)
    except FileNotFoundError:
        return False
    except tables.DamagedError:
        storage.write_bytes(job.places.damaged_entry(path), b"")
        return False
    storage.touch(path)
    return True


def damaged_entries(places: Places) -> list[str]:
    """Paths of the entries that a run found damaged, sorted."""
    names = storage.list_names(places.damaged_entries)
    return [f"{places.cache}/{name.replace('-', '/')}" for name in names]
