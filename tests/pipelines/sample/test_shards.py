"""Shards that differ in all that a reader has to cope with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.sample import write_sample
from pipelines.sample.rows import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Sample


def test_names_say_how_many_there_are(sample: Sample) -> None:
    assert [file.name for file in sample.files] == [f"part-{n:05}-of-00005.parquet" for n in range(5)]


def test_columns_stand_in_different_orders(sample: Sample) -> None:
    orders = [tuple(pq.read_schema(file).names) for file in sample.files]
    assert len(set(orders)) == 5
    assert {frozenset(order) for order in orders} == {frozenset(COLUMNS.names)}


def test_one_input_column_has_the_null_type(sample: Sample) -> None:
    types = [pq.read_schema(file).field("input").type for file in sample.files]
    assert types.count(pa.null()) == 1
    assert types.count(pa.string()) == 4


def test_types_are_the_same_otherwise(sample: Sample) -> None:
    for file in sample.files:
        schema = pq.read_schema(file)
        assert all(schema.field(field.name).equals(field) for field in COLUMNS if field.name != "input")


def test_row_groups_and_files_differ_in_size(sample: Sample) -> None:
    footers = [pq.read_metadata(file) for file in sample.files]
    assert len({footer.row_group(0).num_rows for footer in footers}) >= 4
    assert len({footer.num_rows for footer in footers}) == 5
    assert min(footer.num_rows for footer in footers) > 300


def test_plants_are_scattered(sample: Sample) -> None:
    for file in sample.files:
        planted = pq.read_table(file)["plant"]
        assert len(planted) / 10 < len(planted) - planted.null_count < len(planted) / 2


def test_duplicates_cross_shards(sample: Sample) -> None:
    shard = {name: n for n, file in enumerate(sample.files) for name in pq.read_table(file)["id"].to_pylist()}
    apart = [shard[plant.id] != shard[plant.of] for plant in sample.plants.planted if plant.of]
    assert 0.5 < sum(apart) / len(apart) < 1


@pytest.mark.parametrize("shards", [1, 2, 9])
def test_any_number_of_shards_has_all_rows(shards: int, sample: Sample, tmp_path: Path) -> None:
    assert write_sample(tmp_path, shards=shards) == sample.plants
    files = sorted(tmp_path.iterdir())
    assert len(files) == shards
    names = [name for file in files for name in pq.read_table(file)["id"].to_pylist()]
    assert sorted(names) == sorted(sample.rows)
