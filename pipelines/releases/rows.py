"""The rows themselves: from the input if it is still what it was, else from the release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipelines.releases.inputs import GoneError, read_again
from pipelines.releases.ledger import RowKey, matching, read_ledger, scan
from pipelines.releases.release import Release
from schemas.example import FIELDS, PREFIX
from schemas.recipe import Recipe
from schemas.verdict import Verdict
from transforms.kernels.adapters import Adapter
from transforms.kernels.texts import Texts
from transforms.steps.write import CURATED, REJECTS


@dataclass(frozen=True)
class Row:
    """A row's canonical fields, its other columns, and what is to be said of where they were read.

    `fields` has the text of each field whose column is there, None for null.
    """

    texts: Texts
    columns: dict[str, str]
    fields: dict[str, str | None]
    others: dict[str, Any]
    note: str = ""


@dataclass(frozen=True)
class Missing:
    """Why a row's text cannot be shown."""

    note: str


def read_row(release: Release, key: RowKey) -> Row | Missing:
    """A row of the input, from the input file or else from the release's own files."""
    found = _from_input(release, key)
    if isinstance(found, Row):
        return found
    if release.input_of(key.source, key.file).role == "reference":
        return Missing(f"its text is not available, as {found.note}")
    return _from_release(release, key, found.note)


def _from_input(release: Release, key: RowKey) -> Row | Missing:
    path = release.input_of(key.source, key.file).path
    try:
        found = next(read_again(release, key.source, key.file, [key.row]), None)
    except GoneError as error:
        return Missing(str(error))
    if found is None:
        return Missing(f"the input {path} cannot be read: it has fewer rows now")
    batch, adapter = found
    if adapter.record_ids(batch)[0].as_py().hex() != key.record_id:
        return Missing(f"the input {path} has changed: this row has another record id now")
    return _row(batch, adapter, release.recipe)


def _row(batch: pa.RecordBatch, adapter: Adapter, recipe: Recipe, note: str = "") -> Row:
    texts, columns = adapter.texts(batch, recipe.turns), dict(adapter.columns)
    names = [name for name in batch.schema.names if not name.startswith(PREFIX)]
    fields = {
        role: None if _is_null(batch, columns.get(role)) else text[0].as_py()
        for role, text in zip(FIELDS, texts, strict=True)
        if columns.get(role) in names or (role not in columns and text[0].as_py())
    }
    others = {name: _value(batch.column(name)[0]) for name in names if name not in adapter.hashed}
    return Row(texts, columns, fields, others, note)


def _is_null(batch: pa.RecordBatch, column: str | None) -> bool:
    return column is not None and not batch.column(column)[0].is_valid


def _value(scalar: pa.Scalar) -> Any:
    """The value in Python or, where Python has none such, in words."""
    if getattr(scalar.type, "unit", None) == "ns":
        return _in_words(scalar)  # where pandas is installed, Arrow gives its types
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        return _in_words(scalar)


def _in_words(scalar: pa.Scalar) -> str:
    try:
        return str(scalar.cast(pa.string()).as_py())
    except (pa.ArrowException, ValueError):
        return f"(a {scalar.type} that cannot be shown)"


def _from_release(release: Release, key: RowKey, why: str) -> Row | Missing:
    kind = CURATED if key.kept else REJECTS
    paths = release.parts(kind)
    if not paths:
        return Missing(
            f"its text is not available, as {why}; --save-rejects would have kept it in the release"
        )
    if key.kept:
        wanted, place = matching(tamis_record_id=key.record_id), _place_among_kept(release, key)
    else:
        wanted, place = matching(tamis_source=key.source, tamis_file=key.file, tamis_row=key.row), 0
    found = list(scan(paths, wanted))
    if not found:
        return Missing(f"its text is not available, as {why}, and {kind}/ has not got it")
    note = f"its text is from {kind}/ of the release, as {why}"
    (batch,) = pa.concat_tables(found)[place : place + 1].combine_chunks().to_batches()
    return _row(batch, release.adapter(key.source, batch.schema), release.recipe, note)


def _place_among_kept(release: Release, key: RowKey) -> int:
    """How many kept rows of the same record id stand before a row; the curated rows are in the same order."""
    kept = read_ledger(release, matching(record_id=key.record_id, verdict=Verdict.KEPT.value))
    places = list(zip(*(kept[name].to_pylist() for name in ("source", "file", "row")), strict=True))
    return places.index((key.source, key.file, key.row))
