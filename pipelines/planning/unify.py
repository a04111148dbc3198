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
    joined = {
        field.name: found
        for field in comparable
        if field.name in unified.names and (found := join_types(unified.field(field.name).type, field.type))
    }
    both = [
        pa.schema([field.with_type(joined.get(field.name, field.type)) for field in schema])
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


def join_types(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """The nested type that holds the values of both, structs with the fields of either; None if none does.

    >>> turn, named = pa.struct({"role": pa.string()}), pa.struct({"name": pa.string(), "role": pa.string()})
    >>> str(join_types(pa.list_(turn), pa.list_(named)))
    'list<item: struct<role: string, name: string>>'
    """
    if pa.types.is_struct(one) and pa.types.is_struct(other):
        shared = {
            field.name: _join_leaves(field.type, other.field(field.name).type)
            for field in one
            if field.name in other.names
        }
        if None in shared.values():
            return None
        fields = [field.with_type(shared.get(field.name, field.type)) for field in one]
        return pa.struct([*fields, *(field for field in other if field.name not in shared)])
    for is_list, make in ((pa.types.is_list, pa.list_), (pa.types.is_large_list, pa.large_list)):
        if is_list(one) and is_list(other):
            items = _join_leaves(one.value_type, other.value_type)
            return None if items is None else make(one.value_field.with_type(items))
    return None


def _join_leaves(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    return one if is_text(one) and is_text(other) else join_types(one, other)


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
