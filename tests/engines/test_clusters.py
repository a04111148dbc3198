"""Clusters that take the job from elsewhere: a Flink cluster by its address, Spark by `spark-submit`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.conftest import CUTS, Cluster, Runs, part, standing
from tests.releases import Release


@pytest.fixture
def flink(tmp_path: Path) -> Iterator[str]:
    """Address of a Flink cluster of two task managers."""
    part("flink-job-server")
    with standing("flink", tmp_path / "state", 18081 + 3 * (os.getpid() % 1000)) as address:
        yield address


def test_flink_cluster_gives_the_same_release(flink: str, runs: Runs, undisturbed: Release) -> None:
    release = runs.succeed(*CUTS, "--runner", "flink", "--flink-master", flink, "--parallelism", "2")
    assert release.contents() == undisturbed.contents()


def test_job_handed_in_by_spark_submit_publishes_the_same_release(
    cluster: Cluster, runs: Runs, undisturbed: Release, tmp_path: Path
) -> None:
    part("spark-job-server")
    jar = tmp_path / "job.jar"
    command = runs.start(*CUTS, "--runner", "spark", "--output-executable-path", str(jar))
    assert command.finish(600) == (0, "")
    assert not (runs.root / "LATEST").exists()

    submit = str(part("spark") / "bin" / "spark-submit")
    handed_in = [submit, "--master", cluster.address, str(jar)]
    variables = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"}
    subprocess.run(handed_in, env=variables, capture_output=True, check=True, timeout=600)
    jar.unlink()
    outcome = json.loads((runs.root / "runs" / "0001" / "outcome.json").read_bytes())
    assert outcome["status"] == "published"
    assert runs.latest().contents() == undisturbed.contents()
