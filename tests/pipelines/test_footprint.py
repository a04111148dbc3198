"""How processes are set up: what they and the ones they start are told, and that a user's settings win."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOOK = """
SIZE = 15 << 20
import os, resource
from pipelines.footprint import settle_in
settle_in()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(8):
    b"x" * SIZE
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(os.environ["OPENBLAS_NUM_THREADS"], os.environ.get("MALLOC_MMAP_THRESHOLD_"), faults)
"""
PAGES = 3840
"""About those of an allocation."""


def look(**environment: str) -> list[str]:
    asked = [sys.executable, "-c", LOOK]
    return subprocess.run(asked, env=environment, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_freed_memory_is_used_again() -> None:
    threads, threshold, faults = look()
    assert (threads, threshold) == ("1", str(32 << 20))
    assert int(faults) < 2 * PAGES


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_settings_of_the_user_win() -> None:
    threads, threshold, faults = look(OPENBLAS_NUM_THREADS="3", MALLOC_MMAP_THRESHOLD_="1048576")
    assert (threads, threshold) == ("3", "1048576")
    assert int(faults) >= 8 * PAGES
