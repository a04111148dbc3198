"""Rows in another order, in other files and row groups: the same of them stay, for the same reasons."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.duplicates import REFERENCE
from tests.releases import Release, Row, make_release, recipe_for
from tests.rows import crowd, write_files

SIZE = 180
ORDERS: dict[str, dict[str, Any]] = {
    "longest_output": {},
    "highest": {"dedup__column": "score"},
    "lowest": {"dedup__column": "score", "dedup__max_answers_per_prompt": 2},
}
FATE = ("record_id", "verdict", "survivor_id", "similarity", "exact", "cluster", "won_by")


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return crowd(41, SIZE)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A reference set."""
    return {
        "name": REFERENCE,
        "input": write_files(tmp_path_factory.mktemp("known") / "in", crowd(41, 20), [], 9),
    }


def cut(rows: list[Row], rng: Random, folder: Path) -> str:
    """Write rows as files and row groups of any size; give their glob."""
    cuts = sorted(rng.sample(range(1, len(rows)), rng.randrange(4)))
    return write_files(folder, rows, cuts, rng.choice([7, 40, 500]), rng.choice("abc"))


def curate(folder: Path, pattern: str, rng: Random, **changes: Any) -> Release:
    """Curate in units and buckets of any size."""
    recipe = recipe_for(pattern, **changes)
    return make_release(folder, recipe, unit_bytes=rng.choice([1, 5_000, 1 << 20]), buckets=rng.randint(1, 9))


def fates(release: Release) -> Counter[tuple[Any, ...]]:
    """What became of the rows, wherever they stood."""
    return Counter(tuple(line[name] for name in FATE) for line in release.lines())


@pytest.mark.parametrize("order", ORDERS)
def test_order_and_files_change_no_fate(
    rows: list[Row], known: dict[str, str], tmp_path: Path, order: str
) -> None:
    changes = {**ORDERS[order], "dedup__order": order, "references": [known]}
    rng = Random(order)
    first = curate(tmp_path / "out", cut(rows, rng, tmp_path / "in"), rng, **changes)
    assert set(first.ledger["won_by"].to_pylist()) == {None, "reference", "quality", "content"}
    for turn in range(2):
        shuffled = rng.sample(rows, len(rows))
        pattern = cut(shuffled, rng, tmp_path / f"in-{turn}")
        other = curate(tmp_path / f"out-{turn}", pattern, rng, **changes)
        assert fates(other) == fates(first)
        assert other.manifest.content_digest == first.manifest.content_digest


def test_files_change_nothing_where_the_first_seen_survives(rows: list[Row], tmp_path: Path) -> None:
    rng = Random(7)
    found = []
    for turn in range(3):
        pattern = write_files(
            tmp_path / f"in-{turn}", rows, sorted(rng.sample(range(1, SIZE), turn)), 11 + 60 * turn
        )
        release = curate(tmp_path / f"out-{turn}", pattern, rng, dedup__order="first_seen")
        found.append([tuple(line[name] for name in FATE) for line in release.lines()])
    assert found[0] == found[1] == found[2]
    assert len(Counter(fate[1] for fate in found[0])) == 2


def test_order_decides_where_the_first_seen_survives(rows: list[Row], tmp_path: Path) -> None:
    kept = []
    for turn, given in enumerate((rows, rows[::-1])):
        pattern = write_files(tmp_path / f"in-{turn}", given, [], 50)
        kept.append(curate(tmp_path / f"out-{turn}", pattern, Random(1), dedup__order="first_seen"))
    assert kept[0].manifest.content_digest != kept[1].manifest.content_digest
