"""Shuffles: few bytes a row, keys and never text, and the same tables in whatever order they come."""

from __future__ import annotations

from collections.abc import Sequence

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to

from pipelines.engines import Asked, choose_engine
from tests.releases import Curate, Release, Sampled, recipe_for
from transforms.shuffle import UNIT, JoinByUnit, receive, receive_unit, send
from transforms.steps import tables

BOUND = 400
PIECES = [(1, [1, 2]), (2, [3]), (1, [4]), (1, []), (1, [0, 9])]

ALONE = Asked(root="", workers=1)


def pipeline() -> beam.Pipeline:
    return beam.Pipeline(options=PipelineOptions(choose_engine(None, ALONE).arguments(ALONE)))


def table(values: Sequence[int]) -> pa.Table:
    return pa.table({"a": pa.array(values, pa.int64())})


def test_bytes_of_a_row_on_real_data(real_release: Release) -> None:
    assert 0 < real_release.run["shuffled_bytes"] < BOUND * len(real_release.ledger)


def test_bytes_of_a_row_on_the_sample(sampled: Sampled) -> None:
    assert 0 < sampled.release.run["shuffled_bytes"] < BOUND * len(sampled.table)


def test_no_text_is_shuffled(curate: Curate, sampled: Sampled, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[pa.Schema] = []
    pack = tables.pack

    def watch(packed: pa.Table, codec: pa.Codec | None = tables.SMALL) -> bytes:
        if codec is not None:
            seen.append(packed.schema)
        return pack(packed, codec)

    monkeypatch.setattr(tables, "pack", watch)
    release = curate(sampled.pattern, recipe=recipe_for(sampled.pattern))
    assert release.report.duplicates.near > 0
    fields = {(field.name, str(field.type)) for schema in seen for field in schema}
    names = {name for name, kind in fields if kind.startswith("large_list")}
    assert {"ref", "hash", "content_hash", "record_id", "survivor"} < {name for name, _ in fields}
    assert names == {"copies", "prompt", "output"}
    widths = {kind.removeprefix("large_list<item: ").rstrip(">") for _, kind in fields}
    assert widths <= {"uint8", "uint32", "uint64", "int64", "double", "fixed_size_binary[16]"}


@pytest.mark.parametrize("pieces", [PIECES, PIECES[::-1]], ids=["as made", "backwards"])
def test_tables_of_a_key_are_one_in_one_order(pieces: list[tuple[int, list[int]]]) -> None:
    expected = {1: tables.unpack(tables.pack(table([]))), 2: table([3])}
    packed = sorted(tables.pack(table(values)) for key, values in PIECES if key == 1)
    expected[1] = pa.concat_tables(map(tables.unpack, packed))
    with pipeline() as steps:
        found = (
            steps
            | beam.Create(pieces)
            | "Send" >> beam.FlatMap(lambda piece: send("some", [(piece[0], table(piece[1]))]))
            | beam.GroupByKey()
            | "Open tables" >> beam.Map(receive)
            | "Open rows" >> beam.MapTuple(lambda key, joined: (key, joined["a"].to_pylist()))
        )
        assert_that(found, equal_to([(key, joined["a"].to_pylist()) for key, joined in expected.items()]))


def test_units_meet_what_was_sent_to_them() -> None:
    with pipeline() as steps:
        units = steps | "Units" >> beam.Create([(1, (UNIT, "one")), (2, (UNIT, "two")), (3, (UNIT, "three"))])
        pairs = [(2, ("sent", [5])), (2, ("sent", [6])), (3, ("more", [8])), (4, ("sent", [7]))]
        sent, more = (
            steps
            | f"Create {name}" >> beam.Create([(key, values) for key, (one, values) in pairs if one == name])
            | f"Send {name}"
            >> beam.FlatMap(lambda piece, name: send(name, [(piece[0], table(piece[1]))]), name)
            for name in ("sent", "more")
        )
        joined = {UNIT: units, "sent": (sent, more)} | JoinByUnit()
        found = joined | "Open" >> beam.FlatMap(
            lambda met: [
                (unit, value, {name: sorted(held["a"].to_pylist()) for name, held in found.items()})
                for unit, value, found in receive_unit(met)
            ]
        )
        assert_that(
            found, equal_to([(1, "one", {}), (2, "two", {"sent": [5, 6]}), (3, "three", {"more": [8]})])
        )
