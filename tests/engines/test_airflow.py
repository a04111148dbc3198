"""A real Airflow runs the DAG: published, held by a gate, and failed otherwise."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines import output_folder
from pipelines.sample import write_sample
from tests.engines.conftest import DEPLOY, part
from tests.releases import Release

RECIPE = (
    "sources: [{name: sample, input: %s/in/*.parquet}]\nlanguage: {enabled: false}\ngate: {min_rows: %d}\n"
)
DAG = "tamis_refresh"


@dataclass
class Airflow:
    """An Airflow with a database, a folder of DAGs and variables of its own."""

    home: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run its command."""
        python = part("airflow") / "bin" / "python"
        variables = {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.home / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW_VAR_TAMIS_COMMAND": str(Path(sys.executable).with_name("tamis")),
            "AIRFLOW_VAR_TAMIS_RECIPE": str(self.home / "recipe.yaml"),
            "AIRFLOW_VAR_TAMIS_OUTPUT": str(self.output),
            "AIRFLOW_VAR_TAMIS_OPTIONS": "--quiet --workers 1",
        }
        return subprocess.run(
            [str(python), "-m", "airflow", *arguments],
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    @property
    def output(self) -> Path:
        """The folder of the releases."""
        return self.home / "output"

    def ask(self, rows: int) -> None:
        """Ask for so many rows at least."""
        (self.home / "recipe.yaml").write_text(RECIPE % (self.home, rows), "utf-8")

    def tasks(self) -> dict[str, tuple[str, int]]:
        """State and number of attempts of each task of the last run."""
        query = """SELECT task_id, state, try_number FROM task_instance
                   WHERE run_id = (SELECT run_id FROM dag_run ORDER BY id DESC LIMIT 1)"""
        with sqlite3.connect(self.home / "airflow.db") as connection:
            return {task: (state, attempts) for task, state, attempts in connection.execute(query)}


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    """An Airflow that has the DAG, and the sample for input."""
    found = Airflow(tmp_path_factory.mktemp("airflow"))
    write_sample(found.home / "in")
    (found.home / "dags").mkdir()
    shutil.copy(DEPLOY / "airflow" / "tamis_refresh.py", found.home / "dags")
    migrated = found.run("db", "migrate")
    assert migrated.returncode == 0, migrated.stdout
    return found


def test_the_dag_is_loaded(airflow: Airflow) -> None:
    assert airflow.run("dags", "reserialize").returncode == 0
    assert "No data found" in airflow.run("dags", "list-import-errors").stdout
    found = airflow.run("dags", "details", DAG, "--output", "json").stdout
    assert f'"{DAG}"' in found
    with sqlite3.connect(airflow.home / "airflow.db") as connection:
        ((text,),) = connection.execute("SELECT data FROM serialized_dag")
    (curate,) = [
        task["__var"] for task in json.loads(text)["dag"]["tasks"] if task["__var"]["task_id"] == "curate"
    ]
    assert "--previous latest" in curate["bash_command"]


def test_a_refresh_is_published_and_the_next_follows_it(airflow: Airflow) -> None:
    airflow.ask(1000)
    for _ in range(2):
        done = airflow.run("dags", "test", DAG)
        assert done.returncode == 0, done.stdout
        assert airflow.tasks() == {"curate": ("success", 1), "verify": ("success", 1)}
    assert "releases/0002 is whole" in done.stdout
    second = Release(airflow.output / "releases" / "0002")
    assert second.manifest.previous is not None
    assert second.manifest.previous.release == "0001"
    assert output_folder.latest(str(airflow.output)) == "0002"


def test_a_release_that_a_gate_holds_fails_at_once(airflow: Airflow) -> None:
    before = output_folder.latest(str(airflow.output))
    airflow.ask(1_000_000)
    done = airflow.run("dags", "test", DAG)
    assert done.returncode == 1
    assert "gate.min_rows: " in done.stdout
    assert "a gate holds the release; the log says which limit" in done.stdout
    assert airflow.tasks() == {"curate": ("failed", 1), "verify": ("upstream_failed", 0)}
    assert output_folder.latest(str(airflow.output)) == before
    assert len(output_folder.held(str(airflow.output))) == 1


def test_whatever_else_fails_is_tried_again(airflow: Airflow) -> None:
    path = airflow.home / "dags" / "tamis_refresh.py"
    text = path.read_text("utf-8")
    soon = text.replace('"retries": 3', '"retries": 1').replace("minutes=10", "seconds=1")
    assert soon != text
    path.write_text(soon, "utf-8")
    (airflow.home / "recipe.yaml").write_text("sources: [{name: none, input: nowhere/*.parquet}]\n", "utf-8")
    try:
        done = airflow.run("dags", "test", DAG)
    finally:
        path.write_text(text, "utf-8")
    assert done.returncode == 1
    assert airflow.tasks()["curate"] == ("failed", 2)
