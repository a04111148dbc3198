"""The verdict cache: what was found of a unit, under a key made of its bytes and of what was asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

import pyarrow as pa

from schemas.paths import Places
from schemas.plan import DRAWING, Plan
from schemas.recipe import Recipe, judging_key
from transforms.kernels.own_rules import digest_own
from transforms.steps import storage, tables
from transforms.steps.job import Job
from transforms.steps.reader import Reader

KINDS, SHINGLES = ("judgement", "identity", "signatures"), "shingles"
"""What judging stores of a unit; and what later steps store of its candidates, under the signatures' key."""

_VERSION = 19
"""Raise it when a kernel's findings change; entries of other versions are not found."""


def _key(parts: Mapping[str, object]) -> str:
    text = json.dumps(parts, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()


def entry_path(places: Places, kind: str, key: str) -> str:
    """File of an entry."""
    return f"{places.cache}/{kind}/{key[:2]}/{key}.arrow"


def unit_keys(
    plan: Plan, recipe: Recipe, reader: Reader, digests: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """Key of each kind of entry for a unit; no path is part of it, nor a position in Parquet."""
    content: dict[str, object] = {
        "texts": [text for text, _ in digests],
        "rows": (reader.unit.skip, reader.unit.rows),
        "position": reader.position,
    }
    others = {"identity": {"others": [other for _, other in digests]}}
    asked = _asked(plan, recipe, reader)
    return {kind: _key({**asked[kind], **content, **others.get(kind, {})}) for kind in KINDS}


def place_key(plan: Plan, recipe: Recipe, reader: Reader, root: str | None) -> str:
    """Key of the note on what was last found of the unit in a place, for an output folder or for any."""
    place = (reader.file.source, reader.file.name, *reader.place)
    return _key({"asked": _asked(plan, recipe, reader), "place": place, "root": root})


def _asked(plan: Plan, recipe: Recipe, reader: Reader) -> dict[str, dict[str, object]]:
    """What is asked of a unit, by kind."""
    judging = judging_key(recipe)
    judging["language"]["model"] = plan.model_digest
    judging["tokenizer"] = plan.tokenizer
    judging["own"] = [rule | {"source": digest_own("rule", rule["use"])} for rule in judging["own"]]
    if recipe.own_tagger is not None:
        judging["own_tagger_source"] = digest_own("tagger", recipe.own_tagger)
    judging["templates"] = recipe.balance is not None and recipe.balance.by_template
    judging["benchmarks"] = None if recipe.rules.contaminated.action == "off" else plan.benchmarks
    dedup = recipe.model_dump(mode="json")["dedup"]
    versions = {name: version for name, version in plan.versions.items() if name not in DRAWING}
    common: dict[str, object] = {"version": _VERSION, "versions": versions}
    common |= {"columns": reader.columns, "format": reader.adapter.name}
    source = plan.sources[reader.file.source]
    hashed = {**common, "similarity": recipe.dedup.similarity}
    return {
        "judgement": {**common, "judging": judging},
        "identity": {**hashed, "column": recipe.dedup.column, "fractions": source.fractions},
        "signatures": {**hashed, "shingles": dedup["shingles"], "permutations": dedup["permutations"]},
    }


def missing(entries: Mapping[str, str], job: Job) -> tuple[str, ...]:
    """Kinds of which the cache has no whole entry, by their paths.

    An entry that is there counts as used today, on this machine's own disks.
    """
    held = {kind for kind, path in entries.items() if find_entry(path, job.places) is not None}
    for kind in held:
        storage.touch(entries[kind])
    return tuple(kind for kind in entries if kind not in held)


def find_entry(path: str, places: Places) -> pa.Table | None:
    """What an entry holds; None where there is none, or a damaged one, which is noted."""
    try:
        return tables.load(path)
    except FileNotFoundError:
        return None
    except tables.DamagedError:
        note_damaged(path, places)
        return None


def note_damaged(path: str, places: Places) -> None:
    """Note that a file of the cache is damaged, for the run to tell."""
    storage.write_bytes(places.damaged_entry(path), b"")


def damaged_entries(places: Places) -> list[str]:
    """Paths of the files of the cache that a run found damaged, sorted."""
    names = storage.list_names(places.damaged_entries)
    return [f"{places.cache}/{name.replace('-', '/')}" for name in names]
