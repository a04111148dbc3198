"""Work that fails and is done again changes nothing; where an engine gives up, nothing is published."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engines.conftest import CUTS, RETRYING, Cluster, Runs, faulty, flags_of, happened, plan_faults
from tests.releases import Release

STEPS = [
    "transforms.steps.judge:judge_unit",
    "transforms.steps.judge:lost_group",
    "transforms.steps.judge:settle",
    "transforms.dedup:_content_keys",
    "transforms.dedup:_collapse",
    "transforms.dedup:_cap",
    "transforms.dedup:_band_keys",
    "transforms.dedup:_divide",
    "transforms.dedup:_shingle_sets",
    "transforms.dedup:_verify",
    "transforms.dedup:_spread_cap",
    "transforms.crowds:_crowd_bands",
    "transforms.crowds:_crowd_sets",
    "transforms.steps.crowds:company",
    "transforms.steps.crowds:link_similar",
    "transforms.steps.bands:link",
    "transforms.steps.bands:candidates",
    "transforms.steps.prompts:count",
    "transforms.shuffle:_open",
    "transforms.resolve:_resolve",
    "transforms.resolve:AddTallies.add_input",
    "transforms.steps.write:write_part",
    "pipelines.finish:finish",
]
"""Every function that an element goes through, each of which is to fail once."""

KILLED = "transforms.steps.bands:link~"
"""A worker's death halfway through the run, when its process is done with a bucket of bands."""
KILLED_EXECUTOR = f"{KILLED}~"
RECIPE = "dedup: {max_answers_per_prompt: 2}\n"


def test_every_step_failing_once_changes_nothing(cluster: Cluster, runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE, "utf-8")
    flags = [*CUTS, "--crowd-rows", "3", "--recipe", str(tmp_path / "recipe.yaml")]
    whole = Runs(runs.inputs, tmp_path / "whole").succeed(*flags, "--workers", "1")
    plan_faults(cluster.faults, STEPS)
    disturbed = Runs(runs.inputs, runs.root, faulty(cluster.faults))
    try:
        release = disturbed.succeed(*flags, "--runner", "spark", "--spark-master", cluster.address, RETRYING)
        assert happened(cluster.faults) == set(STEPS)
    finally:
        plan_faults(cluster.faults, [])
    assert release.contents() == whole.contents()
    assert not (runs.root / ".staging").exists()


@pytest.fixture
def faults(runs: Runs) -> Path:
    """Folder of the faults of a test's own runs."""
    folder = runs.root.parent / "faults"
    folder.mkdir()
    runs.variables = faulty(folder)
    return folder


@pytest.mark.parametrize("victim", [KILLED, KILLED_EXECUTOR], ids=["worker", "executor"])
def test_killed_process_of_the_cluster_is_made_up_for(
    victim: str, cluster: Cluster, runs: Runs, undisturbed: Release
) -> None:
    plan_faults(cluster.faults, [victim])
    try:
        release = runs.succeed(*CUTS, "--runner", "spark", "--spark-master", cluster.address)
        assert happened(cluster.faults) == {victim}
    finally:
        plan_faults(cluster.faults, [])
    assert release.contents() == undisturbed.contents()


@pytest.mark.parametrize("name", ["in-memory, 2 workers", "prism, a process", "spark, local", "flink, local"])
def test_engine_that_gives_up_on_a_killed_worker_publishes_nothing(
    name: str, runs: Runs, faults: Path, undisturbed: Release, request: pytest.FixtureRequest
) -> None:
    flags = [*CUTS, *flags_of(name, request)]
    plan_faults(faults, [KILLED])
    code, errors = runs.start(*flags).finish(300)
    assert happened(faults) == {KILLED}
    assert code == 1
    assert "nothing was published: a worker process ended before its work was done" in errors
    assert not (runs.root / "LATEST").exists()
    assert runs.succeed(*flags).contents() == undisturbed.contents()


@pytest.mark.parametrize("name", ["in-memory, 2 workers", "prism", "spark, local", "flink, local"])
def test_cause_of_a_failure_is_named(
    name: str, runs: Runs, faults: Path, request: pytest.FixtureRequest
) -> None:
    plan_faults(faults, ["transforms.steps.judge:judge_unit!"])
    code, errors = runs.start(*CUTS, *flags_of(name, request)).finish(300)
    assert code == 1
    cause = "nothing was published: PlannedFaultError: transforms.steps.judge:judge_unit! was to fail; "
    assert cause in errors
    assert not (runs.root / "LATEST").exists()
