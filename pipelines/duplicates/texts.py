"""Texts of some rows: from the input where it still is what it was, else from the release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import UsageError
from pipelines.releases.inputs import read_rows
from pipelines.releases.ledger import RowKey, scan
from pipelines.releases.release import Release
from schemas.example import FIELDS, PREFIX
from schemas.recipe import Recipe
from transforms.kernels.adapters import Adapter
from transforms.steps import storage
from transforms.steps.reader import READ_ERRORS
from transforms.steps.write import CURATED, REJECTS

Fields = dict[str, str]
"""Texts of a row by the name of the canonical field; empty where there is none."""

_ID = PREFIX + "record_id"


@dataclass(frozen=True)
class Library:
    """Texts by record id, which rows of the same texts share, and why some are not there."""

    texts: dict[str, Fields]
    notes: list[str]

    def find(self, key: RowKey) -> Fields | None:
        """Texts of a row, if they can be had."""
        return self.texts.get(key.record_id)


def read_texts(release: Release, keys: Sequence[RowKey]) -> Library:
    """The texts of some rows."""
    by_file = defaultdict(list)
    for key in keys:
        by_file[key.source, key.file].append(key.row)
    texts: dict[str, Fields] = {}
    for (source, file), rows in by_file.items():
        texts |= _from_input(release, source, file, rows)
    missing = {key.record_id for key in keys} - texts.keys()
    if missing:
        texts |= _from_release(release, missing)
    lost = [release.input_of(key.source, key.file).path for key in keys if key.record_id not in texts]
    return Library(texts, [_note(path) for path in dict.fromkeys(lost)])


def _note(path: str) -> str:
    return f"no text of some rows: {path} is gone or has changed, and the release has not saved them"


def _from_input(release: Release, source: str, name: str, rows: list[int]) -> dict[str, Fields]:
    """Texts of some rows of a file, as far as it can be read."""
    record = release.input_of(source, name)
    found: dict[str, Fields] = {}
    try:
        with storage.open_input(record.path) as file:
            if file.size() == record.bytes:
                for batch in read_rows(file, record.path, sorted(set(rows))):
                    found |= _by_id(batch, release.adapter(source, batch.schema), release.recipe)
    except (*READ_ERRORS, UsageError):
        return found
    return found


def _by_id(batch: pa.RecordBatch, adapter: Adapter, recipe: Recipe) -> dict[str, Fields]:
    """The texts of some rows by the record ids that follow from them."""
    texts = adapter.texts(batch, recipe.turns)
    ids = [found.hex() for found in adapter.record_ids(batch).to_pylist()]
    rows = zip(*(text.to_pylist() for text in texts), strict=True)
    return {one: dict(zip(FIELDS, row, strict=True)) for one, row in zip(ids, rows, strict=True)}


def _from_release(release: Release, ids: set[str]) -> dict[str, Fields]:
    """Texts by record id from the curated rows and those saved, whichever source's columns they are in."""
    sources = [source.name for source in release.recipe.sources]
    found: dict[str, Fields] = {}
    for kind in (CURATED, REJECTS):
        wanted = pc.field(_ID).isin(sorted(ids))
        for table in scan(release.parts(kind), wanted):
            for batch, source in product(table.to_batches(), sources):
                read = _by_id(batch, release.adapter(source, batch.schema), release.recipe)
                found |= {one: read[one] for one in read.keys() & ids}
    return found
