"""All clusters of a release as one Parquet file."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.duplicates.groups import Groups
from pipelines.new_parquet import writing_parquet
from schemas.verdict import WON_BY

SURVIVOR, DUPLICATE = "survivor", "duplicate"
GROUPS = pa.schema(
    [
        pa.field("cluster", pa.int64(), nullable=False),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("role", pa.string(), nullable=False),
        ("exact", pa.bool_()),
        ("similarity", pa.float64()),
        ("won_by", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("record_id", pa.string(), nullable=False),
    ],
)
"""One row per member of every cluster, survivor first; clusters are numbered from 1, the largest first."""

_SLICE = 1 << 16


def write_groups(groups: Groups, path: str) -> None:
    """Write all clusters as Parquet, a slice at a time."""
    with writing_parquet(path, GROUPS) as writer:
        for table in _slices(groups):
            writer.write_table(table)


def _slices(groups: Groups) -> Iterator[pa.Table]:
    rows = len(groups.survivors) + len(groups.places)
    for start in range(0, rows, _SLICE):
        yield _table(groups, np.arange(start, min(start + _SLICE, rows)))


def _table(groups: Groups, lines: np.ndarray) -> pa.Table:
    """Some lines of the file: before each cluster's duplicates is one for its survivor."""
    heads = groups.starts[:-1] + np.arange(len(groups.survivors))
    cluster = np.searchsorted(heads, lines, "right") - 1
    leads = heads[cluster] == lines
    member = np.where(leads, 0, lines - cluster - 1)
    ids = pc.if_else(
        pa.array(leads), groups.survivor_ids.take(pa.array(cluster)), groups.record_ids.take(pa.array(member))
    )
    columns = {
        "cluster": pa.array(cluster + 1),
        "size": pa.array(groups.sizes[cluster]),
        "role": pa.array([DUPLICATE, SURVIVOR]).take(pa.array(leads.astype(np.int8))),
        "exact": pa.array(groups.exact[member], mask=leads),
        "similarity": pa.array(groups.similarities[member], mask=leads),
        "won_by": _names(np.where(leads, -1, groups.won_by[member])),
        **groups.files.columns(np.where(leads, groups.survivors[cluster], groups.places[member])),
        "record_id": pa.array([one.hex() for one in ids.to_pylist()], pa.string()),
    }
    return pa.table(columns, schema=GROUPS)


def _names(codes: np.ndarray) -> pa.Array:
    return pa.array(WON_BY).take(pa.array(codes, mask=codes < 0))
