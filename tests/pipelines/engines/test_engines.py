"""Engines by name: the options each is run with, and what is refused in one sentence."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.engines import ENGINES, Asked, choose_engine
from pipelines.engines.in_memory import IN_MEMORY
from pipelines.errors import UsageError

WORKER = str(Path(sys.executable).with_name("tamis-worker"))


def ask(workers: int | None = 2, **given: Any) -> Asked:
    flags = [f"--{name}={value}" for name, value in given.items()]
    return Asked(root="/data/out", workers=workers, flags=flags, given=given)


def options(runner: str | None, asked: Asked) -> dict[str, str]:
    """Options of a run by name; of those given several times the last."""
    arguments = choose_engine(runner, asked).arguments(asked)
    return dict(argument.removeprefix("--").split("=", 1) for argument in arguments)


@pytest.fixture
def no_parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.mark.parametrize("name", [None, "in-memory", "direct", "DirectRunner", IN_MEMORY.name])
def test_in_memory_is_the_engine_where_none_is_named(name: str | None) -> None:
    assert choose_engine(name, ask()) is IN_MEMORY


@pytest.mark.parametrize("label", ["prism", "spark", "flink", "dataflow"])
def test_engines_have_beams_names_too(label: str) -> None:
    for name in (label, label.title(), f"{label}runner", ENGINES[label].name):
        assert choose_engine(name, ask()) is ENGINES[label]


ALONE = [f"--runner={IN_MEMORY.name}", "--no_pipeline_type_check"]


def test_all_cores_are_used_in_memory() -> None:
    assert IN_MEMORY.arguments(ask(1)) == ALONE
    spread = ["--direct_num_workers=3", "--direct_running_mode=multi_processing"]
    assert IN_MEMORY.arguments(ask(3)) == [*ALONE, *spread]


def test_no_more_workers_than_have_work() -> None:
    assert IN_MEMORY.arguments(Asked(root="", workers=8, most=1)) == ALONE
    assert Asked(root="", workers=None, most=0).cores == 1


@pytest.mark.usefixtures("no_parts")
def test_spark_on_this_machine() -> None:
    found = options("spark", ask(2))
    assert found == {
        "runner": "SparkRunner",
        "spark_master_url": "local[2,4]",
        "job_server_jvm_properties": "-Dspark.ui.enabled=false",
        "environment_type": "PROCESS",
        "environment_config": json.dumps({"command": WORKER}),
        "sdk_worker_parallelism": "2",
        "environment_cache_millis": "600000",
    }


@pytest.mark.usefixtures("no_parts")
def test_spark_on_a_cluster_takes_workers_by_its_cores() -> None:
    found = options("spark", ask(None, spark_master_url="spark://host:7077"))
    assert (found["spark_master_url"], found["sdk_worker_parallelism"]) == ("spark://host:7077", "0")
    assert options("spark", ask(3, spark_master_url="spark://host:7077"))["sdk_worker_parallelism"] == "3"


@pytest.mark.parametrize(
    "given", [{"environment_type": "LOOPBACK"}, {"sdk_container_image": "tamis:1"}], ids=str
)
def test_environment_is_left_to_who_names_one(given: dict[str, str]) -> None:
    found = options("spark", ask(2, **given))
    assert found.keys() & {"environment_type", "environment_config"} == given.keys() - {"sdk_container_image"}
    assert found["environment_cache_millis"] == "600000"


@pytest.mark.usefixtures("no_parts")
def test_what_is_given_wins() -> None:
    found = options("flink", ask(2, parallelism=7, flink_version="2.0", environment_cache_millis=5))
    assert (found["parallelism"], found["flink_version"], found["flink_master"]) == ("7", "2.0", "[local]")
    assert found["environment_cache_millis"] == "5"


def test_cached_parts_are_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "tamis" / "engines"
    folder.mkdir(parents=True)
    for name in ("prism-2.77.0", "spark-job-server-2.62.0.jar", "flink-job-server-2.62.0.jar"):
        (folder / name).touch()
    assert options("prism", ask())["prism_location"] == str(folder / "prism-2.77.0")
    assert options("spark", ask())["spark_job_server_jar"] == str(folder / "spark-job-server-2.62.0.jar")
    assert options("flink", ask())["flink_version"] == "1.19"
    assert "flink_job_server_jar" not in options("flink", ask(flink_version="2.0"))


def test_other_runners_of_beams_get_what_is_given_only() -> None:
    asked = ask(4, job_endpoint="host:8099", spark_version="3")
    assert options("PortableRunner", asked) == {
        "runner": "PortableRunner",
        "job_endpoint": "host:8099",
        "spark_version": "3",
    }


@pytest.mark.parametrize(
    ("runner", "given", "sentence"),
    [
        ("DirektRunner", {}, r"--runner takes in-memory, prism.*DirektRunner"),
        (
            None,
            {"spark_master_url": "x"},
            "--spark_master_url is for --runner spark; this run is on in-memory",
        ),
        ("flink", {"prism_location": "x"}, "--prism_location is for --runner prism; this run is on flink"),
        ("spark", {"direct_num_workers": 2}, "--direct_num_workers is for --runner in-memory"),
        ("spark", {"spark_master_url": "yarn"}, "--output_executable_path job.jar, then spark-submit"),
        ("spark", {"spark_master_url": "k8s://host"}, "takes a job that spark-submit hands in"),
        ("spark", {"spark_master_url": "spark://127.0.0.1:9"}, "--spark-master: nothing answers at .*: Conn"),
        ("flink", {"flink_master": "http://127.0.0.1:9"}, "--flink-master: nothing answers at http://127"),
    ],
)
def test_what_cannot_work_is_refused(runner: str | None, given: dict[str, Any], sentence: str) -> None:
    asked = ask(2, **{name: value for name, value in given.items() if value is not None})
    with pytest.raises(UsageError, match=sentence):
        choose_engine(runner, asked).check(asked)


@pytest.mark.parametrize("option", ["template_location", "output_executable_path"])
def test_job_that_is_only_written_down_is_for_another_machine(option: str) -> None:
    assert ask(**{option: "there"}).written_down
    assert not ask().written_down
    assert "spark_master_url" not in options("spark", ask(**{option: "there"}))


def test_missing_worker_command_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(UsageError, match=r"tamis-worker is not there.*install Tamis with pip"):
        ENGINES["spark"].arguments(ask())
