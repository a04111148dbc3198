"""Arrow tables as bytes: for a shuffle, for a file, and for the cache with a checksum."""

from __future__ import annotations

import pyarrow as pa
import xxhash

from transforms.steps import storage

_CHECKSUM = 16


class DamagedError(ValueError):
    """A stored table is not what was written."""


SMALL = pa.Codec("zstd", compression_level=3)


def pack(table: pa.Table, codec: pa.Codec | None = SMALL) -> bytes:
    """The table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=codec)
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table.combine_chunks())
    return bytes(sink.getvalue().to_pybytes())


def unpack(data: bytes | pa.Buffer) -> pa.Table:
    """The table that `pack` wrote."""
    with pa.ipc.open_stream(data) as reader:
        return reader.read_all()


def store(path: str, table: pa.Table) -> None:
    """Write a table to a file, with a checksum."""
    body = pack(table, None)
    storage.write_bytes(path, xxhash.xxh3_128(body).digest() + body)


def load(path: str) -> pa.Table:
    """Read a table that `store` wrote.

    Raises:
        DamagedError: the file is cut or its bytes have changed.
    """
    data = storage.read_bytes(path)
    body = memoryview(data)[_CHECKSUM:]
    if xxhash.xxh3_128(body).digest() != data[:_CHECKSUM]:
        msg = f"{path}: damaged, its checksum does not match"
        raise DamagedError(msg)
    return unpack(pa.py_buffer(body))
