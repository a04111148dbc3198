"""Who works in an output folder."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from transforms.steps import presence

WORKER = """
import sys
from transforms.steps import presence
with presence.at_work(sys.argv[1], sys.argv[2]):
    print("here", flush=True)
    sys.stdin.readline()
print("idle", flush=True)
sys.stdin.read()
"""


def test_folder_is_free_where_nobody_works(tmp_path: Path) -> None:
    assert presence.take_over(str(tmp_path), "first", 0)
    assert presence.take_over(str(tmp_path), "second", 0)


def test_waits_for_others_at_work_but_not_for_idle_ones(tmp_path: Path) -> None:
    assert presence.take_over(str(tmp_path), "first", 0)
    command = [sys.executable, "-c", WORKER, str(tmp_path), "first"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdin is not None
        assert worker.stdout.readline() == b"here\n"
        began = time.monotonic()
        assert not presence.take_over(str(tmp_path), "second", 0.3)
        assert time.monotonic() - began >= 0.3
        worker.stdin.write(b"\n")
        worker.stdin.flush()
        assert worker.stdout.readline() == b"idle\n"
        assert presence.take_over(str(tmp_path), "second", 30)
        assert worker.poll() is None
        worker.kill()


def test_killed_worker_is_not_waited_for(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WORKER, str(tmp_path), ""]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"here\n"
        worker.kill()
        assert presence.take_over(str(tmp_path), "next", 30)


def test_worker_of_a_run_taken_for_dead_starts_nothing(tmp_path: Path) -> None:
    assert presence.take_over(str(tmp_path), "first", 0)
    with presence.at_work(str(tmp_path), "first"), presence.at_work(str(tmp_path), "first"):
        pass
    assert presence.take_over(str(tmp_path), "second", 0)
    with (
        pytest.raises(presence.StaleRunError, match="is another run's by now"),
        presence.at_work(str(tmp_path), "first"),
    ):
        pytest.fail("it worked on")


def test_folders_elsewhere_are_nobodys() -> None:
    with presence.at_work("gs://bucket/out", "first"):
        pass
