"""One schema for all input files, or the two that clash."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from pipelines.errors import UsageError
from pipelines.planning.footers import Footer
from transforms.kernels.adapters.adapter import is_text
from transforms.kernels.casts import join_types
from transforms.steps.parquet import plain_type
from transforms.steps.stores.errors import first_line


def unify(footers: Sequence[Footer]) -> pa.Schema:
    """One schema that holds every file's columns, or the two schemas that clash.

    Files of a source must agree. A column that sources have in other types is text, as in lines of JSON.
    """
    by_source: dict[str, list[Footer]] = {}
    for footer in footers:
        by_source.setdefault(footer.file.source, []).append(footer)
    whole = [(files[0], _join_files(files)) for files in by_source.values()]
    first, unified = whole[0]
    for footer, schema in whole[1:]:
        unified = _join(first, unified, footer, schema, texts=True)
    return unified


def _join_files(footers: Sequence[Footer]) -> pa.Schema:
    first = footers[0]
    unified = _comparable(first.schema, [])
    for footer in footers[1:]:
        unified = _join(first, unified, footer, footer.schema, texts=False)
    return unified


def _join(first: Footer, unified: pa.Schema, footer: Footer, schema: pa.Schema, *, texts: bool) -> pa.Schema:
    """The columns of either schema; with `texts` those of two types as text."""
    comparable = _comparable(schema, unified)
    joined = {
        field.name: join_types(unified.field(field.name).type, field.type, texts=texts)
        for field in comparable
        if field.name in unified.names
    }
    both = [
        pa.schema([field.with_type(joined.get(field.name) or field.type) for field in one])
        for one in (unified, comparable)
    ]
    try:
        return pa.unify_schemas(both)
    except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
        raise UsageError(
            f"{footer.file.path} clashes with the files before it: {first_line(error)}\n"
            f"{first.file.path} and those after it:\n{_indent(unified)}\n"
            f"{footer.file.path}:\n{_indent(schema)}"
        ) from None


def _indent(schema: pa.Schema | None) -> str:
    return "\n".join(f"  {field.name}: {field.type}" for field in schema or [])


def _comparable(schema: pa.Schema | None, others: pa.Schema | Sequence[pa.Field]) -> pa.Schema:
    """The schema without metadata, in plain types but for dictionaries.

    Text of every width is alike where another file's differs.
    """
    known = {field.name: field.type for field in others}
    fields = []
    for field in schema or []:
        kind = field.type if pa.types.is_dictionary(field.type) else plain_type(field.type)
        other = known.get(field.name, kind)
        if other != kind and is_text(kind) and is_text(other) and not pa.types.is_null(kind):
            kind = other if not pa.types.is_null(other) else kind
        fields.append(pa.field(field.name, kind))
    return pa.schema(fields)
