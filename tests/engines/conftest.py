"""Real engines: their parts, a Spark cluster of two executors, and runs of the command on each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.sample import write_sample
from tests.commands import Command
from tests.releases import Release

PROJECT = Path(__file__).parents[2]
DEPLOY = PROJECT / "deploy"
FAULTS = Path(__file__).parent / "faults"
SLICE_ROWS = 20_000
RETRYING = "--job_server_jvm_properties=-Dspark.task.maxFailures=64"
PATIENCE = 600.0
CUTS = ["--unit-bytes", "150000"]
"""Cuts the sample into ten units or so."""


def part(name: str) -> Path:
    """Path of an engine's part, fetched once into the user's cache."""
    command = [sys.executable, str(DEPLOY / "parts" / "fetch.py"), "--path", name]
    found = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Path(found.stdout.strip())


@dataclass(frozen=True)
class Cluster:
    """A Spark standalone cluster on this machine, and the folder that plans faults for its workers."""

    address: str
    faults: Path


@contextmanager
def standing(engine: str, state: Path, port: int, **variables: str) -> Iterator[str]:
    """Address of an engine's cluster of two workers on this machine, up while the body runs."""
    script = str(DEPLOY / engine / "standalone")
    environment = {**os.environ, "STATE": str(state), "PORT": str(port), **variables}
    started = subprocess.run(
        [script, "start", "2"], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    try:
        yield started.stdout.strip()
    finally:
        subprocess.run([script, "stop"], env=environment, check=True)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two executors of one core each."""
    folder = tmp_path_factory.mktemp("cluster")
    faults = folder / "faults"
    faults.mkdir()
    variables = {"SPARK_HOME": str(part("spark")), **faulty(faults)}
    with standing("spark", folder / "state", 17077 + os.getpid() % 1000, **variables) as address:
        yield Cluster(address, faults)


def faulty(folder: Path) -> dict[str, str]:
    """Variables of processes whose faults a folder plans."""
    return {"PYTHONPATH": str(FAULTS), "TAMIS_FAULTS": str(folder)}


ENGINES = {
    "in-memory, 1 worker": ["--workers", "1"],
    "in-memory, 2 workers": ["--workers", "2"],
    "prism": ["--runner", "prism"],
    "spark, local": ["--runner", "spark", "--workers", "2"],
    "spark, two executors": ["--runner", "spark", "--spark-master", "CLUSTER"],
    "flink, local": ["--runner", "flink", "--workers", "2"],
}
WORKER = json.dumps({"command": str(Path(sys.executable).with_name("tamis-worker"))})
MORE = {
    "prism, a process": ["--runner", "prism", "--environment-type=PROCESS", f"--environment-config={WORKER}"]
}
PARTS = {"prism": "prism", "spark": "spark-job-server", "flink": "flink-job-server"}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> list[str]:
    """Flags of each engine in turn."""
    return flags_of(request.param, request)


def flags_of(name: str, request: pytest.FixtureRequest) -> list[str]:
    """Flags of an engine, once its parts are there."""
    needed = PARTS.get(name.partition(",")[0])
    if needed is not None:
        part(needed)
    flags = {**ENGINES, **MORE}[name]
    if "CLUSTER" in flags:
        flags = [request.getfixturevalue("cluster").address if flag == "CLUSTER" else flag for flag in flags]
    return flags


@dataclass
class Runs:
    """Runs of `tamis curate` on one input into one folder."""

    inputs: str
    root: Path
    variables: dict[str, str] = field(default_factory=dict)

    def start(self, *flags: str) -> Command:
        """Start one."""
        command = ["curate", "--input", self.inputs, "--output", str(self.root), "--quiet", *flags]
        return Command(command, variables=self.variables)

    def succeed(self, *flags: str) -> Release:
        """Run one that must publish; give the release that is then the latest."""
        code, errors = self.start(*flags).finish(PATIENCE)
        assert (code, errors) == (0, "")
        return self.latest()

    def latest(self) -> Release:
        """The latest release."""
        name = (self.root / "LATEST").read_text("utf-8").strip()
        return Release(self.root / "releases" / name)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Glob of the sample."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder)
    return f"{folder}/*.parquet"


@pytest.fixture(scope="session")
def slices(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Glob of 20,000 rows of real data, in two files of several row groups."""
    folder = tmp_path_factory.mktemp("slice")
    shards = sorted((real_data / "instruct-mix").glob("*.parquet"))[:2]
    for at, shard in enumerate(shards):
        rows = pq.read_table(shard).slice(0, SLICE_ROWS // 2)
        pq.write_table(rows, folder / f"part-{at}.parquet", row_group_size=3000)
    return f"{folder}/*.parquet"


@pytest.fixture
def runs(sample: str, tmp_path: Path) -> Runs:
    """Runs on the sample, into a folder of the test's own."""
    return Runs(sample, tmp_path / "output")


@pytest.fixture(scope="session")
def undisturbed(sample: str, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """What a run in memory makes of the sample."""
    return Runs(sample, tmp_path_factory.mktemp("undisturbed")).succeed("--workers", "1")


def plan_faults(folder: Path, functions: Sequence[str]) -> None:
    """Let functions fail, each once or, with `!`, always."""
    for old in folder.iterdir():
        old.unlink()
    (folder / "plan").write_text("\n".join(functions), "utf-8")


def happened(folder: Path) -> set[str]:
    """Functions that have failed."""
    return {path.name for path in folder.iterdir()} - {"plan"}
