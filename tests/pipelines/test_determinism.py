"""One answer: however the work is cut, whoever does it, and in whatever order the rows come."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.releases import Curate, Release, Row, Sampled, make_release, recipe_for
from tests.rows import CROWD, crowd, write_files

ROWS = 400


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Glob of a crowd in two files."""
    return write_files(tmp_path_factory.mktemp("crowd") / "in", crowd(1, ROWS), [150], 40)


@pytest.fixture(scope="module")
def first(inputs: str, tmp_path_factory: pytest.TempPathFactory) -> Release:
    return make_release(tmp_path_factory.mktemp("first") / "output", recipe_for(inputs))


def kept_rows(release: Release) -> Counter[str]:
    """Kept rows with all their input columns, in no order."""
    names = [name for name in release.curated.column_names if not name.startswith("tamis_")]
    rows: list[Row] = release.curated.select(sorted(names)).to_pylist()
    return Counter(
        json.dumps({name: value for name, value in row.items() if value is not None}) for row in rows
    )


@pytest.mark.parametrize(
    "request_",
    [
        {"unit_bytes": 1},
        {"unit_bytes": 1, "buckets": 1},
        {"buckets": 37},
    ],
    ids=str,
)
def test_how_the_work_is_cut_changes_no_byte(
    curate: Curate, first: Release, inputs: str, tmp_path: Path, request_: dict[str, object]
) -> None:
    other = curate(inputs, root=tmp_path / "other", **request_)
    assert len(set(first.verdicts())) == 2
    assert other.contents() == first.contents()


def test_warm_cache_changes_no_byte(curate: Curate, first: Release, inputs: str) -> None:
    entries = {path: path.stat().st_ino for path in (first.root / ".cache").rglob("*.arrow")}
    again = curate(inputs, root=first.root)
    assert again.folder.name == "0002"
    assert (again.manifest.digest, again.manifest.content_digest) == (
        first.manifest.digest,
        first.manifest.content_digest,
    )
    for kind in ("curated", "verdicts"):
        assert [part.read_bytes() for part in again.parts(kind)] == [
            part.read_bytes() for part in first.parts(kind)
        ]
    assert entries == {path: path.stat().st_ino for path in (first.root / ".cache").rglob("*.arrow")}


def test_shared_cache_changes_no_byte(curate: Curate, first: Release, inputs: str, tmp_path: Path) -> None:
    other = curate(inputs, root=tmp_path / "other", cache=str(first.root / ".cache"))
    assert other.contents() == first.contents()
    assert not (other.root / ".cache").exists()


def test_two_workers_change_no_byte(curate: Curate, sampled: Sampled) -> None:
    recipe = recipe_for(sampled.pattern, language__enabled=True)
    other = curate(sampled.pattern, recipe=recipe, workers=2, unit_bytes=200_000)
    assert other.contents() == sampled.release.contents()
    assert other.run["workers"] == 2


def test_order_and_shards_change_nothing_that_is_kept(
    curate: Curate, sampled: Sampled, tmp_path: Path
) -> None:
    order = list(range(len(sampled.table)))
    Random(3).shuffle(order)
    shuffled = sampled.table.take(pa.array(order))
    for at, (name, low, high) in enumerate([("z", 0, 1700), ("m", 1700, 1750), ("a", 1750, len(order))]):
        pq.write_table(shuffled[low:high], tmp_path / f"{name}.parquet", row_group_size=[333, 7, 1200][at])
    recipe = recipe_for(f"{tmp_path}/*.parquet", language__enabled=True)
    other = curate("", recipe=recipe)
    assert other.manifest.content_digest == sampled.release.manifest.content_digest
    assert set(other.curated["id"].to_pylist()) == set(sampled.release.curated["id"].to_pylist())
    assert other.manifest.digest != sampled.release.manifest.digest


@pytest.mark.parametrize("seed", range(2))
def test_ties_break_by_what_a_row_holds(curate: Curate, tmp_path: Path, seed: int) -> None:
    rows = crowd(seed, 300)
    whole = curate(write_files(tmp_path / "whole", rows, [], 300), root=tmp_path / "a")
    rows.sort(key=lambda row: (row["note"] is not None, Random(str(row)).random()))
    bare = sum(row["note"] is None for row in rows)
    pattern = write_files(tmp_path / "cut", rows, [bare // 2, bare, 200], 23, "other")
    path = tmp_path / "cut" / "other-0.parquet"
    pq.write_table(
        pq.read_table(path).drop_columns("note").select(["output", "tags", "score", "input", "instruction"]),
        path,
    )
    cut = curate(pattern, root=tmp_path / "b")
    assert cut.manifest.content_digest == whole.manifest.content_digest
    assert kept_rows(cut) == kept_rows(whole)
    assert set(CROWD.names) < set(cut.curated.column_names)
