"""Planning a run from the footers of its input: files, schema, units and how the work is split."""

from __future__ import annotations

import base64
import math
import platform
import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from itertools import takewhile
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import RunError, UsageError
from schemas.example import INPUT, PREFIX
from schemas.plan import InputFile, Plan, Source, Unit
from schemas.recipe import Recipe, to_dict
from schemas.recipe import Source as SourceRecipe
from transforms.steps import storage
from transforms.steps.parquet import READ_ERRORS, is_text, plain_type

UNIT_BYTES = 32 << 20
_MAGIC = b"PAR1"
_THREADS = 16
_BUCKET_ROWS = 250_000
_LEDGER_ROWS = 100_000
_PART_BYTES, _SMALL_PART_BYTES, _SMALL_PARTS = 256 << 20, 16 << 20, 8
_GROUP_BYTES, _GROUP_ROWS = 64 << 20, 32768
_PACKAGES = ("apache-beam", "datasketch", "fasttext-community", "numpy", "pyarrow", "regex", "tamis")


class Footer(NamedTuple):
    """What is known of a file before it is read."""

    file: InputFile
    metadata: pq.FileMetaData | None
    schema: pa.Schema | None


def plan_run(recipe: Recipe, model: tuple[str, str] | None, unit_bytes: int, buckets: int | None) -> Plan:
    """The plan of a run that has no name yet, or the sentence that says why there can be none."""
    footers = [footer for source in recipe.sources for footer in _read_source(source)]
    _refuse_shared_files(footers)
    readable = [footer for footer in footers if footer.metadata is not None]
    if not readable:
        first = footers[0].file
        raise RunError(f"none of the {len(footers)} input files can be read; {first.path}: {first.error}")
    schema = unify(readable)
    units = list(_units(footers, recipe, unit_bytes))
    rows = sum(unit.rows for unit in units)
    size = sum(_bytes(footer.metadata) for footer in readable if footer.metadata is not None)
    return Plan(
        release="",
        sources=dict(_sources(recipe)),
        files=[footer.file for footer in footers],
        units=units,
        schema=base64.b64encode(schema.serialize().to_pybytes()).decode(),
        recipe=to_dict(recipe),
        model=model[0] if model else None,
        model_digest=model[1] if model else None,
        buckets=buckets or max(8, math.ceil(rows / _BUCKET_ROWS)),
        parts=_parts(recipe, size, rows),
        group_rows=max(1, min(_GROUP_ROWS, _GROUP_BYTES * rows // max(1, size))),
        versions=_versions(),
    )


def _read_source(source: SourceRecipe) -> list[Footer]:
    """Footers of the files of a source, in the order of their paths."""
    found: dict[str, int] = {}
    for pattern in source.input:
        matches = storage.find(pattern)
        if not matches:
            raise UsageError(f"no file matches {pattern}")
        found.update(matches)
    prefix = _common_prefix(source.input)
    with ThreadPoolExecutor(_THREADS) as pool:
        jobs = [pool.submit(_read_footer, source, path, size, prefix) for path, size in sorted(found.items())]
        return [job.result() for job in jobs]


def _common_prefix(patterns: Sequence[str]) -> str:
    """The folder that all globs share before their first wildcard.

    >>> _common_prefix(["a/b/*.parquet", "a/c/x-?.parquet"]), _common_prefix(["gs://b/d/*"])
    ('a/', 'gs://b/d/')
    """
    heads = [re.split(r"[*?\[{]", pattern, maxsplit=1)[0].split("/")[:-1] for pattern in patterns]
    shared = [names[0] for names in takewhile(lambda names: len(set(names)) == 1, zip(*heads, strict=False))]
    return "".join(f"{name}/" for name in shared)


def _read_footer(source: SourceRecipe, path: str, size: int, prefix: str) -> Footer:
    name = path.removeprefix(prefix) if path.startswith(prefix) else path.rpartition("/")[2]
    error = None
    try:
        with storage.open_input(path) as file:
            head = bytes(file.read(len(_MAGIC)))
            if head and head != _MAGIC:
                raise UsageError(f"{path} is not a Parquet file: it begins with {head!r}, not {_MAGIC!r}")
            parquet = pq.ParquetFile(file)
            metadata, schema = parquet.metadata, parquet.schema_arrow
    except READ_ERRORS as problem:
        error, metadata, schema = str(problem).strip().splitlines()[0], None, None
    rows = metadata.num_rows if metadata is not None else None
    file_record = InputFile(source=source.name, path=path, name=name, bytes=size, rows=rows, error=error)
    if schema is not None:
        _check_columns(source, path, schema)
    return Footer(file_record, metadata, schema)


def _check_columns(source: SourceRecipe, path: str, schema: pa.Schema) -> None:
    """Refuse a file without the columns the source names, or with Tamis's own."""
    for role, name in source.columns.model_dump().items():
        if name not in schema.names:
            if role == INPUT:
                continue
            raise UsageError(
                f"{path} has no column {name!r} for the {role}; it has {', '.join(schema.names)}; "
                f"name the right one in the recipe (sources: columns: {role})"
            )
        if not is_text(schema.field(name).type):
            raise UsageError(f"{path}: column {name!r} for the {role} is {schema.field(name).type}, not text")
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        raise UsageError(f"{path} has more than one column named {', '.join(twice)}")
    taken = [name for name in schema.names if name.startswith(PREFIX)]
    if taken:
        raise UsageError(
            f"{path} has columns that Tamis writes itself: {', '.join(taken)}; drop or rename them"
        )


def _refuse_shared_files(footers: Sequence[Footer]) -> None:
    owners: dict[str, str] = {}
    for footer in footers:
        owner = owners.setdefault(footer.file.path, footer.file.source)
        if owner != footer.file.source:
            raise UsageError(f"{footer.file.path} belongs to two sources: {owner} and {footer.file.source}")


def unify(footers: Sequence[Footer]) -> pa.Schema:
    """One schema that holds every file's columns, or the two schemas that clash."""
    first = footers[0]
    unified = _comparable(first.schema, [])
    for footer in footers[1:]:
        unified = _join_schemas(first, unified, footer)
    return unified


def _join_schemas(first: Footer, unified: pa.Schema, footer: Footer) -> pa.Schema:
    try:
        return pa.unify_schemas([unified, _comparable(footer.schema, unified)])
    except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
        raise UsageError(
            f"{footer.file.path} clashes with the files before it: {str(error).splitlines()[0]}\n"
            f"{first.file.path} and those after it:\n{_indent(unified)}\n"
            f"{footer.file.path}:\n{_indent(footer.schema)}"
        ) from None


def _indent(schema: pa.Schema | None) -> str:
    return "\n".join(f"  {field.name}: {field.type}" for field in schema or [])


def _comparable(schema: pa.Schema | None, others: pa.Schema | Sequence[pa.Field]) -> pa.Schema:
    """The schema without metadata and with text of every width alike where another file's differs."""
    known = {field.name: field.type for field in others}
    fields = []
    for field in schema or []:
        kind = plain_type(field.type) if pa.types.is_string_view(field.type) else field.type
        other = known.get(field.name, kind)
        if other != kind and is_text(kind) and is_text(other) and not pa.types.is_null(kind):
            kind = other if not pa.types.is_null(other) else kind
        fields.append(pa.field(field.name, kind))
    return pa.schema(fields)


def _units(footers: Sequence[Footer], recipe: Recipe, unit_bytes: int) -> Iterator[Unit]:
    """Consecutive row groups of each file up to a size; a file that cannot be read is a unit too."""
    caps = {source.name: source.max_rows for source in recipe.sources}
    index = 0
    for at, footer in enumerate(footers):
        if footer.metadata is None:
            yield Unit(index=index, file=at, groups=(0, 0), first_row=0, rows=0)
            index += 1
            continue
        cap = caps[footer.file.source]
        for groups, first, rows in _pack_groups(footer.metadata, unit_bytes, cap):
            yield Unit(index=index, file=at, groups=groups, first_row=first, rows=rows)
            index += 1
            if cap is not None:
                cap -= rows
        caps[footer.file.source] = cap


def _pack_groups(
    metadata: pq.FileMetaData, unit_bytes: int, cap: int | None
) -> Iterator[tuple[tuple[int, int], int, int]]:
    """Ranges of row groups up to a size and a number of rows, with their first row and their rows."""
    left = metadata.num_rows if cap is None else min(cap, metadata.num_rows)
    start, first, rows, size = 0, 0, 0, 0
    for group in range(metadata.num_row_groups):
        entry = metadata.row_group(group)
        if group > start and size + entry.total_byte_size > unit_bytes:
            yield (start, group), first, rows
            start, first, rows, size = group, first + rows, 0, 0
        if left == 0:
            break
        taken = min(entry.num_rows, left)
        rows, left, size = rows + taken, left - taken, size + entry.total_byte_size
        stop = group + 1
    if rows:
        yield (start, stop), first, rows


def _bytes(metadata: pq.FileMetaData) -> int:
    return sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))


def _sources(recipe: Recipe) -> Iterator[tuple[str, Source]]:
    """Sources by name, ranked by priority, then by their order in the recipe."""
    ranked = sorted(recipe.sources, key=lambda source: -source.priority)
    for rank, source in enumerate(ranked):
        yield source.name, Source(name=source.name, columns=source.columns.model_dump(), rank=rank)


def _parts(recipe: Recipe, size: int, rows: int) -> dict[str, int]:
    """How many files of each kind the release has: by the input's size, never by who works on it."""
    few = min(_SMALL_PARTS, math.ceil(size / _SMALL_PART_BYTES))
    shards = recipe.output.shards or max(1, few, math.ceil(size / _PART_BYTES))
    parts = {"curated": shards, "verdicts": max(1, math.ceil(rows / _LEDGER_ROWS))}
    return parts | ({"rejects": shards} if recipe.output.save_rejects else {})


def _versions() -> dict[str, str]:
    """Versions of all that can change a byte of a release."""
    return {
        "python": ".".join(map(str, sys.version_info[:2])),
        "machine": platform.machine(),
        "unicode": unicodedata.unidata_version,
        **{package: version(package) for package in _PACKAGES},
    }
