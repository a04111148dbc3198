"""Conditional writes on a disk of this machine; those of stores are tested with the stores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from transforms.steps import conditional


def test_write_replaces_what_it_says_or_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "deep" / "file")
    assert conditional.load(path) is None
    first = conditional.write(path, b"first", None)
    assert first is not None
    assert conditional.load(path) == first
    assert conditional.write(path, b"other", None) is None
    second = conditional.write(path, b"second", first)
    assert conditional.load(path) == second
    assert conditional.write(path, b"third", first) is None
    assert conditional.write(path, b"second", first) == second
    assert [child.name for child in (tmp_path / "deep").iterdir()] == ["file"]


def test_of_many_who_write_at_once_one_does(tmp_path: Path) -> None:
    path = str(tmp_path / "file")
    for turn in range(20):
        before = conditional.load(path)
        names = [f"{turn}-{number}".encode() for number in range(8)]
        with ThreadPoolExecutor(8) as pool:
            wrote = list(pool.map(conditional.write, [path] * 8, names, [before] * 8))
        (winner,) = [found for found in wrote if found is not None]
        assert conditional.load(path) == winner
