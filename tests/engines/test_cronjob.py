"""The Kubernetes manifest is held to Kubernetes' own schemas."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.engines.conftest import DEPLOY, part

MANIFEST = DEPLOY / "schedules" / "cronjob.yaml"


def validate(path: Path) -> tuple[int, str]:
    """Exit code and words of a validator that takes no unknown key."""
    command = [sys.executable, "-m", "kubernetes_validate", "--strict", str(path)]
    variables = {"PYTHONPATH": str(part("kubernetes"))}
    done = subprocess.run(
        command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.returncode, done.stdout


def test_the_manifest_is_valid() -> None:
    code, said = validate(MANIFEST)
    assert code == 0, said
    assert "passed for resource cronjob/tamis-refresh" in said


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("concurrencyPolicy: Forbid", "concurencyPolicy: Forbid"),
        ("backoffLimit: 3", "backoffLimit: three"),
        ("operator: In", "operators: In"),
    ],
)
def test_a_wrong_key_or_value_is_found(tmp_path: Path, right: str, wrong: str) -> None:
    path = tmp_path / "cronjob.yaml"
    path.write_text(MANIFEST.read_text("utf-8").replace(right, wrong), "utf-8")
    code, said = validate(path)
    assert code == 1
    assert "did not validate for resource cronjob/tamis-refresh" in said
