"""The files of an export: rows as Parquet or as JSON Lines, some at a time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.release import OutputRecord
from transforms.kernels.shapes import rests
from transforms.steps import storage

_GROUP_ROWS, _GROUP_BYTES = 8192, 32 << 20
_WITH_REST = ("messages", "conversations")


class Sink(Protocol):
    """Takes the rows of a file."""

    def write(self, table: pa.Table, turns: pa.ListArray) -> None:
        """Write some rows, whose turns are given as well."""

    def end(self) -> None:
        """Write what is left."""

    def close(self) -> None:
        """Write no more, whether all went well or not."""


class ParquetSink:
    """Writes row groups of some thousand rows."""

    def __init__(self, file: storage.Hashed, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(file, schema, compression="zstd")
        self._waiting: list[pa.Table] = []

    def write(self, table: pa.Table, turns: pa.ListArray) -> None:  # noqa: ARG002 — the table has them
        """Write some rows."""
        if not len(table):
            return
        self._waiting.append(table)
        if (
            sum(map(len, self._waiting)) >= _GROUP_ROWS
            or sum(t.nbytes for t in self._waiting) >= _GROUP_BYTES
        ):
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            table = pa.concat_tables(self._waiting).combine_chunks()
            self._writer.write_table(table, row_group_size=len(table))
            self._waiting = []

    def end(self) -> None:
        """Write what is left."""
        self._flush()

    def close(self) -> None:
        """Write the footer."""
        self._writer.close()


class LinesSink:
    """Writes an object a line, with all that turns have beside their text."""

    def __init__(self, file: storage.Hashed) -> None:
        self._file = file

    def write(self, table: pa.Table, turns: pa.ListArray) -> None:
        """Write some rows."""
        rows: list[dict[str, Any]] = table.to_pylist()
        name = next((name for name in _WITH_REST if name in table.column_names), None)
        if name is not None:
            for row, others in zip(rows, rests(turns), strict=True):
                row[name] = [turn | (other | turn) for turn, other in zip(row[name], others, strict=True)]
        lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
        self._file.write("".join(f"{line}\n" for line in lines).encode())

    def end(self) -> None:
        """Do nothing: no line waits."""

    def close(self) -> None:
        """Do nothing: there is no footer."""


class File:
    """A file that rows are written to, and what is to be told of it."""

    def __init__(self, name: str, sink: Sink, hashed: storage.Hashed) -> None:
        self.name = name
        self.rows = 0
        self._sink = sink
        self._hashed = hashed

    def write(self, table: pa.Table, turns: pa.ListArray) -> None:
        """Write some rows."""
        self._sink.write(table, turns)
        self.rows += len(table)

    def record(self) -> OutputRecord:
        """What the manifest says of it, once it is whole."""
        return OutputRecord(
            path=self.name, bytes=self._hashed.bytes, sha256=self._hashed.sha256.hexdigest(), rows=self.rows
        )


@contextmanager
def create(folder: str, name: str, format_: str, schema: pa.Schema) -> Iterator[File]:
    """A file of a folder, there once all is written."""
    with storage.create(f"{folder}/{name}") as file:
        hashed = storage.Hashed(file)
        sink: Sink = ParquetSink(hashed, schema) if format_ == "parquet" else LinesSink(hashed)
        opened = File(name, sink, hashed)
        try:
            yield opened
            sink.end()
        finally:
            sink.close()


def name_files(splits: Sequence[Sequence[str]], ending: str) -> list[dict[str, str]]:
    """Names of the files of each part, given the splits it has, numbered as `datasets` tells splits by.

    >>> name_files([["test"], ["train"], ["train"]], "jsonl")[1]
    {'train': 'data/train-00000-of-00002.jsonl'}
    """
    of, at = Counter(split for part in splits for split in part), Counter[str]()
    names = []
    for part in splits:
        names.append({split: f"data/{split}-{at[split]:05d}-of-{of[split]:05d}.{ending}" for split in part})
        at.update(part)
    return names
