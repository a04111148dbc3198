"""Planning a run from the footers of its input: files, schema, units and how the work is split."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from pipelines.errors import RunError
from pipelines.planning.adapters import adapters_of
from pipelines.planning.folders import expand
from pipelines.planning.footers import Footer, read_footers
from pipelines.planning.surveys import GRAIN
from pipelines.planning.unify import unify
from pipelines.planning.units import cut_units
from schemas.plan import TRAIN, Plan, Source, Unit, split_rank
from schemas.recipe import Recipe, to_dict
from transforms.steps.lines import schema_text
from transforms.steps.versions import versions_of

UNIT_BYTES = 32 << 20
_BUCKET_ROWS, _FEW_ROWS, _BUCKETS = 500_000, 5_000, 4096
_LEDGER_ROWS, _EDGE_ROWS = 100_000, 1_000_000
_PART_BYTES, _SMALL_PART_BYTES, _SMALL_PARTS = 256 << 20, 16 << 20, 8
_GROUP_BYTES, _GROUP_ROWS = 64 << 20, 32768


def plan_run(recipe: Recipe, model: tuple[str, str] | None, unit_bytes: int, buckets: int | None) -> Plan:
    """The plan of a run that has no name yet, or the sentence that says why there can be none."""
    recipe = expand(recipe)
    footers = read_footers(recipe, min(GRAIN, unit_bytes))
    sources = {source.name for source in recipe.sources}
    inputs = [footer for footer in footers if footer.file.source in sources]
    readable = [footer for footer in inputs if footer.readable]
    if not readable:
        first = inputs[0]
        error = first.file.error or "it has no row"
        if first.content is not None and first.content.damage is not None:
            error = f"none of its {first.content.rows:,} lines is a row; {first.content.damage}"
        raise RunError(f"none of the {len(inputs)} input files can be read; {first.file.path}: {error}")
    schema = unify(readable)
    units = cut_units(footers, recipe, unit_bytes)
    rows = sum(unit.rows for unit in units if unit.file < len(inputs))
    size = sum(footer.size for footer in readable)
    shards = _shards(recipe, size, units, inputs)
    parts = _parts(recipe, sum(shards.values()), rows)
    return Plan(
        release="",
        sources=dict(_sources(recipe, footers)),
        files=[footer.file for footer in footers],
        units=units,
        schema=schema_text(schema),
        recipe=to_dict(recipe),
        model=model[0] if model else None,
        model_digest=model[1] if model else None,
        buckets=buckets or _buckets(sum(unit.rows for unit in units)),
        parts=parts,
        shards=shards,
        group_rows=max(1, min(_GROUP_ROWS, _GROUP_BYTES * rows // max(1, size))),
        versions=versions_of(recipe),
    )


def _buckets(rows: int) -> int:
    """As many as keep a bucket small; not more, since each costs a message from every unit."""
    return max(2, min(8, math.ceil(rows / _FEW_ROWS)), min(_BUCKETS, math.ceil(rows / _BUCKET_ROWS)))


def _sources(recipe: Recipe, footers: Sequence[Footer]) -> Iterator[tuple[str, Source]]:
    """Sources by name, ranked by priority, then by their order in the recipe; then the reference sets."""
    read = _read_as(footers)
    _mark_fractions(read, recipe, footers)
    together = recipe.dedup.splits == "together"
    ranked = sorted(
        recipe.sources, key=lambda source: (split_rank(source.split) if together else 0, -source.priority)
    )
    for rank, source in enumerate(ranked):
        yield (
            source.name,
            Source(name=source.name, rank=rank, split=source.split or TRAIN, **read.get(source.name, {})),
        )
    for reference in recipe.references:
        found = read.get(reference.name, {})
        split = reference.split or TRAIN
        yield reference.name, Source(name=reference.name, rank=0, reference=True, split=split, **found)


def _read_as(footers: Sequence[Footer]) -> dict[str, dict[str, Any]]:
    """What a plan says of how each source is read; nothing of one none of whose files can be."""
    found: dict[str, dict[str, Any]] = {
        name: {"format": adapter.name, "columns": dict(adapter.columns)}
        for name, adapter in adapters_of(footers).items()
    }
    for footer in footers:
        if footer.content is not None and footer.schema is not None:
            found[footer.file.source]["schema"] = schema_text(footer.schema)
    return found


def _mark_fractions(read: dict[str, dict[str, Any]], recipe: Recipe, footers: Sequence[Footer]) -> None:
    """Say of each source whether its numbers to rank by may have fractions; references rank as one source."""
    column = recipe.dedup.column
    compared = {reference.name for reference in recipe.references}
    found = {
        footer.file.source
        for footer in footers
        if footer.schema is not None
        and column in footer.schema.names
        and pa.types.is_floating(footer.schema.field(column).type)
    }
    for name in found | (compared if found & compared else set()):
        read[name]["fractions"] = True


def _shards(recipe: Recipe, size: int, units: Sequence[Unit], inputs: Sequence[Footer]) -> dict[str, int]:
    """How many curated files each split has, by its share of the rows; at least one."""
    few = min(_SMALL_PARTS, math.ceil(size / _SMALL_PART_BYTES))
    wanted = recipe.output.shards or max(1, few, math.ceil(size / _PART_BYTES))
    of = {source.name: source.split or TRAIN for source in recipe.sources}
    rows = dict.fromkeys(of.values(), 0)
    for unit in units:
        if unit.file < len(inputs):
            rows[of[inputs[unit.file].file.source]] += unit.rows
    total = max(1, sum(rows.values()))
    return {split: max(1, round(wanted * held / total)) for split, held in rows.items()}


def _parts(recipe: Recipe, shards: int, rows: int) -> dict[str, int]:
    """How many files of each kind the release has: by the input's size, never by who works on it."""
    parts = {"curated": shards, "verdicts": max(1, math.ceil(rows / _LEDGER_ROWS))}
    if recipe.dedup.near:
        parts["duplicates"] = max(1, math.ceil(rows / _EDGE_ROWS))
    return parts | ({"rejects": shards} if recipe.output.save_rejects else {})
