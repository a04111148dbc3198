"""Planted pairs of known similarity: those at or above the threshold are found, and none below."""

from __future__ import annotations

from itertools import count

import pytest

from schemas.recipe import override, unjudged
from tests.duplicates import pairs_of
from tests.reference import similarity
from tests.releases import Release, Row, make_release, recipe_for
from tests.rows import write_rows

PERCENTS = range(70, 100)
PAIRS_EACH = 12
THRESHOLDS = (0.7, 0.8, 0.9)
PARTS = ("both", "instruction", "output")


def plant(percent: int, names: count[int]) -> tuple[str, str]:
    """Two texts of words that stand nowhere else, so many hundredths of whose shingles they share.

    Of 2h shingles shared and 100 - h more in each, these are h in a hundred of all.
    """
    shared = [f"w{next(names)}" for _ in range(2 * percent + 4)]
    one, other = ([f"w{next(names)}" for _ in range(100 - percent)] for _ in range(2))
    return " ".join(shared + one), " ".join(shared + other)


def plant_rows() -> list[tuple[int, Row, Row]]:
    """Pairs of rows: both of their parts are so similar, or one is and the other is the same."""
    names = count()
    found = []
    for at in range(PAIRS_EACH):
        for percent in PERCENTS:
            first, second = ({}, {})
            for part in ("instruction", "output"):
                same = PARTS[at % 3] not in {"both", part}
                first[part], second[part] = plant(percent, names)
                second[part] = first[part] if same else second[part]
            found.append((percent, first, second))
    return found


@pytest.fixture(scope="module")
def planted() -> list[tuple[int, Row, Row]]:
    return plant_rows()


@pytest.fixture(scope="module")
def releases(
    planted: list[tuple[int, Row, Row]], tmp_path_factory: pytest.TempPathFactory
) -> dict[float, Release]:
    folder = tmp_path_factory.mktemp("planted")
    for name, at in (("a", 1), ("b", 2)):
        write_rows(folder / f"{name}.parquet", [pair[at] for pair in planted], row_group_size=100)
    recipe = unjudged(recipe_for(f"{folder}/*.parquet"))
    return {
        threshold: make_release(
            folder / f"{threshold}",
            override(recipe, {"dedup.threshold": threshold}),
            cache=str(folder / "cache"),
        )
        for threshold in THRESHOLDS
    }


def test_pairs_are_as_similar_as_they_are_said_to_be(planted: list[tuple[int, Row, Row]]) -> None:
    for percent, one, other in planted[:90]:
        texts = ((row["instruction"], row["output"]) for row in (one, other))
        assert similarity(*texts) == percent / 100


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_pairs_from_the_threshold_on_are_found(
    releases: dict[float, Release], planted: list[tuple[int, Row, Row]], threshold: float
) -> None:
    found = {}
    for (above, below), value in pairs_of(releases[threshold]).items():
        assert above[2] == below[2]
        found[above[2]] = value
    expected = {at: percent / 100 for at, (percent, _, _) in enumerate(planted) if percent >= 100 * threshold}
    assert found.items() <= expected.items()
    assert len(found) >= 0.995 * len(expected)


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_one_row_of_each_pair_stays(
    releases: dict[float, Release], planted: list[tuple[int, Row, Row]], threshold: float
) -> None:
    release = releases[threshold]
    verdicts = release.verdicts()
    fallen = {
        at
        for at, pair in enumerate(zip(verdicts[: len(planted)], verdicts[len(planted) :], strict=True))
        if "duplicate" in pair
    }
    assert verdicts.count("duplicate") == len(fallen)
    assert fallen == {above[2] for above, _ in pairs_of(release)}
