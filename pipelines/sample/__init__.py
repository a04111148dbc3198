"""Sample data: instruction rows that the project writes itself, faults and duplicates planted among them."""

from __future__ import annotations

from pathlib import Path

from pipelines.sample.grammar import stream
from pipelines.sample.kinds import KINDS, Plant, Plants
from pipelines.sample.planting import plant_rows
from pipelines.sample.shards import write_shards
from pipelines.sample.tasks import draw_rows

__all__ = ["KINDS", "Plant", "Plants", "write_sample"]


def write_sample(folder: Path, *, seed: int = 7, shards: int = 5) -> Plants:
    """Write the sample's shards into the folder and give what is planted in them.

    Bytes are the same for the same seed, number of shards and version of pyarrow.
    """
    if shards < 1:
        raise ValueError(f"shards must be 1 or more, not {shards}")
    rows = plant_rows(list(draw_rows(seed)), seed)
    write_shards(rows, folder, shards, stream(seed, "shards"))
    return Plants.among(rows)
