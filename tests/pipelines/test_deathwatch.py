"""A killed worker takes its executor along; one that ends does not."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

if not Path("/proc/self/cmdline").exists():
    pytest.skip("reads /proc", allow_module_level=True)

WORKER = """
import os, signal, sys, time
from pipelines.deathwatch import say_farewell, watch_over_parent
watch_over_parent()
if sys.argv[1] == "end":
    say_farewell()
else:
    os.kill(os.getpid(), getattr(signal, sys.argv[1]))
    time.sleep(60)
"""
ENGINE = f"""
import subprocess, sys
code = subprocess.run([sys.argv[-1], "-c", {WORKER!r}, sys.argv[-2]]).returncode
print(code, flush=True)
sys.stdin.read()
"""


Outlive = Callable[[str, str], tuple[int, int]]


@pytest.fixture
def outlive(tmp_path: Path) -> Outlive:
    """Let a process start a worker that ends in some way; give how both ended, 0 for one that lives."""
    java = tmp_path / "java"
    java.symlink_to(Path(sys.executable).resolve())

    def outlived(name: str, how: str) -> tuple[int, int]:
        command = [str(java), "-c", ENGINE, name, how, sys.executable]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as engine:
            assert engine.stdout is not None
            worker = int(engine.stdout.readline() or -signal.SIGKILL)
            if how != "SIGKILL":
                time.sleep(1)
                assert engine.poll() is None
                engine.communicate("")
            return worker, engine.wait(60)

    return outlived


@pytest.mark.parametrize(
    "name", ["org.apache.spark.executor.CoarseGrainedExecutorBackend", "a.TaskManagerRunner"]
)
def test_killed_worker_takes_its_executor_along(outlive: Outlive, name: str) -> None:
    assert outlive(name, "SIGKILL") == (-signal.SIGKILL, -signal.SIGKILL)


def test_other_process_is_asked_to_end(outlive: Outlive) -> None:
    assert outlive("JobServerDriver", "SIGKILL") == (-signal.SIGKILL, -signal.SIGTERM)


@pytest.mark.parametrize(("how", "code"), [("end", 0), ("SIGTERM", 128 + signal.SIGTERM)])
def test_worker_that_ends_does_not(outlive: Outlive, how: str, code: int) -> None:
    assert outlive("CoarseGrainedExecutorBackend", how) == (code, 0)
