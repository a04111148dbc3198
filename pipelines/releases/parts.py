"""Files of a release, opened to be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import RunError
from transforms.steps import storage
from transforms.steps.reader import READ_ERRORS
from transforms.steps.stores.errors import first_line


@contextmanager
def open_part(path: str) -> Iterator[pa.NativeFile]:
    """A file of a release to read from.

    Raises:
        RunError: it is not there, or damaged.
    """
    try:
        with storage.open_input(path) as file:
            yield file
    except READ_ERRORS as error:
        raise RunError(f"{path}: this file of the release cannot be read: {first_line(error)}") from None


@contextmanager
def open_table(path: str) -> Iterator[pq.ParquetFile]:
    """The same as Parquet whose checksums are looked at, where it has them.

    Raises:
        RunError: as `open_part` does.
    """
    with open_part(path) as file:
        yield pq.ParquetFile(file, page_checksum_verification=True)
