"""Dataflow: what is refused before anyone pays for it, and what is asked for where nothing is given."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest

from pipelines.engines import ENGINES, Asked
from pipelines.engines.dataflow import IMAGE_VARIABLE
from pipelines.errors import UsageError

DATAFLOW = ENGINES["dataflow"]
GIVEN = {
    "project": "my-project-1",
    "region": "us-central1",
    "temp_location": "gs://some-bucket/tmp",
    "sdk_container_image": "us-central1-docker.pkg.dev/my-project-1/tamis/tamis:1",
}
ASKED = Asked(root="gs://some-bucket/out", inputs=["gs://some-bucket/data/*.parquet"], given=GIVEN)


def without(*names: str, **more: Any) -> Asked:
    return replace(ASKED, given={name: GIVEN[name] for name in GIVEN if name not in names} | more)


def options(asked: Asked) -> dict[str, str]:
    arguments = DATAFLOW.arguments(asked)
    return dict(argument.removeprefix("--").partition("=")[::2] for argument in arguments)


def test_whole_request_is_accepted() -> None:
    DATAFLOW.check(ASKED)
    DATAFLOW.check(without("temp_location", staging_location="gs://some-bucket/staging"))
    DATAFLOW.check(without("sdk_container_image", extra_packages=["tamis.whl"]))


def test_what_a_template_launcher_gives_is_accepted() -> None:
    launch = "gs://some-bucket/staging/template_launches/1/job_object"
    asked = without(staging_location="gs://some-bucket/staging", template_location=launch, job_name="tamis-1")
    DATAFLOW.check(asked)
    assert asked.written_down


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (without("project"), "--runner dataflow needs --project as well"),
        (without("region"), "--runner dataflow needs --region as well"),
        (without("temp_location"), "--runner dataflow needs --temp_location as well"),
        (without("sdk_container_image"), "name an image that has it with --sdk_container_image"),
        (replace(ASKED, root="/data/out"), r"--output /data/out is on this machine.*cannot write"),
        (replace(ASKED, cache="/data/cache"), r"--cache /data/cache is on this machine.*cannot write"),
        (replace(ASKED, inputs=["gs://b/a", "data/*.parquet"]), r"^data/\*.parquet is on this machine"),
        (replace(ASKED, workers=8), r"--workers 8 cannot be had on Dataflow.*--worker_machine_type"),
    ],
)
def test_what_cannot_work_is_refused(asked: Asked, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        DATAFLOW.check(asked)


def test_missing_client_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("google.cloud.dataflow_v1beta3")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_Without(), *sys.meta_path])
    with pytest.raises(UsageError, match=r"pip install '.\[dataflow\]'"):
        DATAFLOW.check(ASKED)


class _Without:
    """A finder that finds no client of Dataflow's, as where the extra is not installed."""

    def find_spec(self, name: str, *_: object) -> None:
        if name.startswith("google.cloud.dataflow"):
            raise ModuleNotFoundError(name)


def test_image_that_a_process_runs_in_is_the_workers_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(IMAGE_VARIABLE, "tamis:here")
    asked = without("sdk_container_image")
    DATAFLOW.check(asked)
    assert options(asked)["sdk_container_image"] == "tamis:here"
    assert "sdk_container_image" not in options(ASKED)


@pytest.mark.parametrize(
    ("units", "given", "machines"),
    [(1, {}, 1), (128, {}, 1), (129, {}, 2), (2_300, {}, 18), (23_000, {}, 64), (1, {"num_workers": 5}, 5)],
)
def test_no_more_machines_than_have_work(units: int, given: dict[str, Any], machines: int) -> None:
    assert options(replace(without(**given), most=units))["max_num_workers"] == str(machines)


def test_what_is_given_wins() -> None:
    asked = without(machine_type="n2-highmem-16", max_num_workers=3, autoscaling_algorithm="NONE")
    assert not options(asked).keys() & {"machine_type", "max_num_workers", "autoscaling_algorithm"}
