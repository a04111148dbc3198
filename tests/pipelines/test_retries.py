"""Elements that are worked on twice, one after the other or at once, on a disk and in a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from pipelines import claims, holding, lease, output_folder
from pipelines.finish import finish
from pipelines.planning import plan_run
from schemas.paths import Places
from schemas.release import Outcome
from tests.releases import recipe_for
from tests.rows import crowd, write_files
from tests.stores import BUCKET
from transforms.kernels.tally import Tally
from transforms.steps import storage
from transforms.steps.job import Job
from transforms.steps.judge import Judged, judge_unit
from transforms.steps.resolve import Fates, Resolved, resolve_unit
from transforms.steps.write import Part, write_part

NO_FATES = Fates(None, None, None, None)
PROCESSES = 2


@pytest.fixture(params=["disk", "bucket"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An output folder."""
    if request.param == "disk":
        return str(tmp_path / "out")
    request.getfixturevalue("s3")
    return f"s3://{BUCKET}/out"


@pytest.fixture
def job(root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    """A job that holds its folder, and whose launcher takes it that others are soon dead."""
    monkeypatch.setattr(lease, "PACE", lease.Pace(beat=3600, dead=0.2, look=0.05))
    pattern = write_files(tmp_path / "in", crowd(7), [150], 40)
    recipe = recipe_for(pattern, dedup__near=False, dedup__exact=False)
    with holding.lock(root) as hold:
        hold.name(output_folder.choose_name(root, None, hold.owner))
        places = Places(root=root, release=hold.release, cache=f"{root}/.cache")
        plan = replace(plan_run(recipe, None, 20_000, 2), release=hold.release)
        yield Job.start(places, plan, hold.owner)


def judge(job: Job) -> list[tuple[int, Judged]]:
    return [judge_unit(unit.index, job) for unit in job.plan.units]


def resolve(judged: list[tuple[int, Judged]], job: Job) -> tuple[list[Resolved], bytes]:
    total, counts = Tally(), []
    for unit, found in judged:
        resolved, tally = resolve_unit(unit, found, NO_FATES, job)
        counts.append(resolved)
        total += tally
    return counts, total.to_bytes()


def write(counts: list[Resolved], job: Job) -> list[Part | None]:
    tasks = [(kind, index) for kind, count in job.plan.parts.items() for index in range(count)]
    return [write_part(task, counts, job) for task in tasks]


def work(job: Job) -> tuple[list[Resolved], bytes, list[Part | None], str]:
    """All that workers do in a run, in one process; what it comes to."""
    counts, tally = resolve(judge(job), job)
    parts = write(counts, job)
    finish(None, counts, parts, tally, job)
    return counts, tally, parts, storage.read_bytes(job.places.outcome).decode()


def contents(job: Job) -> dict[str, bytes]:
    names = [name for name, _ in storage.find(f"{job.places.release_folder}/**")]
    return {name: storage.read_bytes(name) for name in [*names, f"{job.places.root}/LATEST"]}


def test_work_that_is_done_twice_changes_nothing(job: Job) -> None:
    first = work(job)
    assert Outcome.model_validate_json(first[-1]).status == "published"
    before = contents(job)
    assert work(job) == first
    assert contents(job) == before


def test_work_that_is_done_twice_at_once_changes_nothing(job: Job) -> None:
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        found = list(pool.map(work, [job] * PROCESSES))
    assert found[0] == found[1]
    before = contents(job)
    assert work(job) == found[0]
    assert contents(job) == before
    assert output_folder.latest(job.places.root) == job.places.release


def test_publishing_goes_on_where_it_was_killed(job: Job) -> None:
    counts, tally, parts, outcome = work(job)
    before = contents(job)
    for lost in (["LATEST"], ["LATEST", "releases/0001/manifest.json"], []):
        for path in lost:
            delete(f"{job.places.root}/{path}")
        finish(None, counts, parts, tally, job)
        assert contents(job) == before
        assert storage.read_bytes(job.places.outcome).decode() == outcome


def delete(path: str) -> None:
    if storage.is_local(path):
        Path(path).unlink()
    else:
        storage.store_of(path).delete([path])


def test_other_release_of_the_name_is_left_alone(job: Job) -> None:
    storage.write_bytes(job.places.manifest, b"another")
    outcome = Outcome.model_validate_json(work(job)[-1])
    assert outcome.status == "failed"
    assert outcome.message.endswith("has another release 0001 already; releases are never changed")
    assert storage.read_bytes(job.places.manifest) == b"another"
    assert output_folder.latest(job.places.root) is None


@pytest.mark.parametrize("root", ["bucket"], indirect=True)
def test_outcome_is_the_same_after_another_took_over(job: Job) -> None:
    counts, tally, parts, outcome = work(job)
    before = contents(job)
    lease.take(job.places.root)
    assert not claims.abandon(job.places.root, job.places.release)
    finish(None, counts, parts, tally, job)
    assert contents(job) == before
    assert storage.read_bytes(job.places.outcome).decode() == outcome
