"""The rows that a measurement is made on: read, drawn with a seed, normalised."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.example import FIELDS, INPUT, INSTRUCTION, OUTPUT
from transforms.kernels.text import join_present, normalise


def read_rows(globs: Sequence[str]) -> pa.Table:
    """The fields of all rows, files in the order of their paths.

    Raises:
        SystemExit: no file matches.
    """
    paths = sorted({path for pattern in globs for path in _match(pattern)})
    if not paths:
        raise SystemExit(f"no file matches {' '.join(globs)}")
    return pa.concat_tables(map(_read, paths), promote_options="default").combine_chunks()


def _match(pattern: str) -> list[Path]:
    anchor = Path(pattern).anchor
    return list(Path(anchor).glob(str(Path(pattern).relative_to(anchor))))


def _read(path: Path) -> pa.Table:
    present = [name for name in FIELDS if name in pq.read_schema(path).names]
    return pq.read_table(path, columns=present).cast(
        pa.schema([(name, pa.large_string()) for name in present])
    )


def draw_rows(rows: pa.Table, count: int, seed: int) -> pa.Table:
    """So many of the rows, or all, in their order."""
    drawn = np.random.default_rng(seed).permutation(len(rows))[:count]
    return rows.take(pa.array(np.sort(drawn))).combine_chunks()


def joined_text(rows: pa.Table) -> pa.LargeStringArray:
    """Prompt and output of each row as one text, normalised."""
    return _text(rows, FIELDS)


def two_parts(rows: pa.Table) -> list[pa.LargeStringArray]:
    """Prompt and output of each row, normalised."""
    return [_text(rows, (INSTRUCTION, INPUT)), _text(rows, (OUTPUT,))]


def _text(rows: pa.Table, fields: Sequence[str]) -> pa.LargeStringArray:
    return normalise(
        join_present([rows[name].combine_chunks() for name in fields if name in rows.column_names])
    )
