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
    comparable = _comparable(footer.schema, unified)
    known = {field.name: join_types(field.type, _type(unified, field)) for field in comparable}
    both = [
        pa.schema([field.with_type(known.get(field.name, field.type)) for field in schema])
        if any(pa.types.is_nested(kind) for kind in known.values())
        else schema
        for schema in (unified, comparable)
    ]
    try:
        return pa.unify_schemas(both)
    except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
        raise UsageError(
            f"{footer.file.path} clashes with the files before it: {str(error).splitlines()[0]}\n"
            f"{first.file.path} and those after it:\n{_indent(unified)}\n"
            f"{footer.file.path}:\n{_indent(footer.schema)}"
        ) from None


def _type(schema: pa.Schema, field: pa.Field) -> pa.DataType:
    return schema.field(field.name).type if field.name in schema.names else field.type


def join_types(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """The first type with the fields of the other's structs that it lacks, in lists too; else as it is.

    >>> turn, named = pa.struct({"role": pa.string()}), pa.struct({"name": pa.string(), "role": pa.string()})
    >>> str(join_types(pa.list_(turn), pa.list_(named)))
    'list<item: struct<role: string, name: string>>'
    """
    if pa.types.is_null(one):
        return other
    if pa.types.is_struct(one) and pa.types.is_struct(other):
        names = {field.name for field in one}
        joined = [
            field.with_type(join_types(field.type, other.field(field.name).type))
            if other.get_field_index(field.name) >= 0
            else field
            for field in one
        ]
        return pa.struct([*joined, *(field for field in other if field.name not in names)])
    for is_kind, make in ((pa.types.is_list, pa.list_), (pa.types.is_large_list, pa.large_list)):
        if is_kind(one) and is_kind(other):
            return make(one.value_field.with_type(join_types(one.value_type, other.value_type)))
    return one


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
