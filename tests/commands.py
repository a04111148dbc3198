"""The `tamis` command as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 120.0
_MARK = "TAMIS_TEST_RUN"


def wait_for(happened: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Wait until something has happened; whether it did in time."""
    deadline = time.monotonic() + seconds
    while not (found := happened()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return found


@dataclass
class Command:
    """A running `tamis`, which its own processes can be told by."""

    arguments: list[str]
    stdout: int = subprocess.DEVNULL
    variables: Mapping[str, str] = field(default_factory=dict)
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", *self.arguments],
            stdin=subprocess.DEVNULL,
            stdout=self.stdout,
            stderr=subprocess.PIPE,
            env={**os.environ, **self.variables, _MARK: self.mark},
        )

    def finish(self, seconds: float = PATIENCE) -> tuple[int, str]:
        """Wait for it to end; give its exit code and what it wrote to standard error."""
        _, errors = self.process.communicate(timeout=seconds)
        return self.process.returncode, errors.decode()

    def processes(self) -> list[int]:
        """Ids of its processes that are alive, as far as this machine tells."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                marked = f"{_MARK}={self.mark}".encode() in (folder / "environ").read_bytes()
                alive = (folder / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
            except OSError:
                continue
            if marked and alive:
                found.append(int(folder.name))
        return found
