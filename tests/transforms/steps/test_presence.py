"""Who works in an output folder."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from transforms.steps import presence

WORKER = """
import sys
from transforms.steps import presence
presence.announce(sys.argv[1])
print("here", flush=True)
sys.stdin.read()
"""


def test_alone_where_nobody_came(tmp_path: Path) -> None:
    assert presence.wait_until_alone(str(tmp_path), 0)


def test_waits_for_others_to_end(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WORKER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"here\n"
        began = time.monotonic()
        assert not presence.wait_until_alone(str(tmp_path), 0.3)
        assert time.monotonic() - began >= 0.3
        worker.kill()
        assert presence.wait_until_alone(str(tmp_path), 30)


def test_oneself_is_nobody_else(tmp_path: Path) -> None:
    presence.announce(str(tmp_path))
    presence.announce(str(tmp_path))
    assert presence.wait_until_alone(str(tmp_path), 0)


def test_folders_elsewhere_are_nobodys() -> None:
    presence.announce("gs://bucket/out")
    assert presence.wait_until_alone("gs://bucket/out", 0)
