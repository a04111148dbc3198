"""Texts of some rows: from the input where it still is what it was, else from the release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.releases.inputs import GoneError, read_again
from pipelines.releases.ledger import RowKey, scan
from pipelines.releases.release import Release
from schemas.example import FIELDS, PREFIX
from schemas.recipe import Recipe
from transforms.kernels.adapters import Adapter
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
        by_file[key.source, key.file].append(key)
    texts: dict[str, Fields] = {}
    why: dict[tuple[str, str], str] = {}
    for (source, file), wanted in by_file.items():
        found, why[source, file] = _from_input(release, source, file, sorted({key.row for key in wanted}))
        texts |= found
    missing = {key.record_id for key in keys} - texts.keys()
    if missing:
        texts |= _from_release(release, missing)
    lost = [why[key.source, key.file] for key in keys if key.record_id not in texts]
    return Library(texts, [_note(reason) for reason in dict.fromkeys(lost)])


def _note(why: str) -> str:
    return f"no text of some rows: {why}, and the release has not saved them"


def _from_input(release: Release, source: str, name: str, rows: list[int]) -> tuple[dict[str, Fields], str]:
    """Texts of some rows of a file, as far as it can be read, and why others cannot be had."""
    found: dict[str, Fields] = {}
    try:
        for batch, adapter in read_again(release, source, name, rows):
            found |= _by_id(batch, adapter, release.recipe)
    except GoneError as error:
        return found, str(error)
    return found, f"the input {release.input_of(source, name).path} has other rows now"


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
