"""Planning a run from the footers of its input: files, schema, units and how the work is split."""

from __future__ import annotations

import base64
import math
import platform
import sys
import unicodedata
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pyarrow.parquet as pq

from pipelines.errors import RunError
from pipelines.planning.adapters import adapters_of
from pipelines.planning.footers import read_footers
from pipelines.planning.unify import unify
from pipelines.planning.units import cut_units
from schemas.plan import Plan, Source
from schemas.recipe import Recipe, to_dict
from transforms.kernels.adapters import Adapter

UNIT_BYTES = 32 << 20
_BUCKET_ROWS, _FEW_ROWS, _BUCKETS = 500_000, 5_000, 4096
_LEDGER_ROWS, _EDGE_ROWS = 100_000, 1_000_000
_PART_BYTES, _SMALL_PART_BYTES, _SMALL_PARTS = 256 << 20, 16 << 20, 8
_GROUP_BYTES, _GROUP_ROWS = 64 << 20, 32768
_PACKAGES = ("apache-beam", "datasketch", "fasttext-community", "numpy", "pyarrow", "regex", "tamis")


def plan_run(recipe: Recipe, model: tuple[str, str] | None, unit_bytes: int, buckets: int | None) -> Plan:
    """The plan of a run that has no name yet, or the sentence that says why there can be none."""
    footers = read_footers(recipe)
    sources = {source.name for source in recipe.sources}
    inputs = [footer for footer in footers if footer.file.source in sources]
    readable = [footer for footer in inputs if footer.metadata is not None]
    if not readable:
        first = inputs[0].file
        raise RunError(f"none of the {len(inputs)} input files can be read; {first.path}: {first.error}")
    schema = unify(readable)
    units = cut_units(footers, recipe, unit_bytes)
    rows = sum(unit.rows for unit in units if unit.file < len(inputs))
    size = sum(_bytes(footer.metadata) for footer in readable if footer.metadata is not None)
    return Plan(
        release="",
        sources=dict(_sources(recipe, adapters_of(footers))),
        files=[footer.file for footer in footers],
        units=units,
        schema=base64.b64encode(schema.serialize().to_pybytes()).decode(),
        recipe=to_dict(recipe),
        model=model[0] if model else None,
        model_digest=model[1] if model else None,
        buckets=buckets or _buckets(sum(unit.rows for unit in units)),
        parts=_parts(recipe, size, rows),
        group_rows=max(1, min(_GROUP_ROWS, _GROUP_BYTES * rows // max(1, size))),
        versions=_versions(recipe),
    )


def _buckets(rows: int) -> int:
    """As many as keep a bucket small; not more, since each costs a message from every unit."""
    return max(2, min(8, math.ceil(rows / _FEW_ROWS)), min(_BUCKETS, math.ceil(rows / _BUCKET_ROWS)))


def _bytes(metadata: pq.FileMetaData) -> int:
    return sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))


def _sources(recipe: Recipe, adapters: dict[str, Adapter]) -> Iterator[tuple[str, Source]]:
    """Sources by name, ranked by priority, then by their order in the recipe; then the reference sets."""
    ranked = sorted(recipe.sources, key=lambda source: -source.priority)
    for rank, source in enumerate(ranked):
        yield source.name, Source(name=source.name, **_read_as(adapters.get(source.name)), rank=rank)
    for reference in recipe.references:
        read = _read_as(adapters.get(reference.name))
        yield reference.name, Source(name=reference.name, **read, rank=0, reference=True)


def _read_as(adapter: Adapter | None) -> dict[str, Any]:
    """What a source's plan says of its adapter; where no file can be read, there is nothing to be read."""
    return {} if adapter is None else {"format": adapter.name, "columns": dict(adapter.columns)}


def _parts(recipe: Recipe, size: int, rows: int) -> dict[str, int]:
    """How many files of each kind the release has: by the input's size, never by who works on it."""
    few = min(_SMALL_PARTS, math.ceil(size / _SMALL_PART_BYTES))
    shards = recipe.output.shards or max(1, few, math.ceil(size / _PART_BYTES))
    parts = {"curated": shards, "verdicts": max(1, math.ceil(rows / _LEDGER_ROWS))}
    if recipe.dedup.near:
        parts["duplicates"] = max(1, math.ceil(rows / _EDGE_ROWS))
    return parts | ({"rejects": shards} if recipe.output.save_rejects else {})


def _versions(recipe: Recipe) -> dict[str, str]:
    """Versions of all that can change a byte of a release."""
    packages = _PACKAGES if recipe.tokenizer is None else (*_PACKAGES, "tokenizers")
    return {
        "python": ".".join(map(str, sys.version_info[:2])),
        "machine": platform.machine(),
        "unicode": unicodedata.unidata_version,
        **{package: version(package) for package in packages},
    }
