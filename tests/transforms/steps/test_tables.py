"""Tables as bytes, and damage to them noticed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from transforms.steps import tables

HASHES = np.random.default_rng(3).integers(1 << 63, size=1 << 16)
TABLE = pa.table({"a": pa.chunked_array([[1, 2], [3]]), "b": ["x", None, "z"], "c": [[1], [], None]})


@pytest.mark.parametrize("codec", [None, tables.SMALL])
@pytest.mark.parametrize(
    "table",
    [TABLE, TABLE[1:], TABLE[:0], pa.table({"hash": HASHES}), pa.table({"hash": HASHES // 2**60})],
    ids=["whole", "slice", "empty", "hashes", "large"],
)
def test_packed_tables_come_back(table: pa.Table, codec: pa.Codec | None) -> None:
    assert tables.unpack(tables.pack(table, codec), codec).equals(table)


def test_what_does_not_shrink_is_left_as_it_is() -> None:
    plain, mixed = pa.table({"hash": HASHES}), pa.table({"hash": HASHES, "row": range(len(HASHES))})
    assert len(tables.pack(plain)) == len(tables.pack(plain, None)) + 8
    assert len(tables.pack(mixed)) < 0.7 * len(tables.pack(mixed, None))


def test_same_rows_are_the_same_bytes() -> None:
    assert tables.pack(TABLE) == tables.pack(TABLE.combine_chunks())


def test_stored_tables_come_back(tmp_path: Path) -> None:
    tables.store(str(tmp_path / "t.arrow"), TABLE)
    assert tables.load(str(tmp_path / "t.arrow")).equals(TABLE)


@pytest.mark.parametrize("at", [0, 20, -1])
def test_changed_byte_is_noticed(tmp_path: Path, at: int) -> None:
    path = tmp_path / "t.arrow"
    tables.store(str(path), TABLE)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(tables.DamagedError, match=r"t\.arrow: damaged"):
        tables.load(str(path))


@pytest.mark.parametrize("size", [0, 10, 16, 100])
def test_cut_file_is_noticed(tmp_path: Path, size: int) -> None:
    path = tmp_path / "t.arrow"
    tables.store(str(path), TABLE)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(tables.DamagedError, match="damaged"):
        tables.load(str(path))


def test_a_file_under_another_name_is_damaged(tmp_path: Path) -> None:
    """Or two entries of the cache could change places."""
    tables.store(str(tmp_path / "t.arrow"), TABLE)
    (tmp_path / "t.arrow").rename(tmp_path / "u.arrow")
    with pytest.raises(tables.DamagedError, match=r"u\.arrow: damaged"):
        tables.load(str(tmp_path / "u.arrow"))
