"""The Makefile takes a Python that is there, whichever of the supported ones that is."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = {name: shutil.which(name) for name in ("make", "sh")}


@pytest.mark.skipif(None in TOOLS.values(), reason="needs make")
@pytest.mark.parametrize(
    ("there", "taken"),
    [
        (["python3.10"], "python3.10"),
        (["python3.10", "python3.12"], "python3.12"),
        (["python3", "python3.13"], "python3.13"),
        (["python3.11", "python3.12"], "python3.11"),
        (["python3"], "python3"),
    ],
)
def test_takes_a_python_that_is_there(there: list[str], taken: str, tmp_path: Path) -> None:
    for name, tool in TOOLS.items():
        (tmp_path / name).symlink_to(str(tool))
    for name in there:
        (tmp_path / name).write_text("#!/bin/sh\n", "utf-8")
        (tmp_path / name).chmod(0o755)
    set_by_others = {"PYTHON", "MAKEFLAGS", "MFLAGS", "MAKELEVEL"}  # where make runs the tests
    done = subprocess.run(
        [tmp_path / "make", "--dry-run", "--always-make", "env"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in set_by_others}
        | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{tmp_path / taken} -m venv .venv" in done.stdout
