"""Which schema the examples of a set of files are in, and which columns hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from pipelines.errors import UsageError
from schemas.example import INSTRUCTION, OUTPUT
from schemas.recipe import Benchmark, FileSet, Reference
from transforms.kernels.adapters import BY_NAME, Adapter, detect
from transforms.steps.lines import is_lines

if TYPE_CHECKING:
    from pipelines.planning.footers import Footer


def read_as(source: FileSet, path: str, schema: pa.Schema) -> Adapter:
    """The adapter that a file of a set is read by, or the sentence that says why there is none."""
    named = source.columns.named
    if source.format is not None and source.format not in BY_NAME:
        raise UsageError(
            f"{key_of(source)}: {source.name}: there is no format {source.format!r}; "
            f"the formats are {', '.join(BY_NAME)}"
        )
    missing = sorted(set(named.values()) - set(schema.names))
    found = None if missing and missing != _may_lack(source) else _bind(source.format, schema, named)
    if found is None and isinstance(source, Benchmark):
        named = {**named, OUTPUT: named.get(OUTPUT, OUTPUT)}
        found = _bind(source.format, _answered(source, schema), named)
    if found is None:
        raise UsageError(_why_none(source, path, schema))
    return found


def _answered(source: Benchmark, schema: pa.Schema) -> pa.Schema:
    """The schema with a column of outputs: a benchmark may do without."""
    output = source.columns.named.get(OUTPUT, OUTPUT)
    return schema if output in schema.names else schema.append(pa.field(output, pa.null()))


def _may_lack(source: FileSet) -> list[str]:
    """The columns that a file may do without: that of the input."""
    return sorted(filter(None, [source.columns.input]))


def _bind(name: str | None, schema: pa.Schema, named: Mapping[str, str]) -> Adapter | None:
    return detect(schema, named) if name is None else BY_NAME[name].bind(schema, named)


def _why_none(source: FileSet, path: str, schema: pa.Schema) -> str:
    """A sentence on what a file lacks, or on which of its columns is of another type than it must be."""
    tried = BY_NAME.values() if source.format is None else [BY_NAME[source.format]]
    whole = _answered(source, schema) if isinstance(source, Benchmark) else schema
    misfits = filter(None, (adapter.misfit(whole, source.columns.named) for adapter in tried))
    if misfit := next(misfits, None):
        why = "; it is text where any line holds a value of another kind" if is_lines(path) else ""
        return f"{path}: {misfit}{why}"
    needed = {} if source.columns.turns else {INSTRUCTION: INSTRUCTION, OUTPUT: OUTPUT}
    spared = [*_may_lack(source), *([OUTPUT] if isinstance(source, Benchmark) else [])]
    for role, name in (needed | source.columns.named).items():
        if name not in schema.names and name not in spared:
            there = ", ".join(schema.names) or "none"
            return (
                f"{path} has no column {name!r} for the {role}; it has {there}; "
                f"name the right one in the recipe ({key_of(source)}: columns: {role}), "
                f"or rename its columns to those of {', '.join(BY_NAME)}"
            )
    columns = ", ".join(f"{field.name}: {field.type}" for field in schema)
    return f"{path} is in no format that is known ({source.format or ', '.join(BY_NAME)}); it has {columns}"


def key_of(source: FileSet) -> str:
    """The recipe's key that a set of files is under."""
    if isinstance(source, Benchmark):
        return "benchmarks"
    return "references" if isinstance(source, Reference) else "sources"


def adapters_of(footers: Sequence[Footer]) -> dict[str, Adapter]:
    """The adapter of each set, for the columns of all its files; a set whose files differ is an error."""
    first: dict[str, Footer] = {}
    found: dict[str, Adapter] = {}
    for footer in footers:
        if footer.adapter is None:
            continue
        source, path, adapter = footer.file.source, footer.file.path, footer.adapter
        before = found.setdefault(source, adapter)
        other = first.setdefault(source, footer).file.path
        shared = before.columns.keys() & adapter.columns.keys()
        if before.name != adapter.name or any(before.columns[it] != adapter.columns[it] for it in shared):
            raise UsageError(
                f"{path} holds {_describe(adapter)}, but {other} before it {_describe(before)}; "
                f"give each a source of its own"
            )
        found[source] = adapter.reading({**before.columns, **adapter.columns})
    return found


def _describe(adapter: Adapter) -> str:
    columns = ", ".join(f"{role} in {name!r}" for role, name in adapter.columns.items())
    return f"{adapter.name} ({columns})"
