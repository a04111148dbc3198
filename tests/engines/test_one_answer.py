"""The same release, to the byte, from every engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engines.conftest import Runs
from tests.releases import Release

CUTS = ["--unit-bytes", "150000"]


def test_sample_is_the_same_release_on_every_engine(
    engine: list[str], runs: Runs, undisturbed: Release
) -> None:
    release = runs.succeed(*CUTS, *engine)
    assert release.manifest.digest == undisturbed.manifest.digest
    assert release.contents() == undisturbed.contents()


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
