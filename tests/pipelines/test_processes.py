"""Processes of this machine: how many there may be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import processes
from pipelines.engines import Asked


@pytest.mark.parametrize(
    ("allowed", "found"),
    [("max 100000", 3), ("150000 100000", 2), ("100000 100000", 1), ("1000 100000", 1), ("900000 100000", 3)],
)
def test_a_container_is_not_the_machine(
    allowed: str, found: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpu.max").write_text(f"{allowed}\n", "utf-8")
    monkeypatch.setattr(processes, "_CPU_MAX", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2, 4})
    assert processes.cores() == found
    assert Asked(root="", workers=None).cores == found
    assert Asked(root="", workers=7).cores == 7


def test_a_machine_without_control_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_CPU_MAX", tmp_path / "none")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2, 4})
    assert processes.cores() == 3


INTERRUPTED = """
import os, signal, subprocess, time
from pipelines.processes import interruptible

child = subprocess.Popen(["sleep", "60"])
try:
    with interruptible({patience}):
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(60)
        finally:
            print(child.wait(2) if {patience} < 1 else child.poll())
except KeyboardInterrupt:
    print("interrupted", child.poll(), signal.getsignal(signal.SIGINT) is signal.default_int_handler)
child.kill()
"""


@pytest.mark.parametrize(
    ("patience", "told"), [(0.1, "-9\ninterrupted -9 True\n"), (30, "None\ninterrupted None True\n")]
)
def test_an_interrupt_ends_what_was_started_and_stays(patience: float, told: str) -> None:
    """It is run by itself, as it ends all children of its process."""
    script = ["-c", "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"]
    script[1] += INTERRUPTED.format(patience=patience)
    done = subprocess.run([sys.executable, *script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == told
