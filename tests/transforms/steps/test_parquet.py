"""Input of every kind: types of text, absent columns, nulls, extra columns and odd files."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.columns import TEXT_TYPES
from tests.releases import Curate, recipe_for
from tests.rows import ask, ask_all, write_rows
from transforms.steps import parquet

NOON = datetime(2024, 5, 6, 12, 30, tzinfo=timezone.utc)
EXTRAS: dict[str, tuple[pa.DataType, Any]] = {
    "flag": (pa.bool_(), True),
    "tiny": (pa.int8(), -3),
    "large": (pa.uint64(), 2**63 + 1),
    "half": (pa.float16(), 0.5),
    "ratio": (pa.float32(), 0.1),
    "score": (pa.float64(), float("inf")),
    "price": (pa.decimal128(12, 3), Decimal("-1.250")),
    "day": (pa.date32(), date(2024, 2, 29)),
    "time": (pa.time64("us"), time(1, 2, 3)),
    "made": (pa.timestamp("ms"), NOON.replace(tzinfo=None)),
    "seen": (pa.timestamp("us", "Europe/Paris"), NOON),
    "took": (pa.duration("ms"), timedelta(seconds=3)),
    "raw": (pa.binary(), b"\x00\xff"),
    "fixed": (pa.binary(2), b"ab"),
    "wide": (pa.large_string(), "é"),
    "blob": (pa.large_binary(), b"\xfe"),
    "view": (pa.string_view(), "seen"),
    "bytes_view": (pa.binary_view(), b"\xff"),
    "list": (pa.list_(pa.string()), ["a", None, ""]),
    "large_list": (pa.large_list(pa.int64()), [1, None]),
    "pair": (pa.list_(pa.float32(), 2), [0.0, 1.0]),
    "spot": (pa.struct([("at", pa.list_(pa.int8(), 2))]), {"at": [3, 4]}),
    "views": (pa.list_(pa.string_view()), ["seen", None]),
    "map_of_views": (pa.map_(pa.string(), pa.binary_view()), [("a", b"\xff"), ("b", None)]),
    "map": (pa.map_(pa.string(), pa.int32()), [("a", 1), ("b", None)]),
    "struct": (
        pa.struct([("a", pa.int8()), ("b", pa.list_(pa.struct([("c", pa.string())])))]),
        {"a": None, "b": [{"c": "d"}, None]},
    ),
    "coded": (pa.dictionary(pa.int16(), pa.string()), "red"),
    "coded_list": (pa.list_(pa.dictionary(pa.int32(), pa.string())), ["red", "red"]),
    "uuid": (pa.uuid(), UUID(int=7).bytes),
    "big_price": (pa.decimal256(50, 2), Decimal("1.25")),
    "nothing": (pa.null(), None),
    "empty": (pa.list_(pa.null()), []),
}
"""Types of extra columns, and a value of each."""

WHOLE = ("pair", "spot")
"""Those that pyarrow cannot read back with nulls among them."""

STORED = {
    "view": pa.large_string(),
    "bytes_view": pa.large_binary(),
    "pair": pa.list_(pa.float32()),
    "spot": pa.struct([("at", pa.list_(pa.int8()))]),
    "views": pa.list_(pa.large_string()),
    "map_of_views": pa.map_(pa.string(), pa.large_binary()),
    "coded": pa.dictionary(pa.int32(), pa.string()),
}
"""Types that come out as another."""


def texts(kind: pa.DataType) -> pa.Table:
    """Ten rows whose texts are of a type; two are copies of others, one instruction is null."""
    rows = [*ask_all(7), ask(3), ask(4), {"instruction": None, "output": "Nothing."}]
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in ("instruction", "output")}
    if pa.types.is_dictionary(kind):
        return pa.table({name: column.dictionary_encode() for name, column in columns.items()})
    return pa.table({name: column.cast(kind) for name, column in columns.items()})


def test_text_of_any_type_is_the_same(curate: Curate, tmp_path: Path) -> None:
    ledgers = []
    for at, kind in enumerate(TEXT_TYPES):
        table, path = texts(kind), tmp_path / str(at) / "in.parquet"
        path.parent.mkdir()
        pq.write_table(table, path, row_group_size=4)
        release = curate(str(path), root=tmp_path / f"out-{at}")
        for name in ("instruction", "output"):
            assert release.curated[name].to_pylist() == table[name].to_pylist()[:7]
        ledgers.append(release.ledger)
    assert ledgers[0]["verdict"].to_pylist() == ["kept"] * 7 + ["duplicate", "duplicate", "rejected"]
    assert all(ledger.equals(ledgers[0]) for ledger in ledgers)


def test_text_types_may_differ_between_files(curate: Curate, tmp_path: Path) -> None:
    for at, kind in enumerate(TEXT_TYPES):
        pq.write_table(texts(kind)[at : at + 2], tmp_path / f"{at}.parquet")
    release = curate(f"{tmp_path}/*.parquet")
    assert release.verdicts().count("kept") == len(TEXT_TYPES) + 1
    assert release.curated["output"].to_pylist() == [
        ask(number)["output"] for number in range(len(TEXT_TYPES) + 1)
    ]


def test_extra_columns_of_any_type_are_carried_through(curate: Curate, tmp_path: Path) -> None:
    table = pa.Table.from_pylist([*ask_all(4), ask(0)])
    for name, (kind, value) in EXTRAS.items():
        absent = value if name in WHOLE else None
        table = table.append_column(name, pa.array([value, absent, value, absent, value], kind))
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=2)
    release = curate(str(tmp_path / "in.parquet"))
    assert release.verdicts() == ["kept"] * 4 + ["duplicate"]
    for name, (kind, _) in EXTRAS.items():
        assert release.curated[name].to_pylist() == table[name].to_pylist()[:4], name
        assert release.curated.schema.field(name).type == STORED.get(name, kind), name


def test_lists_of_a_fixed_size_may_lack_in_a_file(curate: Curate, tmp_path: Path) -> None:
    pair = pa.list_(pa.float32(), 2)
    columns = {
        "pair": pa.array([[0.5, 1.0]] * 2, pair),
        "spot": pa.array([{"at": [0.5, 1.0]}] * 2, pa.struct({"at": pair})),
        "tensor": pa.ExtensionArray.from_storage(
            pa.fixed_shape_tensor(pa.float32(), (2,)), pa.array([[0.5, 1.0]] * 2, pair)
        ),
    }
    table = pa.Table.from_pylist(ask_all(2))
    for name, column in columns.items():
        table = table.append_column(name, column)
    pq.write_table(table, tmp_path / "a.parquet")
    write_rows(tmp_path / "b.parquet", ask_all(4)[2:])
    curated = curate(f"{tmp_path}/*.parquet").curated
    assert curated.schema.field("pair").type == curated.schema.field("tensor").type == pa.list_(pa.float32())
    for name, value in (("pair", [0.5, 1.0]), ("spot", {"at": [0.5, 1.0]}), ("tensor", [0.5, 1.0])):
        assert curated[name].to_pylist() == [value, value, None, None]


def test_absent_input_is_no_input(curate: Curate, tmp_path: Path) -> None:
    with_input = [row | {"input": None} for row in ask_all(3)]
    write_rows(tmp_path / "a.parquet", with_input)
    write_rows(tmp_path / "b.parquet", ask_all(4))
    release = curate(f"{tmp_path}/*.parquet")
    assert release.verdicts() == ["kept"] * 3 + ["duplicate"] * 3 + ["kept"]
    assert release.curated["input"].to_pylist() == [None] * 4
    assert release.report.input.with_input == 0


def test_columns_may_stand_in_any_order_or_lack(curate: Curate, tmp_path: Path) -> None:
    write_rows(tmp_path / "a.parquet", [ask(1) | {"n": 1, "tags": ["x"]}])
    write_rows(tmp_path / "b.parquet", [{"tags": None, "output": "B.", "n": 2, "instruction": "Say B."}])
    write_rows(tmp_path / "c.parquet", [{"output": "C.", "instruction": "Say C.", "late": 1.5}])
    curated = curate(f"{tmp_path}/*.parquet").curated
    assert curated.column_names[:5] == ["instruction", "output", "n", "tags", "late"]
    assert curated.select(["n", "tags", "late"]).to_pylist() == [
        {"n": 1, "tags": ["x"], "late": None},
        {"n": 2, "tags": None, "late": None},
        {"n": None, "tags": None, "late": 1.5},
    ]


def test_bytes_that_are_not_utf8_are_kept_as_they_are(curate: Curate, tmp_path: Path) -> None:
    raw = pa.array([b"Say it \xff\xfe.", b"Caf\xe9?", "Café?".encode()], pa.binary())
    broken = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    outputs = pa.Array.from_buffers(
        pa.string(), 3, pa.array([b"\x80.", b"Oui.", b"Oui."], pa.binary()).buffers()
    )
    pq.write_table(pa.table({"instruction": broken, "output": outputs}), tmp_path / "in.parquet")
    release = curate(str(tmp_path / "in.parquet"))
    assert release.verdicts() == ["kept"] * 3
    assert release.curated["instruction"].cast(pa.binary()).to_pylist() == raw.to_pylist()
    assert release.curated["output"].cast(pa.binary()).to_pylist() == [b"\x80.", b"Oui.", b"Oui."]


def test_files_without_rows_or_row_groups(curate: Curate, tmp_path: Path) -> None:
    schema = pa.Table.from_pylist(ask_all(1)).schema
    pq.write_table(schema.empty_table(), tmp_path / "a.parquet")
    with pq.ParquetWriter(tmp_path / "b.parquet", schema):
        pass
    with pq.ParquetWriter(tmp_path / "c.parquet", schema) as writer:
        for rows in ([], ask_all(2), [], [ask(5)], []):
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    assert pq.read_metadata(tmp_path / "b.parquet").num_row_groups == 0
    assert pq.read_metadata(tmp_path / "c.parquet").num_row_groups == 5
    for unit_bytes in (1, 1 << 20):
        release = curate(f"{tmp_path}/*.parquet", root=tmp_path / f"out-{unit_bytes}", unit_bytes=unit_bytes)
        assert [(line["file"], line["row_group"], line["row"]) for line in release.lines()] == [
            ("c.parquet", 1, 0),
            ("c.parquet", 1, 1),
            ("c.parquet", 3, 2),
        ]
        assert [record.rows for record in release.manifest.inputs] == [0, 0, 3]


@pytest.mark.parametrize("unit_bytes", [1 << 20, 20_000])
def test_large_row_groups_are_read_in_slices(
    curate: Curate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unit_bytes: int
) -> None:
    rows = [row | {"tags": [row["output"]]} for row in [*ask_all(1000), *ask_all(500)]]
    path = write_rows(tmp_path / "in.parquet", rows, row_group_size=len(rows))
    whole = curate(str(path), root=tmp_path / "whole")
    monkeypatch.setattr(parquet, "SLICE_BYTES", 1)
    sliced = curate(str(path), root=tmp_path / "sliced", unit_bytes=unit_bytes)
    assert whole.verdicts() == ["kept"] * 1000 + ["duplicate"] * 500
    assert sliced.contents() == whole.contents()


def test_row_cap_ends_within_a_row_group(curate: Curate, tmp_path: Path) -> None:
    for name in "abc":
        write_rows(tmp_path / f"{name}.parquet", ask_all(10), row_group_size=4)
    source = {"name": "input", "input": f"{tmp_path}/*.parquet", "max_rows": 16}
    for unit_bytes in (1, 1 << 20):
        recipe = recipe_for("", sources=[source])
        release = curate("", recipe=recipe, root=tmp_path / f"out-{unit_bytes}", unit_bytes=unit_bytes)
        places = [(line["file"], line["row"]) for line in release.lines()]
        assert places == [("a.parquet", at) for at in range(10)] + [("b.parquet", at) for at in range(6)]
        assert release.verdicts() == ["kept"] * 10 + ["duplicate"] * 6
        assert [record.rows for record in release.manifest.inputs] == [10, 10, 10]
