"""The same release, to the byte, from every engine."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.engines.conftest import CUTS, Runs, faulty, flags_of, plan_faults
from tests.releases import Release

COLUMNS = ["instruction", "input", "output"]
NOTED = "transforms.steps.judge:judge_unit?"


def test_sample_is_the_same_release_on_every_engine(
    engine: list[str], runs: Runs, undisturbed: Release
) -> None:
    release = runs.succeed(*CUTS, *engine)
    assert release.manifest.digest == undisturbed.manifest.digest
    assert release.contents() == undisturbed.contents()


@pytest.mark.parametrize(
    "name", ["in-memory, 2 workers", "spark, local", "spark, two executors", "flink, local"]
)
def test_units_are_spread(name: str, runs: Runs, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A row group that is most of the input is cut, too, and two processes have about as many units each.

    Engines deal units out by chance: of some seventy none has three in four but once in ten thousand times.
    """
    flags, faults = flags_of(name, request), tmp_path / "faults"
    if name == "spark, two executors":
        faults = request.getfixturevalue("cluster").faults
    else:
        faults.mkdir()
    files = sorted(Path(runs.inputs).parent.iterdir())
    rows = pa.concat_tables(
        [pq.read_table(file).select(COLUMNS) for file in files], promote_options="permissive"
    )
    (tmp_path / "input").mkdir()
    pq.write_table(rows, tmp_path / "input" / "large.parquet", row_group_size=len(rows))
    pq.write_table(rows[:600], tmp_path / "input" / "small.parquet", row_group_size=10)
    plan_faults(faults, [NOTED])
    spread = Runs(f"{tmp_path}/input/*.parquet", tmp_path / "out", faulty(faults))
    try:
        spread.succeed("--unit-bytes", "1", *flags)
        processes = Counter((faults / NOTED).read_text("utf-8").split())
    finally:
        plan_faults(faults, [])
    assert processes.total() > 60
    assert len(processes) >= 2
    assert max(processes.values()) <= 0.75 * processes.total()


@pytest.fixture(scope="module")
def expected(slices: str, tmp_path_factory: pytest.TempPathFactory) -> Release:
    return Runs(slices, tmp_path_factory.mktemp("expected")).succeed("--workers", "1")


def test_real_rows_are_the_same_release_on_every_engine(
    engine: list[str], slices: str, tmp_path: Path, expected: Release
) -> None:
    release = Runs(slices, tmp_path / "output").succeed("--unit-bytes", "2000000", *engine)
    assert len(release.ledger) == 20_000
    assert release.manifest.digest == expected.manifest.digest
    assert release.contents() == expected.contents()
