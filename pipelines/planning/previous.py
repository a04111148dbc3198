"""The record ids of a release made before, whose rows win ties."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import RunError
from pipelines.releases.release import first_line, open_release
from schemas.example import PREFIX
from transforms.kernels.rows import from_hex
from transforms.steps import storage
from transforms.steps.parquet import READ_ERRORS
from transforms.steps.write import CURATED

_COLUMN = f"{PREFIX}record_id"


def read_released(path: str) -> pa.Table:
    """Record ids of the rows that a release kept, each once, sorted: a column `record_id` of 16 bytes."""
    ids = {id_ for part in open_release(path).parts(CURATED) for id_ in _read_ids(part).to_pylist()}
    return pa.table({"record_id": from_hex(pa.array(sorted(ids), pa.string()))})


def _read_ids(part: str) -> pa.ChunkedArray:
    try:
        with storage.open_input(part) as file:
            return pq.read_table(file, columns=[_COLUMN])[_COLUMN].unique()
    except READ_ERRORS as error:
        raise RunError(f"{part}: this file of the release cannot be read: {first_line(error)}") from None
