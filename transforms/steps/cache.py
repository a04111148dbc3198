"""The verdict cache: what was found of a unit, under a key made of its bytes and of what was asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from schemas.plan import Plan
from schemas.recipe import Recipe, judging_key
from transforms.kernels.own_rules import digest_own
from transforms.steps import tables
from transforms.steps.parquet import UnitReader

KINDS = ("judgement", "identity", "signatures")
_VERSION = 10
"""Raise it when a kernel's findings change; entries of other versions are not found."""


def _key(parts: Mapping[str, object]) -> str:
    text = json.dumps(parts, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()


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
    judging["own"] = [rule | {"source": digest_own("rule", rule["use"])} for rule in judging["own"]]
    if recipe.own_tagger is not None:
        judging["own_tagger_source"] = digest_own("tagger", recipe.own_tagger)
    judging["templates"] = recipe.balance is not None and recipe.balance.by_template
    judging["benchmarks"] = None if recipe.rules.contaminated.action == "off" else plan.benchmarks
    dedup = recipe.model_dump(mode="json")["dedup"]
    others = {"others": [other for _, other in digests], "column": recipe.dedup.column}
    return {
        "judgement": _key({**texts, "judging": judging}),
        "identity": _key({**hashed, **others}),
        "signatures": _key({**hashed, "shingles": dedup["shingles"], "permutations": dedup["permutations"]}),
    }


def holds(path: str) -> bool:
    """Whether the cache has an entry, whole; a damaged one is as none, and is written anew."""
    try:
        return tables.load(path) is not None
    except (FileNotFoundError, tables.DamagedError):
        return False
