"""Arrow tables as bytes: for a shuffle, for a file, and for the cache with a checksum."""

from __future__ import annotations

import pyarrow as pa
import xxhash

from transforms.steps import storage

_CHECKSUM, _LENGTH = 16, 8
_PIECES, _PIECE, _WORTH = 8, 1 << 13, 0.95


class DamagedError(ValueError):
    """A stored table is not what was written."""


SMALL = pa.Codec("zstd", compression_level=2)


def _stream(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return sink.getvalue()


def _shrinks(stream: pa.Buffer, codec: pa.Codec) -> bool:
    """Whether pieces from all over a stream shrink; a small stream is not looked at."""
    if stream.size < 2 * _PIECES * _PIECE:
        return True
    view = memoryview(stream)
    sample = b"".join(view[at : at + _PIECE] for at in range(0, stream.size, stream.size // _PIECES))
    return len(codec.compress(sample, asbytes=True)) < _WORTH * len(sample)


def pack(table: pa.Table, codec: pa.Codec | None = SMALL) -> bytes:
    """The table as an Arrow IPC stream, compressed whole after eight bytes that hold its length.

    Arrow would compress buffer by buffer, which takes small tables ten times as long. What does not shrink,
    such as lists of hashes, is left as it is, after a length of 0.
    """
    stream = _stream(table)
    if codec is None:
        return bytes(stream.to_pybytes())
    if not _shrinks(stream, codec):
        return b"".join((bytes(_LENGTH), memoryview(stream)))
    return stream.size.to_bytes(_LENGTH, "little") + bytes(codec.compress(stream, asbytes=True))


def unpack(data: bytes | memoryview, codec: pa.Codec | None = SMALL) -> pa.Table:
    """The table that `pack` wrote with the same codec."""
    stream = pa.py_buffer(data)
    if codec is not None:
        size = int.from_bytes(data[:_LENGTH], "little")
        stream = stream.slice(_LENGTH)
        if size:
            stream = codec.decompress(stream, size)
    with pa.ipc.open_stream(stream) as reader:
        return reader.read_all()


def store(path: str, table: pa.Table) -> memoryview:
    """Write a table to a file, with a checksum of name and content; give what stands behind that."""
    body = memoryview(_stream(table))
    with storage.create(path) as file:
        file.write(_checksum(path, body))
        file.write(body)
    return body


def load(path: str) -> pa.Table:
    """Read a table that `store` wrote.

    Raises:
        DamagedError: the file is cut, its bytes have changed, or it was stored under another name.
    """
    return unpack(load_body(path), None)


def load_body(path: str) -> memoryview:
    """Read the bytes of a table that `store` wrote, which `unpack` takes without a codec.

    Raises:
        DamagedError: as `load` does.
    """
    data = storage.read_bytes(path)
    body = memoryview(data)[_CHECKSUM:]
    if _checksum(path, body) != data[:_CHECKSUM]:
        msg = f"{path}: damaged, its checksum does not match"
        raise DamagedError(msg)
    return body


def _checksum(path: str, body: memoryview) -> bytes:
    found = xxhash.xxh3_128(body)
    found.update(path.rpartition("/")[2].encode())
    return bytes(found.digest())
