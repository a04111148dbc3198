"""Processes of this machine: how many there may be."""

from __future__ import annotations

import os
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
