"""The stored pairs: all that are alike and no other, with all that survivors follow from."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from schemas.recipe import built_in, override
from tests.duplicates import Line, Place, Ranking, alike, decide, fates_of, lines_of, pairs_of
from tests.releases import Curate, Release, Row, make_release, recipe_for
from tests.rows import crowd, write_files
from transforms.steps.verify import levels_of

CUTS = (100, 170)
LEAST = 0.6


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return crowd(17, 240)


@pytest.fixture(scope="module")
def lines(rows: list[Row]) -> list[Line]:
    return lines_of(rows, Ranking(), CUTS)


@pytest.fixture(scope="module")
def pattern(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_files(tmp_path_factory.mktemp("verify") / "in", rows, CUTS, 30)


@pytest.fixture(scope="module")
def release(pattern: str, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release that stores pairs from 0.6 on, and drops rows from 0.8 on."""
    recipe = recipe_for(pattern, dedup__what_if_min=LEAST, output__shards=3)
    return make_release(tmp_path_factory.mktemp("pairs") / "output", recipe, unit_bytes=1)


def ranks_of(release: Release) -> dict[Place, int]:
    """Ranks of the rows of stored pairs, each the same wherever it stands."""
    found = defaultdict(set)
    stored = release.read("duplicates").to_pylist()
    for pair, (above, below) in zip(stored, pairs_of(release), strict=True):
        found[above].add(pair["above_rank"])
        found[below].add(pair["below_rank"])
    assert {len(ranks) for ranks in found.values()} == {1}
    return {place: min(ranks) for place, ranks in found.items()}


def components(pairs: dict[tuple[Place, Place], Any]) -> list[set[Place]]:
    """Rows that pairs connect."""
    where: dict[Place, set[Place]] = {}
    for above, below in pairs:
        joined = where.get(above, {above}) | where.get(below, {below})
        where |= dict.fromkeys(joined, joined)
    return list({id(found): found for found in where.values()}.values())


def test_pairs_are_all_that_are_alike(release: Release, lines: list[Line]) -> None:
    expected = {(one.place, other.place): value for (one, other), value in alike(lines, LEAST).items()}
    assert len(expected) > 200
    assert min(expected.values()) < 0.7
    assert pairs_of(release) == expected


def test_pairs_stand_by_their_lower_row_in_input_order(release: Release) -> None:
    table = release.read("duplicates")
    names = ("below_file", "below_row", "above_file", "above_row")
    found = list(zip(*(table[name].to_pylist() for name in names), strict=True))
    assert found == sorted(set(found))


def test_ranks_are_the_order_of_priority(release: Release, lines: list[Line]) -> None:
    pairs, ranks = pairs_of(release), ranks_of(release)
    order = {line.place: line.order for line in lines}
    assert max(map(len, components(pairs))) > 5
    for component in components(pairs):
        assert sorted(component, key=ranks.__getitem__) == sorted(component, key=order.__getitem__)
        assert len({ranks[place] for place in component}) == len(component)


@pytest.mark.parametrize("threshold", [0.6, 0.8, 0.95])
def test_survivors_follow_from_pairs_and_ranks(release: Release, lines: list[Line], threshold: float) -> None:
    pairs, ranks = pairs_of(release), ranks_of(release)
    fallen: dict[Place, Place] = {}
    for above, below in sorted(pairs, key=lambda pair: (ranks[pair[1]], ranks[pair[0]])):
        if pairs[above, below] >= threshold and not fallen.keys() & {above, below}:
            fallen[below] = above
    fates = fates_of(release) if threshold == 0.8 else decide(lines, threshold)
    assert fallen
    assert all(fates[place].survivor == survivor for place, survivor in fallen.items())
    contents = {line.place: line.parts for line in lines}
    heads = {contents[place] for place in fallen}
    kept = {contents[place] for place, fate in fates.items() if fate.verdict == "kept"}
    assert heads | kept == set(contents.values())
    assert not heads & kept


def test_what_if_is_what_the_rule_would_leave(release: Release, lines: list[Line]) -> None:
    found = release.report.duplicates.what_if
    contents = len({line.parts for line in lines})
    assert [level.threshold for level in found] == [0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0]
    for level in found:
        kept = sum(fate.verdict == "kept" for fate in decide(lines, level.threshold).values())
        assert (level.kept, level.fallen) == (kept, contents - kept)
    assert len({level.kept for level in found}) > 4


@pytest.mark.parametrize("threshold", [0.7, 0.9])
def test_what_if_is_what_a_run_leaves(
    curate: Curate, release: Release, pattern: str, threshold: float
) -> None:
    other = curate(pattern, recipe=recipe_for(pattern, dedup__threshold=threshold))
    (level,) = [level for level in release.report.duplicates.what_if if level.threshold == threshold]
    assert level.kept == other.report.rows.kept
    stored = {pair: value for pair, value in pairs_of(release).items() if value >= threshold}
    assert pairs_of(other) == stored


def test_more_pairs_change_no_verdict(curate: Curate, release: Release, pattern: str) -> None:
    other = curate(pattern, recipe=recipe_for(pattern, output__shards=3))
    assert other.ledger.equals(release.ledger)
    assert other.manifest.digest == release.manifest.digest
    assert other.report.duplicates.what_if[0].threshold == 0.8


def test_pairs_are_stored_where_nothing_is_alike(curate: Curate, tmp_path: Path, rows: list[Row]) -> None:
    release = curate(write_files(tmp_path / "in", rows[:1], [], 1))
    assert release.read("duplicates").num_rows == 0
    assert [record.rows for record in release.manifest.files if record.path.startswith("duplicates/")] == [0]


@pytest.mark.parametrize(
    ("threshold", "least", "levels"),
    [
        (0.8, None, [0.8, 0.85, 0.9, 0.95, 1.0]),
        (0.83, 0.72, [0.72, 0.75, 0.8, 0.83, 0.85, 0.9, 0.95, 1.0]),
        (1.0, None, [1.0]),
    ],
)
def test_levels_are_twentieths_and_the_threshold(
    threshold: float, least: float | None, levels: list[float]
) -> None:
    recipe = override(built_in("default"), {"dedup.threshold": threshold, "dedup.what_if_min": least})
    assert levels_of(recipe.dedup) == levels
