"""Components that are split, against those that are not and against the rule in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipelines.duplicates.what_if import what_if
from pipelines.releases.release import open_release
from tests.columns import text_column
from tests.duplicates import Line, Ranking, alike, by_parts, decide, fates_of, lines_of
from tests.releases import Release, Row, make_release, recipe_for
from tests.rows import crowd, write_files
from transforms.kernels.bands import BandPlan, band_hashes
from transforms.kernels.components import join
from transforms.kernels.minhash import sign
from transforms.kernels.shingles import PART_TAGS, shingle

SIZE = 300
CUTS = (100, 170)
BANDS = BandPlan(2, 12)
"""Bands that find about half the pairs."""


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return crowd(31, SIZE)


class World:
    """Rows of which some are references and some were released before, curated in several ways."""

    def __init__(self, folder: Path, rows: list[Row]) -> None:
        """Write the files."""
        self.folder = folder
        self.pattern = write_files(folder / "in", rows, CUTS, 30)
        write_files(folder / "known", crowd(31, SIZE)[:40], [15], 8)

    def curate(self, name: str, **request: Any) -> Release:
        """A release; the threshold is above the least stored similarity."""
        recipe = recipe_for(
            self.pattern,
            references=[{"name": "known", "input": f"{self.folder}/known/*.parquet"}],
            dedup__what_if_min=0.6,
        )
        cache = str(self.folder / "cache")
        return make_release(self.folder / name, recipe, cache=cache, **request)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> World:
    return World(tmp_path_factory.mktemp("crowds"), rows)


@pytest.fixture(scope="module")
def whole(world: World) -> Release:
    return world.curate("whole")


@pytest.fixture(scope="module")
def split(world: World) -> Release:
    return world.curate("split", crowd_rows=1)


@pytest.mark.parametrize("crowd_rows", [1, 8])
def test_the_same_rows_fall_to_the_same(world: World, whole: Release, crowd_rows: int) -> None:
    other = world.curate(f"crowds-{crowd_rows}", crowd_rows=crowd_rows)
    assert other.ledger.equals(whole.ledger)
    assert other.report.duplicates == whole.report.duplicates
    assert {"reference", "quality", "content"} <= set(other.ledger["won_by"].drop_null().to_pylist())


def test_the_same_pairs_are_stored_and_answer_for_other_thresholds(split: Release, whole: Release) -> None:
    names = ["above_file", "above_row", "below_file", "below_row", "similarity"]
    assert split.read("duplicates").select(names).equals(whole.read("duplicates").select(names))
    thresholds = [0.6, 0.7, 0.8, 0.9, 1.0]
    found, expected = (what_if(open_release(str(release.folder)), thresholds) for release in (split, whole))
    assert found == expected


@pytest.mark.parametrize(
    "request_", [{"unit_bytes": 1, "workers": 2}, {"unit_bytes": 1, "buckets": 1}, {"buckets": 41}], ids=str
)
def test_how_the_work_is_cut_changes_no_byte(world: World, split: Release, request_: dict[str, int]) -> None:
    other = world.curate("-".join(map(str, request_.items())), crowd_rows=1, **request_)
    assert other.contents() == split.contents()


@pytest.mark.parametrize("threshold", [0.6, 0.8])
def test_rows_fall_by_the_similar_pairs_that_share_a_band(
    tmp_path: Path, rows: list[Row], threshold: float
) -> None:
    pattern = write_files(tmp_path / "in", rows, CUTS, 30)
    bands = {"count": BANDS.bands, "rows": BANDS.rows}
    recipe = recipe_for(pattern, dedup__threshold=threshold, dedup__bands=bands)
    release = make_release(tmp_path / "out", recipe, crowd_rows=1)
    lines = lines_of(rows, Ranking(), CUTS)
    pairs = list(alike(lines, threshold))
    connected = components(lines, [pair for pair, shared in zip(pairs, share(pairs), strict=True) if shared])

    def likeness(line: Line, other: Line) -> float:
        return by_parts(line, other) if connected[line.parts] == connected[other.parts] else 0.0

    fates = decide(lines, threshold, likeness=likeness)
    assert fates_of(release) == fates
    assert fates != decide(lines, threshold)


def share(pairs: Sequence[tuple[Line, Line]]) -> list[bool]:
    """Whether the rows of each pair share a band."""
    firsts, seconds = (hashes([pair[end] for pair in pairs]) for end in (0, 1))
    return (firsts == seconds).any(0).tolist()


def hashes(lines: Sequence[Line]) -> np.ndarray:
    """Band hashes of some rows."""
    texts = zip(*(line.parts for line in lines), strict=True)
    parts = [text_column(list(part)) for part in texts]
    signed = [sign(shingle(part, tag)) for part, tag in zip(parts, PART_TAGS, strict=True)]
    return band_hashes(np.minimum.reduce(signed), BANDS)


def components(lines: Sequence[Line], pairs: Sequence[tuple[Line, Line]]) -> dict[tuple[str, str], int]:
    """Component of each content."""
    number = {parts: at for at, parts in enumerate(dict.fromkeys(line.parts for line in lines))}
    roots = np.arange(len(number))
    join(roots, np.array([[number[line.parts] for line in pair] for pair in pairs]).T)
    return {parts: int(roots[at]) for parts, at in number.items()}


def test_rows_that_only_share_bands_cost_no_partition(tmp_path: Path) -> None:
    """Rows in a chain of candidates that are all unlike stay, however they are split."""
    chosen = Random(1)
    words = [f"w{at}" for at in range(3000)]
    rows = [
        {
            "instruction": "Say it.",
            "output": " ".join(words[at * 20 : at * 20 + 60]),
            "score": chosen.random(),
        }
        for at in range(140)
    ]
    pattern = str(tmp_path / "in.parquet")
    pa.parquet.write_table(pa.Table.from_pylist(rows), pattern)
    recipe = recipe_for(pattern, dedup__bands={"count": 64, "rows": 2})
    releases = [make_release(tmp_path / f"{most}", recipe, crowd_rows=most) for most in (4, 1000)]
    assert [set(release.verdicts()) for release in releases] == [{"kept"}] * 2
    assert releases[0].contents() == releases[1].contents()


def test_rows_that_are_all_alike_leave_few_pairs(tmp_path: Path) -> None:
    size, words = 600, [f"w{at}" for at in range(200)]
    texts = [" ".join([*words[: at % 200], f"new{at}", *words[at % 200 + 1 :]]) for at in range(size)]
    rows = [{"instruction": "Say it.", "output": text} for text in texts]
    pattern = str(tmp_path / "in.parquet")
    pa.parquet.write_table(pa.Table.from_pylist(rows), pattern)
    release = make_release(tmp_path / "out", recipe_for(pattern), crowd_rows=1)
    assert release.verdicts().count("kept") == 1
    assert size - 1 <= len(release.read("duplicates")) < 20 * size
