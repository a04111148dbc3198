"""Rows as Parquet shards that differ in all that a reader has to cope with."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.sample.rows import COLUMNS, Row
from schemas.example import INPUT

ROW_GROUP_ROWS = (700, 90, 256, 1000, 128)
"""Rows of a row group, by shard and then from the start again."""

BARE = 1
"""The shard whose rows all lack an input, so that its column has the null type."""

_UNEVEN = 1.3


def scatter(rows: list[Row], shards: int) -> list[list[Row]]:
    """Rows of each shard, in their order; sizes differ and the bare shard has no inputs."""
    if shards == 1:
        return [rows]
    bare = [row for row in rows if row.input is None][: len(rows) // (shards + 1)]
    chosen = {row.id for row in bare}
    rest = [row for row in rows if row.id not in chosen]
    cuts = [round(len(rest) * (i / (shards - 1)) ** _UNEVEN) for i in range(shards)]
    dealt = [rest[low:high] for low, high in pairwise(cuts)]
    return [*dealt[:BARE], bare, *dealt[BARE:]]


def tabulate(rows: list[Row], number: int, rng: Random) -> pa.Table:
    """Columns of one shard, turned by two places from each shard to the next."""
    table = pa.Table.from_pylist([row.record(rng) for row in rows], schema=COLUMNS)
    if table[INPUT].null_count == len(table):
        table = table.set_column(table.schema.get_field_index(INPUT), INPUT, pa.nulls(len(table)))
    turn = 2 * number % len(COLUMNS)
    return table.select(COLUMNS.names[turn:] + COLUMNS.names[:turn])


def write_shards(rows: list[Row], folder: Path, shards: int, rng: Random) -> None:
    """Write the rows as Parquet files into the folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(scatter(rows, shards)):
        size = ROW_GROUP_ROWS[number % len(ROW_GROUP_ROWS)]
        with (folder / f"part-{number:05}-of-{shards:05}.parquet").open("wb") as file:
            pq.write_table(tabulate(part, number, rng), file, row_group_size=size)
