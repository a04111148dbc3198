"""Shingles of candidates in the cache: few later ones beside many, then all as one."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from schemas.paths import Places
from transforms.steps import tables
from transforms.steps.cache import damaged_entries
from transforms.steps.stored_shingles import StoredShingles, later


def load(path: str) -> StoredShingles:
    return StoredShingles.load(path, places(path))


def places(path: str) -> Places:
    folder = str(Path(path).parent)
    return Places(root=folder, release="0001", cache=folder)


def some(*numbers: int) -> pa.Table:
    lists = pa.array([[number, number + 1] for number in numbers], pa.large_list(pa.uint64()))
    keys = pa.array([number.to_bytes(16, "big") for number in numbers], pa.binary(16))
    return pa.table({"key": keys, "output": lists})


def test_none_are_stored_at_first(tmp_path: Path) -> None:
    assert len(load(str(tmp_path / "a.arrow")).table) == 0


def test_few_are_written_beside_many(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    load(str(path)).add(some(*range(100)))
    before = path.read_bytes()
    for number in (100, 101):
        load(str(path)).add(some(number))
    assert path.read_bytes() == before
    assert tables.load(later(str(path))).equals(some(100, 101))
    assert load(str(path)).table.equals(some(*range(102)))


def test_many_are_written_with_the_others(tmp_path: Path) -> None:
    path = str(tmp_path / "a.arrow")
    for numbers in (range(16), [16], range(17, 20)):
        load(path).add(some(*numbers))
    assert tables.load(path).equals(some(*range(20)))
    assert len(tables.load(later(path))) == 0
    assert load(path).table.equals(some(*range(20)))


@pytest.mark.parametrize("name", ["a.arrow", "a.arrow.later"])
def test_damaged_ones_are_as_none(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / "a.arrow")
    for numbers in (range(16), [16]):
        load(path).add(some(*numbers))
    (tmp_path / name).write_bytes(b"damaged")
    assert len(load(path).table) == (1 if name == "a.arrow" else 16)
    assert damaged_entries(places(path)) == [str(tmp_path / name)]


@pytest.mark.parametrize("name", ["a.arrow", "a.arrow.later"])
@pytest.mark.parametrize("more", [1, 9])
def test_damaged_ones_are_written_over(tmp_path: Path, name: str, more: int) -> None:
    path = str(tmp_path / "a.arrow")
    for numbers in (range(16), [16]):
        load(path).add(some(*numbers))
    (tmp_path / name).write_bytes(b"damaged")
    load(path).add(some(*range(17, 17 + more)))
    for file in (path, later(path)):
        tables.load(file)
