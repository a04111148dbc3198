"""Duplicates of a crowd, against the whole rule in plain Python."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.duplicates import (
    REFERENCE,
    Line,
    Ranking,
    alike,
    decide,
    fates_of,
    first_seen,
    highest,
    lines_of,
    lowest,
    pairs_of,
)
from tests.duplicates import joined as as_one
from tests.releases import Curate, Release, Row, make_release, recipe_for
from tests.rows import crowd, write_files

SIZE = 240
CUTS = (100, 170)
WON_BY = {"reference", "released", "source", "quality", "content"}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return crowd(11, SIZE)


@pytest.fixture(scope="module")
def pattern(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_files(tmp_path_factory.mktemp("dedup") / "in", rows, CUTS, 30)


def hold(release: Release, lines: list[Line], threshold: float = 0.8, **rule: Any) -> None:
    """Hold a release to the rule, row by row."""
    fates = decide(lines, threshold, **rule)
    assert 20 < sum(fate.verdict == "kept" for fate in fates.values()) < len(fates) / 2
    assert fates_of(release) == fates


@pytest.mark.parametrize("threshold", [0.6, 0.8, 0.95])
def test_rows_fall_to_the_longest_alike(
    curate: Curate, rows: list[Row], pattern: str, threshold: float
) -> None:
    release = curate(pattern, recipe=recipe_for(pattern, dedup__threshold=threshold))
    hold(release, lines_of(rows, Ranking(), CUTS), threshold)
    assert release.report.threshold == threshold


def test_rows_fall_to_the_first_alike(curate: Curate, rows: list[Row], pattern: str) -> None:
    release = curate(pattern, recipe=recipe_for(pattern, dedup__order="first_seen"))
    hold(release, lines_of(rows, Ranking(first_seen), CUTS))


@pytest.mark.parametrize("order", [highest, lowest], ids=["highest", "lowest"])
def test_rows_fall_to_the_best_number_alike(
    curate: Curate, rows: list[Row], pattern: str, order: Any
) -> None:
    recipe = recipe_for(pattern, dedup__order=order.__name__, dedup__column="score")
    hold(curate(pattern, recipe=recipe), lines_of(rows, Ranking(order), CUTS))


def test_parts_can_be_joined(curate: Curate, rows: list[Row], pattern: str) -> None:
    release = curate(pattern, recipe=recipe_for(pattern, dedup__similarity="joined"))
    hold(release, lines_of(rows, Ranking(whole=True), CUTS), likeness=as_one)


def test_sources_rank_before_lengths(curate: Curate, rows: list[Row], tmp_path: Path) -> None:
    low = {"name": "low", "input": write_files(tmp_path / "low", rows[:120], [], 50)}
    high = {"name": "high", "input": write_files(tmp_path / "high", rows[120:], [60], 50), "priority": 1}
    release = curate("", recipe=recipe_for("", sources=[low, high]))
    lines = lines_of(rows[:120], Ranking(), source="low", rank=1)
    hold(release, lines + lines_of(rows[120:], Ranking(), [60], source="high", rank=0))
    assert release.ledger["source"].to_pylist() == ["low"] * 120 + ["high"] * 120
    assert {share.name: share.input for share in release.report.sources} == {"low": 120, "high": 120}


class World:
    """References, a release made before, two sources, a cap and an order by a column, all at once."""

    def __init__(self, folder: Path) -> None:
        """Write the files, and make the earlier release."""
        self.known, self.low, self.high = crowd(21, 400)[:40], crowd(21, 400)[40:240], crowd(21, 400)[240:]
        self.folder = folder
        write_files(folder / "known", self.known, [15], 8)
        write_files(folder / "low", self.low, CUTS, 30)
        write_files(folder / "high", self.high, [], 50)
        recipe = recipe_for(f"{folder}/low/*.parquet", dedup__order="first_seen")
        self.before = make_release(folder / "before", recipe)

    def curate(self, name: str, **request: Any) -> Release:
        """A release of it all."""
        recipe = recipe_for(
            "",
            sources=[
                {"name": name, "input": f"{self.folder}/{name}/*.parquet", "priority": priority}
                for name, priority in (("low", 0), ("high", 1))
            ],
            references=[{"name": REFERENCE, "input": f"{self.folder}/known/*.parquet"}],
            dedup__order="lowest",
            dedup__column="score",
            dedup__max_answers_per_prompt=4,
            dedup__what_if_min=0.6,
        )
        return make_release(self.folder / name, recipe, previous=str(self.before.root), **request)

    def lines(self) -> list[Line]:
        """Its rows as the rule sees them."""
        ranking = Ranking(lowest, set(self.before.curated["tamis_record_id"].to_pylist()))
        return [
            *lines_of(self.low, ranking, CUTS, source="low", rank=1),
            *lines_of(self.high, ranking, source="high", rank=0),
            *lines_of(self.known, replace(ranking, released=()), [15], source=REFERENCE),
        ]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def release(world: World) -> Release:
    return world.curate("first")


def test_all_of_the_rule_holds_at_once(world: World, release: Release) -> None:
    hold(release, world.lines(), most=4)
    assert set(release.ledger["won_by"].drop_null().to_pylist()) == WON_BY
    assert set(release.verdicts()) == {"kept", "duplicate", "rejected"}
    capped = release.ledger.filter(pa.compute.equal(release.ledger["verdict"], "rejected"))
    assert {tuple(reasons) for reasons in capped["reasons"].to_pylist()} == {("prompt_cap",)}


def test_pairs_of_it_all_are_those_alike(world: World, release: Release) -> None:
    fates = fates_of(release)
    capped = {place for place, fate in fates.items() if fate.verdict == "rejected"}
    found = alike(world.lines(), 0.6)
    expected = {(one.place, other.place): value for (one, other), value in found.items()}
    assert REFERENCE in {above[0] for above, _ in expected}
    assert pairs_of(release) == {pair: expected[pair] for pair in expected if not capped.intersection(pair)}


@pytest.mark.parametrize(
    "request_", [{"unit_bytes": 1}, {"unit_bytes": 1, "buckets": 1}, {"buckets": 41}], ids=str
)
def test_how_the_work_is_cut_changes_no_byte(
    world: World, release: Release, request_: dict[str, int]
) -> None:
    name = "-".join(map(str, request_.items()))
    assert world.curate(name, **request_).contents() == release.contents()


def test_two_workers_change_no_byte(world: World, release: Release) -> None:
    assert world.curate("two", workers=2, unit_bytes=1).contents() == release.contents()


def test_only_equal_rows_fall_where_near_ones_may_stay(curate: Curate, rows: list[Row], pattern: str) -> None:
    release = curate(pattern, recipe=recipe_for(pattern, dedup__near=False))
    contents = {line.parts for line in lines_of(rows, Ranking())}
    assert release.verdicts().count("kept") == len(contents) < SIZE
    assert set(release.ledger["similarity"].drop_null().to_pylist()) == {1.0}
    assert (release.report.duplicates.near, release.report.threshold) == (0, None)
    assert not (release.folder / "duplicates").exists()


def test_all_rows_stay_where_none_is_compared(curate: Curate, rows: list[Row], pattern: str) -> None:
    release = curate(pattern, recipe=recipe_for(pattern, dedup__near=False, dedup__exact=False))
    assert release.verdicts() == ["kept"] * len(rows)
    assert set(release.ledger["similarity"].to_pylist()) == {None}


def test_rows_that_are_equal_are_nearly_so(curate: Curate, pattern: str, tmp_path: Path) -> None:
    both = curate(pattern, root=tmp_path / "both")
    near = curate(pattern, root=tmp_path / "near", recipe=recipe_for(pattern, dedup__exact=False))
    assert near.ledger.equals(both.ledger)


def test_rejected_rows_take_no_part(curate: Curate, rows: list[Row], tmp_path: Path) -> None:
    marked = [{**row, "output": row["output"] + " TODO: more"} for row in rows]
    pattern = write_files(tmp_path / "in", [*marked, *rows], [], 1000)
    recipe = recipe_for(pattern, rules__placeholder__action="reject")
    release = curate(pattern, recipe=recipe)
    alone = curate(write_files(tmp_path / "alone", rows, [], 1000), root=tmp_path / "other")
    assert release.verdicts() == ["rejected"] * SIZE + alone.verdicts()
    assert pa.compute.is_null(release.ledger["cluster"][:SIZE]).to_pylist() == [True] * SIZE
