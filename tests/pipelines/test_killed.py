"""Killed at any moment: no half release, and the next run neither minds nor leaves a trace of it."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from pipelines.errors import UsageError
from tests.commands import Command, wait_for
from tests.releases import Release, Sampled, make_release, recipe_for

if not Path("/proc/self/environ").exists():
    pytest.skip("tells processes apart by /proc", allow_module_level=True)

MOMENTS = {
    "judge": ".staging/*/progress/judge-*",
    "resolve": ".staging/*/progress/resolve-*",
    "write": "releases/*/curated/part-*",
}
"""What is first seen at each moment."""

RECIPE = "language: {enabled: false}\noutput: {shards: 12}\n"


@pytest.fixture(scope="module")
def undisturbed(sampled: Sampled, tmp_path_factory: pytest.TempPathFactory) -> Release:
    recipe = recipe_for(sampled.pattern, output__shards=12)
    return make_release(tmp_path_factory.mktemp("undisturbed") / "output", recipe)


def start(sampled: Sampled, folder: Path, *flags: str) -> Command:
    """Start a run with two workers on the sample."""
    (folder / "recipe.yaml").write_text(RECIPE, "utf-8")
    command = ["curate", "--input", sampled.pattern, "--output", str(folder / "output"), "--quiet", *flags]
    return Command([*command, "--recipe", str(folder / "recipe.yaml"), "--unit-bytes", "60000"])


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_run_leaves_no_trace(
    sampled: Sampled, undisturbed: Release, tmp_path: Path, moment: str
) -> None:
    root, recipe = tmp_path / "output", recipe_for(sampled.pattern, output__shards=12)
    earlier = [make_release(root, recipe, cache=str(tmp_path / "cold"))] if moment == "write" else []
    before = [release.contents() for release in earlier]
    name = f"000{len(earlier) + 1}"
    seen = MOMENTS[moment].replace("releases/*", f"releases/{name}")
    command = start(sampled, tmp_path, "--workers", "2")
    assert wait_for(lambda: any(root.glob(seen)))
    command.process.send_signal(signal.SIGKILL)
    assert command.finish()[0] == -signal.SIGKILL

    assert not (root / "releases" / name / "manifest.json").exists()
    assert (root / "LATEST").exists() == (root / "latest").exists() == bool(earlier)
    assert [release.contents() for release in earlier] == before
    second = make_release(root, recipe)
    assert wait_for(lambda: command.processes() == [])
    assert second.folder.name == (root / "LATEST").read_text("utf-8").strip() == name
    assert second.manifest.digest == undisturbed.manifest.digest
    assert second.manifest.files[:-4] == undisturbed.manifest.files[:-4]
    assert not (root / ".staging").exists()
    assert set(second.contents()) == set(undisturbed.contents())
    assert [release.contents() for release in earlier] == before


def test_killed_twenty_times(sampled: Sampled, undisturbed: Release, tmp_path: Path) -> None:
    """At any moments; what was judged before one of them is not judged again."""
    root, rng, known = tmp_path / "output", Random(5), dict[str, int]()
    for _ in range(20):
        command = start(sampled, tmp_path, "--workers", "1")
        with suppress(subprocess.TimeoutExpired):
            command.process.wait(rng.uniform(1, 5))
        command.process.send_signal(signal.SIGKILL)
        command.finish()
        found = {str(path): path.stat().st_ino for path in root.glob(".cache/*/*/*.arrow")}
        assert found.items() >= known.items()
        known = found
        shutil.rmtree(root / "releases", ignore_errors=True)
    assert known
    last = make_release(root, recipe_for(sampled.pattern, output__shards=12), unit_bytes=60000)
    assert last.manifest.files[:-4] == undisturbed.manifest.files[:-4]
    assert (
        known.items() <= {str(path): path.stat().st_ino for path in root.glob(".cache/*/*/*.arrow")}.items()
    )


def test_second_run_into_one_folder_is_refused(
    sampled: Sampled, undisturbed: Release, tmp_path: Path
) -> None:
    root = tmp_path / "output"
    first = start(sampled, tmp_path, "--workers", "1")
    assert wait_for(lambda: any(root.glob(".staging/*/plan.json")))
    first.process.send_signal(signal.SIGSTOP)
    code, errors = start(sampled, tmp_path, "--workers", "1").finish()
    assert code == 2
    holder = rf"{root}: a run \(of release 0001, process {first.process.pid} on .*, since .* UTC\)"
    assert re.fullmatch(rf"tamis: {holder} is writing there; wait for it or name another folder\n", errors)
    with pytest.raises(UsageError, match=holder):
        make_release(root, recipe_for(sampled.pattern))
    first.process.send_signal(signal.SIGCONT)
    assert first.finish() == (0, "")
    assert Release(root / "releases" / "0001").manifest.digest == undisturbed.manifest.digest
    assert wait_for(lambda: first.processes() == [], 30)


def test_interrupted_run_says_so(sampled: Sampled, tmp_path: Path) -> None:
    root = tmp_path / "output"
    command = start(sampled, tmp_path, "--workers", "1")
    assert wait_for(lambda: any(root.glob(MOMENTS["judge"])))
    command.process.send_signal(signal.SIGINT)
    code, errors = command.finish()
    assert (code, errors) == (130, "tamis: stopped; nothing was published\n")
    assert not (root / "LATEST").exists()
    assert wait_for(lambda: command.processes() == [], 30)
