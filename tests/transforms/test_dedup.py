"""Duplicates of a crowd, against the definitions applied to every pair of rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pytest

from tests.reference import Shingle, list_shingles, normalise
from tests.releases import Curate, Release, Row, recipe_for
from tests.rows import crowd, write_files

Likeness = Callable[[list[str], list[str]], float]
SIZE = 240


def parts(row: Row) -> list[str]:
    """Normalised prompt and output."""
    prompt = "\n".join(text for text in (row["instruction"], row["input"]) if text)
    return [normalise(prompt), normalise(row["output"])]


@cache
def shingles(part: str) -> frozenset[Shingle]:
    return frozenset(list_shingles(part))


def jaccard(part: str, other: str) -> float:
    ours, theirs = shingles(part), shingles(other)
    return len(ours & theirs) / len(ours | theirs)


def by_parts(parts: list[str], others: list[str]) -> float:
    return min(map(jaccard, parts, others))


def joined(parts: list[str], others: list[str]) -> float:
    return jaccard("\n".join(parts), "\n".join(others))


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return crowd(11, SIZE)


@pytest.fixture(scope="module")
def pattern(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_files(tmp_path_factory.mktemp("dedup") / "in", rows, [100, 170], 30)


def survivors(release: Release) -> list[int | None]:
    """For each row the row it falls to."""
    lines = release.lines()
    places = {(line["file"], line["row"]): at for at, line in enumerate(lines)}
    named = [(line["survivor_file"], line["survivor_row"]) for line in lines]
    return [
        None if line["verdict"] == "kept" else places[name] for line, name in zip(lines, named, strict=True)
    ]


def hold(
    rows: list[Row], release: Release, likeness: Likeness, threshold: float, rank: Callable[[int], int]
) -> None:
    """Hold a release to the definitions: rows fall to kept ones alike, and to the first of them in rank."""
    fallen = survivors(release)
    likenesses = release.ledger["similarity"].to_pylist()
    texts = [parts(row) for row in rows]
    found = {(a, b): likeness(texts[a], texts[b]) for a, b in combinations(range(len(rows)), 2)}
    alike = {pair for pair, value in found.items() if value >= threshold}
    kept = {at for at, survivor in enumerate(fallen) if survivor is None}
    assert 20 < len(kept) < len(rows) / 2
    assert not [pair for pair in alike if kept.issuperset(pair)]
    for at, survivor in enumerate(fallen):
        if survivor is not None:
            assert survivor in kept
            assert likenesses[at] == pytest.approx(found[min(at, survivor), max(at, survivor)])
            choices = [other for other in kept if (min(at, other), max(at, other)) in alike]
            assert rank(survivor) == min(map(rank, choices)) <= rank(at)


@pytest.mark.parametrize("threshold", [0.6, 0.8, 0.95])
def test_rows_fall_to_the_longest_alike(
    curate: Curate, rows: list[Row], pattern: str, threshold: float
) -> None:
    release = curate(pattern, recipe=recipe_for(pattern, dedup__threshold=threshold))
    hold(rows, release, by_parts, threshold, lambda at: -len(rows[at]["output"]))
    assert release.report.threshold == threshold


def test_rows_fall_to_the_first_alike(curate: Curate, rows: list[Row], pattern: str) -> None:
    release = curate(pattern, recipe=recipe_for(pattern, dedup__order="first_seen"))
    hold(rows, release, by_parts, 0.8, lambda at: at)


def test_parts_can_be_joined(curate: Curate, rows: list[Row], pattern: str) -> None:
    release = curate(pattern, recipe=recipe_for(pattern, dedup__similarity="joined"))
    hold(rows, release, joined, 0.8, lambda at: -len(rows[at]["output"]))


def test_sources_rank_before_lengths(curate: Curate, rows: list[Row], tmp_path: Path) -> None:
    low = {"name": "low", "input": write_files(tmp_path / "low", rows[:120], [], 50)}
    high = {"name": "high", "input": write_files(tmp_path / "high", rows[120:], [60], 50), "priority": 1}
    release = curate("", recipe=recipe_for("", sources=[low, high]))
    assert release.ledger["source"].to_pylist() == ["low"] * 120 + ["high"] * 120
    ledger = release.ledger.to_pylist()
    kept = {(line["source"], line["file"], line["row"]) for line in ledger if line["verdict"] == "kept"}
    named = [(line["survivor_source"], line["survivor_file"], line["survivor_row"]) for line in ledger]
    fallen = [(line["source"], name[0]) for line, name in zip(ledger, named, strict=True) if name[0]]
    assert {name for name in named if name[0]} <= kept
    assert ("low", "high") in fallen
    assert ("high", "low") not in fallen
    assert {share.name: share.input for share in release.report.sources} == {"low": 120, "high": 120}


def test_only_equal_rows_fall_where_near_ones_may_stay(curate: Curate, rows: list[Row], pattern: str) -> None:
    release = curate(pattern, recipe=recipe_for(pattern, dedup__near=False))
    contents = {tuple(parts(row)) for row in rows}
    assert release.verdicts().count("kept") == len(contents) < SIZE
    assert set(release.ledger["similarity"].drop_null().to_pylist()) == {1.0}
    assert (release.report.duplicates.near, release.report.threshold) == (0, None)


def test_all_rows_stay_where_none_is_compared(curate: Curate, rows: list[Row], pattern: str) -> None:
    release = curate(pattern, recipe=recipe_for(pattern, dedup__near=False, dedup__exact=False))
    assert release.verdicts() == ["kept"] * len(rows)
    assert set(release.ledger["similarity"].to_pylist()) == {None}


def test_rows_that_are_equal_are_nearly_so(curate: Curate, pattern: str, tmp_path: Path) -> None:
    both = curate(pattern, root=tmp_path / "both")
    near = curate(pattern, root=tmp_path / "near", recipe=recipe_for(pattern, dedup__exact=False))
    assert near.ledger.equals(both.ledger)


def test_rejected_rows_take_no_part(curate: Curate, rows: list[Row], tmp_path: Path) -> None:
    marked = [{**row, "output": row["output"] + " TODO"} for row in rows]
    pattern = write_files(tmp_path / "in", [*marked, *rows], [], 1000)
    recipe = recipe_for(pattern, rules__placeholder__action="reject")
    release = curate(pattern, recipe=recipe)
    alone = curate(write_files(tmp_path / "alone", rows, [], 1000), root=tmp_path / "other")
    assert release.verdicts() == ["rejected"] * SIZE + alone.verdicts()
    assert pa.compute.is_null(release.ledger["cluster"][:SIZE]).to_pylist() == [True] * SIZE
