"""Reading JSON Lines, plain or compressed: what a file holds, and the rows of a unit of it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa

from transforms.kernels.json_lines import BOM, cut_lines, read_lines
from transforms.kernels.json_shapes import Shape, shape_of_rows, table_of
from transforms.steps import storage
from transforms.steps.ranges import RangeFile
from transforms.steps.reader import Reader, UnreadableError, damage_of

_READ_BYTES, _SEEK_BYTES = 8 << 20, 1 << 16
_SPAN_BYTES = 64 << 20
"""A file is surveyed in spans of so many bytes, which its digest is made of."""
_SLICE_BYTES, _SLICE_ROWS = 4 << 20, 8192
_ENDINGS = (".jsonl", ".ndjson", ".json")
_CODECS = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd"}


def is_lines(name: str) -> bool:
    """Whether a file is of JSON Lines, by its name.

    >>> [is_lines(name) for name in ("a.jsonl", "a.json.gz", "a.ndjson.zst", "a.parquet", "a.csv.gz")]
    [True, True, True, False, False]
    """
    codec = codec_of(name)
    return (name.lower().rpartition(".")[0] if codec else name.lower()).endswith(_ENDINGS)


def codec_of(name: str) -> str | None:
    """How a file is compressed, by its name; None where it is not."""
    return next((codec for ending, codec in _CODECS.items() if name.lower().endswith(ending)), None)


@dataclass
class Content:
    """What a file holds: bytes and rows of its pieces, of whole lines each; shape; digests of its spans.

    `damage` is of the first line that is no row.
    """

    pieces: list[tuple[int, int, int]] = field(default_factory=list)
    shape: Shape = field(default_factory=Shape)
    digests: list[str] = field(default_factory=list)
    damage: str | None = None

    @property
    def rows(self) -> int:
        """Lines that are not blank."""
        return sum(rows for _, _, rows in self.pieces)

    @property
    def digest(self) -> str:
        """Digest of the file by those of its spans."""
        if len(self.digests) == 1:
            return self.digests[0]
        return hashlib.blake2b(":".join(self.digests).encode(), digest_size=16).hexdigest()

    def add(self, later: Content) -> None:
        """Take in what the next span of the file holds."""
        self.pieces += later.pieces
        self.shape.merge(later.shape, most=None)
        self.digests += later.digests
        self.damage = self.damage or later.damage


def spans_of(path: str, size: int) -> list[tuple[int, int]]:
    """Spans of a file that can be surveyed apart: of a compressed one there is but one.

    >>> spans_of("a.jsonl", 100 << 20), spans_of("a.jsonl.gz", 100 << 20)
    ([(0, 67108864), (67108864, 104857600)], [(0, 104857600)])
    """
    step = max(1, size) if codec_of(path) else _SPAN_BYTES
    return [(start, min(start + step, size)) for start in range(0, max(1, size), step)]


def survey(path: str, size: int, span: tuple[int, int], grain: int) -> Content:
    """Read the lines that begin in a span: where they can be cut, every so many bytes, and their shape."""
    found, digest = Content(), hashlib.blake2b(digest_size=16)
    with storage.open_input(path) as file:
        for start, data in _lines_in(file, path, size, span, grain):
            digest.update(data)
            lines, starts = cut_lines(data)
            objects, damaged = read_lines(lines)
            if damaged and found.damage is None:
                line, error = next(iter(damaged.items()))
                found.damage = f"byte {start + starts[line]}: {error}"
            found.shape.merge(shape_of_rows(row for row in objects if row is not None), most=None)
            found.pieces.append((start, start + len(data), len(lines)))
    found.digests = [digest.hexdigest()]
    if codec_of(path) and found.pieces:
        found.pieces = [(0, size, found.rows)]
    return found


def _lines_in(
    file: pa.NativeFile, path: str, size: int, span: tuple[int, int], grain: int
) -> Iterator[tuple[int, bytes]]:
    """The lines of an open file that begin in a span, about so many bytes at a time, and where they begin."""
    if codec_of(path):
        yield from _pieces(_decompressed(file, path), grain)
        return
    start, stop = (_line_at(file, at, size) for at in span)
    yield from _pieces(_ahead(file.get_stream(start, stop - start), path), grain, start, stop)


def _line_at(file: pa.NativeFile, at: int, size: int) -> int:
    """Where the first line begins that does not begin before a byte."""
    if at in {0, size}:
        return at
    file.seek(at - 1)
    while at < size:
        data = bytes(file.read(_SEEK_BYTES))
        end = data.find(b"\n")
        if end >= 0 or not data:
            return at + end if data else size
        at += len(data)
    return size


def pieces_of(file: pa.NativeFile, path: str) -> Iterator[tuple[int, bytes]]:
    """All lines of an open file, some at a time, and where they begin."""
    yield from _pieces(_decompressed(file, path), _SLICE_BYTES)


def _decompressed(file: pa.NativeFile, path: str) -> pa.NativeFile:
    codec = codec_of(path)
    return file if codec is None else pa.CompressedInputStream(_ahead(file, path), codec)


def _ahead(stream: pa.NativeFile, path: str) -> pa.NativeFile:
    """A stream that reads its file some megabytes ahead, where each read is a request."""
    return stream if storage.is_local(path) else pa.BufferedInputStream(stream, storage.FAR_READ_BYTES)


def _pieces(
    file: pa.NativeFile, size: int, start: int = 0, stop: int | None = None
) -> Iterator[tuple[int, bytes]]:
    """Bytes that end with a line each, of about a size, and where they begin; a BOM is left out."""
    at, left = start, b""
    while True:
        most = min(size, _READ_BYTES) if stop is None else min(size, _READ_BYTES, stop - at - len(left))
        data = bytes(file.read(most)) if most else b""
        held = left + data
        end = held.rfind(b"\n") + 1 if data else len(held)
        if not data or (end and len(held) >= size):
            if end:
                skip = len(BOM) if at == 0 and held.startswith(BOM) else 0
                yield at + skip, held[skip:end]
            at, left = at + end, held[end:]
        else:
            left = held
        if not data:
            return


def schema_text(schema: pa.Schema) -> str:
    """A schema as text for the plan."""
    return base64.b64encode(schema.serialize().to_pybytes()).decode()


def schema_of(text: str) -> pa.Schema:
    """The schema that `schema_text` wrote."""
    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text)))


@dataclass(frozen=True)
class LinesReader(Reader):
    """Reads the rows of a unit of JSON Lines; damaged lines are rows of nulls, and `lost` says so."""

    @property
    def position(self) -> int | None:
        """Where the unit begins: its errors say where in the file they are."""
        return self.span[0]

    @property
    def place(self) -> tuple[int, ...]:
        """Which of its file's units it is: a line more moves its bytes, and leaves most of its rows in it."""
        return (self.unit.index - int(np.searchsorted(self.plan.unit_files, self.unit.file)),)

    @property
    def span(self) -> tuple[int, int]:
        """The bytes of the unit."""
        assert self.unit.span is not None  # noqa: S101 — for the type checker
        return self.unit.span

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns of the source's files of this kind."""
        text = self.plan.sources[self.file.source].schema
        return schema_of(text) if text else pa.schema([])

    @cached_property
    def _ranges(self) -> RangeFile | None:
        """The file with the unit fetched ahead, where each request counts; None on this machine."""
        if storage.is_local(self.file.path):
            return None
        ranges = storage.open_ranges(self.file.path)
        ranges.fetch([self.span])
        return ranges

    def _open(self) -> pa.NativeFile:
        """The file; it is left to be closed with the reader, whose next pass reads what was fetched."""
        far = self._ranges
        file = storage.open_input(self.file.path) if far is None else pa.PythonFile(far, mode="r")
        self.check_size(file)
        return file

    def group_rows(self, group: int) -> int:  # noqa: ARG002 — there is but one
        """Rows of the unit."""
        return self.unit.rows

    def rows_before(self, group: int) -> int:  # noqa: ARG002 — there is but one
        """None."""
        return 0

    def slices(self, group: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:  # noqa: ARG002
        """The rows of the unit, some columns or all, in slices of about 4 MB.

        Raises:
            UnreadableError: the file cannot be decompressed.
        """
        names = [name for name in self.schema.names if columns is None or name in columns]
        wanted = pa.schema([self.schema.field(name) for name in names])
        at = 0
        for start, data in self._bytes():
            lines, starts = cut_lines(data)
            for low in range(0, len(lines), _SLICE_ROWS):
                some = lines[low : min(low + _SLICE_ROWS, low + self.unit.rows - at)]
                objects, damaged = read_lines(some)
                for line, error in damaged.items():
                    self.lost[at + line] = f"byte {start + starts[low + line]}: {error}"
                if not self.schema.names:
                    for row in range(at, at + len(some)):
                        self.lost.setdefault(row, "no row of its source has a column")
                at += len(some)
                if some and self.schema.names:
                    yield table_of(objects, wanted)
        if at < self.unit.rows:
            raise self.changed("it has fewer lines")

    def _bytes(self) -> Iterator[tuple[int, bytes]]:
        start, stop = self.span
        file = self._open()
        try:
            file.seek(start)
            if codec_of(self.file.path):
                yield from pieces_of(file, self.file.path)
            else:
                yield from _pieces(file, _SLICE_BYTES, start, stop)
        except (pa.ArrowException, OSError) as error:
            raise UnreadableError(damage_of(error)) from error

    def digests(self, group: int) -> tuple[str, str]:  # noqa: ARG002 — there is but one
        """BLAKE2b of the unit's bytes with the types of its text columns, and with those of the others."""
        stored = hashlib.blake2b(digest_size=16)
        start, stop = self.span
        file = self._open()
        file.seek(start)
        while start < stop:
            data = file.read(min(_READ_BYTES, stop - start))
            stored.update(data)
            start += len(data)
        content = stored.hexdigest()
        told = set(self.columns.values())
        types = [
            ",".join(f"{one.name}:{one.type}" for one in self.schema if (one.name in told) == text)
            for text in (True, False)
        ]
        texts, others = (hashlib.blake2b(f"{content}:{kind}".encode(), digest_size=16) for kind in types)
        return texts.hexdigest(), others.hexdigest()
