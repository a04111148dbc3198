"""Shingles of candidates in the cache: few later ones beside many, then all as one."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from transforms.steps import tables
from transforms.steps.stored_shingles import StoredShingles, later


def some(*numbers: int) -> pa.Table:
    lists = pa.array([[number, number + 1] for number in numbers], pa.large_list(pa.uint64()))
    keys = pa.array([number.to_bytes(16, "big") for number in numbers], pa.binary(16))
    return pa.table({"key": keys, "output": lists})


def test_none_are_stored_at_first(tmp_path: Path) -> None:
    assert len(StoredShingles.load(str(tmp_path / "a.arrow")).table) == 0


def test_few_are_written_beside_many(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    StoredShingles.load(str(path)).add(some(*range(100)))
    before = path.read_bytes()
    for number in (100, 101):
        StoredShingles.load(str(path)).add(some(number))
    assert path.read_bytes() == before
    assert tables.load(later(str(path))).equals(some(100, 101))
    assert StoredShingles.load(str(path)).table.equals(some(*range(102)))


def test_many_are_written_with_the_others(tmp_path: Path) -> None:
    path = str(tmp_path / "a.arrow")
    for numbers in (range(16), [16], range(17, 20)):
        StoredShingles.load(path).add(some(*numbers))
    assert tables.load(path).equals(some(*range(20)))
    assert len(tables.load(later(path))) == 0
    assert StoredShingles.load(path).table.equals(some(*range(20)))


@pytest.mark.parametrize("name", ["a.arrow", "a.arrow.later"])
def test_damaged_ones_are_as_none(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / "a.arrow")
    for numbers in (range(16), [16]):
        StoredShingles.load(path).add(some(*numbers))
    (tmp_path / name).write_bytes(b"damaged")
    assert len(StoredShingles.load(path).table) == (1 if name == "a.arrow" else 16)
