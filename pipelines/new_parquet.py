"""A new Parquet file that a command writes for its user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import UsageError
from transforms.steps import storage
from transforms.steps.stores.errors import StoreError, first_line


def check_target(path: str) -> None:
    """Refuse a path where something is."""
    if storage.exists(path) or (storage.is_local(path) and Path(path).exists()):
        raise UsageError(f"{path} is there already; --parquet takes the name of a new file")


@contextmanager
def writing_parquet(path: str, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """What writes a file of some columns, which is there once the body has ended."""
    check_target(path)
    try:
        with storage.create(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
            yield writer
    except StoreError:
        raise
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {first_line(error)}") from None
