"""A release of real data, held to the contract by a program that shares no code with this one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.planning import UNIT_BYTES
from schemas.recipe import built_in, override
from tests.releases import Release, make_release

CHECK = Path(__file__).parents[3] / "shared" / "tools" / "check_release.py"


def check(release: Release, *flags: str) -> str:
    """Run the check; give what it prints."""
    if not CHECK.is_file():
        pytest.skip(f"needs {CHECK}")
    (source,) = release.manifest.recipe["sources"]
    command = [sys.executable, str(CHECK), source["input"][0], str(release.folder), *flags]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def test_contract_is_kept(real_release: Release) -> None:
    printed = check(real_release, "--similarity", "--recall")
    assert f"rows {len(real_release.ledger)} duplicate " in printed
    assert ", 0 differ; missed 0, recall 1.0000" in printed


def test_contract_is_kept_with_the_articles_rules(real_release: Release, tmp_path: Path) -> None:
    sources = real_release.manifest.recipe["sources"]
    recipe = override(built_in("article"), {"sources": sources, "language.enabled": False})
    release = make_release(tmp_path / "output", recipe, cache=str(real_release.root / ".cache"))
    assert f"rows {len(real_release.ledger)} duplicate " in check(release, "--article", "--similarity")
    assert {"placeholder", "instruction_too_long"} <= set(release.manifest.counts.reasons)


def test_other_units_change_no_byte(real_release: Release, tmp_path: Path) -> None:
    recipe = override(
        built_in("default"), {key: real_release.manifest.recipe[key] for key in ("sources", "language")}
    )
    other = make_release(tmp_path / "output", recipe, unit_bytes=UNIT_BYTES // 20, buckets=3)
    assert other.contents() == real_release.contents()
