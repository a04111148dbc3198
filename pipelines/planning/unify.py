"""One schema for all input files, or the two that clash."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from pipelines.errors import UsageError
from pipelines.planning.footers import Footer
from transforms.steps.parquet import is_text, plain_type


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
