"""A worker works by a plan only with the versions that it was made with."""

from __future__ import annotations

import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from pipelines.planning import UNIT_BYTES, plan_run
from schemas.paths import Places
from schemas.plan import DRAWING
from tests.releases import recipe_for
from tests.rows import ask_all, write_rows
from transforms.steps import versions
from transforms.steps.job import Job
from transforms.steps.versions import VersionError


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job whose plan nobody has loaded yet."""
    path = write_rows(tmp_path / "in.parquet", ask_all(3))
    plan = plan_run(recipe_for(str(path)), None, UNIT_BYTES, None)
    return Job.start(Places(root=str(tmp_path / "output"), release="0001", cache=""), plan)


def only(package: str, found: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have another version of one package, or none, in what is a worker from now on."""

    def here(name: str) -> str:
        if name == package and found is None:
            raise PackageNotFoundError(name)
        return found if name == package and found is not None else version(name)

    monkeypatch.setattr(versions, "version", here)


@pytest.mark.parametrize(("package", "found"), [("numpy", "1.0"), ("tamis", "9"), ("regex", None)])
def test_another_version_on_a_worker_is_refused(
    job: Job, monkeypatch: pytest.MonkeyPatch, package: str, found: str | None
) -> None:
    only(package, found, monkeypatch)
    said = f"planned with {package} {version(package)}, this worker has {package} {found or 'none'}:"
    with pytest.raises(VersionError, match=re.escape(said)):
        _ = job.plan


def test_another_kind_of_machine_is_refused(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "abacus")
    with pytest.raises(VersionError, match="this worker has machine abacus"):
        _ = job.plan


def test_what_only_draws_need_not_be_on_all_workers(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    only(DRAWING[0], None, monkeypatch)
    assert job.plan.versions[DRAWING[0]] == version(DRAWING[0])
