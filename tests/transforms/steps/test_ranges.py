"""Reading by ranges: any position, and no byte twice while it is kept."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.steps.ranges import RangeFile, merge

CONTENT = bytes(range(256)) * 40
RANGES = st.lists(st.tuples(st.integers(0, 500), st.integers(1, 50)).map(lambda pair: (pair[0], sum(pair))))


class Asked:
    """A store with one file, which remembers what it was asked for."""

    def __init__(self) -> None:
        self.reads: list[tuple[int, int]] = []

    def size(self, path: str) -> int | None:
        return len(CONTENT) if path == "there" else None

    def read(self, _: str, start: int, stop: int) -> bytes:
        self.reads.append((start, stop))
        return CONTENT[start:stop]


def opened() -> tuple[RangeFile, Asked]:
    store: Any = Asked()
    return RangeFile(store, "there"), store


@given(RANGES, st.integers(0, 20))
def test_merged_ranges_hold_the_same_and_lie_apart(ranges: list[tuple[int, int]], gap: int) -> None:
    merged = merge(ranges, gap)
    for start, stop in ranges:
        assert any(low <= start and stop <= high for low, high in merged)
    for (_, before), (after, _) in pairwise(merged):
        assert after - before > gap
    assert {bound for part in merged for bound in part} <= {bound for part in ranges for bound in part}


@given(st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.integers(0, 3000), st.integers(-1, 3000))))
def test_reads_as_a_file_in_memory_does(steps: list[tuple[int, int, int]]) -> None:
    file, _ = opened()
    plain = io.BytesIO(CONTENT)
    for whence, offset, size in steps:
        if whence == io.SEEK_END:
            offset = -offset  # noqa: PLW2901 — from the end backwards
        assert file.seek(offset, whence) == plain.seek(offset, whence)
        assert file.read(size) == plain.read(size)
        assert file.tell() == plain.tell()


def test_what_is_fetched_is_not_asked_for_again() -> None:
    file, store = opened()
    file.fetch([(100, 200), (300, 400)])
    file.fetch([(150, 380)])
    file.seek(120)
    assert file.read(250) == CONTENT[120:370]
    assert store.reads == [(100, 400)]
    assert file.read(100) == CONTENT[370:470]
    assert store.reads == [(100, 400), (370, 470)]


def test_what_is_too_much_to_keep_is_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transforms.steps.ranges._KEPT_BYTES", 1000)
    file, store = opened()
    file.fetch([(0, 2000)])
    assert store.reads == []
    file.fetch([(0, 600)])
    file.fetch([(2000, 2600)])
    assert [start for start, _ in file.kept] == [2000]


def test_file_that_is_not_there() -> None:
    store: Any = Asked()
    with pytest.raises(FileNotFoundError):
        RangeFile(store, "none").read(1)
