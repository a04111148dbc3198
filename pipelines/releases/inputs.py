"""Some rows of an input file of a release, whatever its kind, if it still is what it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import UsageError
from pipelines.releases.release import Release
from schemas.release import InputRecord
from transforms.kernels.adapters import Adapter
from transforms.kernels.json_lines import cut_lines, read_lines
from transforms.kernels.json_shapes import shape_of_rows, table_of
from transforms.steps import storage
from transforms.steps.lines import is_lines, pieces_of
from transforms.steps.parquet import decoded
from transforms.steps.reader import READ_ERRORS
from transforms.steps.stores.errors import first_line

_SLICE = 256


class GoneError(Exception):
    """A sentence on why an input file of a release cannot be read as it was."""


def read_again(
    release: Release, source: str, file: str, rows: Sequence[int]
) -> Iterator[tuple[pa.RecordBatch, Adapter]]:
    """Some rows of an input file of a release, ascending, and what reads examples out of them.

    Raises:
        GoneError: it is not there, cannot be read, or has another size now.
    """
    record = release.input_of(source, file)
    try:
        with storage.open_input(record.path) as opened:
            size = opened.size()
            if size != record.bytes:
                raise GoneError(tell_size(record, size))
            for batch in read_rows(opened, record.path, rows):
                if len(batch):
                    yield batch, release.adapter(source, batch.schema)
    except FileNotFoundError:
        raise GoneError(f"the input {record.path} is gone") from None
    except (*READ_ERRORS, UsageError) as error:
        raise GoneError(f"the input {record.path} cannot be read: {first_line(error)}") from None


def tell_size(record: InputRecord, size: int) -> str:
    """The sentence that an input file has another size now."""
    return f"the input {record.path} has changed: {record.bytes:,} bytes then, {size:,} now"


def read_rows(file: pa.NativeFile, path: str, rows: Sequence[int]) -> Iterator[pa.RecordBatch]:
    """Some rows of an open file, ascending, each with all its columns; what is beyond its end is left out."""
    yield from (_of_lines if is_lines(path) else _of_parquet)(file, path, rows)


def _of_parquet(file: pa.NativeFile, path: str, rows: Sequence[int]) -> Iterator[pa.RecordBatch]:  # noqa: ARG001
    """Rows of Parquet, decoding no more row groups than they are in."""
    parquet = pq.ParquetFile(file)
    first = 0
    for group in range(parquet.metadata.num_row_groups):
        start, first = first, first + parquet.metadata.row_group(group).num_rows
        inside = [row - start for row in rows if start <= row < first]
        at = 0
        for batch in parquet.iter_batches(_SLICE, [group], use_threads=False) if inside else ():
            here = [row - at for row in inside if at <= row < at + len(batch)]
            at += len(batch)
            if here:
                yield decoded(batch).take(pa.array(here))
            if at > inside[-1]:
                break


def _of_lines(file: pa.NativeFile, path: str, rows: Sequence[int]) -> Iterator[pa.RecordBatch]:
    """Rows of JSON Lines, in columns as the beginning of the file has them."""
    found: dict[int, bytes] = {}
    beginning: Sequence[Mapping[str, object] | None] = ()
    at = 0
    for _, data in pieces_of(file, path):
        lines, _ = cut_lines(data)
        beginning = beginning or read_lines(lines).objects
        found |= {row: lines[row - at] for row in rows if at <= row < at + len(lines)}
        at += len(lines)
        if at > rows[-1]:
            break
    objects = [one for one in read_lines(found.values()).objects if one is not None]
    shape = shape_of_rows(dict(one) for one in (*beginning, *objects) if one is not None)
    yield table_of(objects, shape.schema)
