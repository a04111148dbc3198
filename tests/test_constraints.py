"""The versions of constraints.txt go together, on each Python that they are for."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

LINES = (Path(__file__).parents[1] / "constraints.txt").read_text("utf-8").splitlines()
PINS = [Requirement(line) for line in LINES if not line.startswith("#")]
EXTRAS = ("", "aws", "gcp", "hadoop", "s3")  # of Beam and moto, as pyproject.toml asks for them


def versions_for(python: dict[str, str]) -> dict[str, str]:
    """Versions by name, as they are for a Python; an error where a name has several."""
    pins = [pin for pin in PINS if pin.marker is None or pin.marker.evaluate(python)]
    found = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}
    assert len(found) == len(pins)
    return found


def needed(package: Distribution, python: dict[str, str]) -> Iterator[Requirement]:
    """What a package needs with a Python."""
    for need in map(Requirement, package.requires or ()):
        if need.marker is None or any(need.marker.evaluate({**python, "extra": extra}) for extra in EXTRAS):
            yield need


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_versions_go_together(version: str) -> None:
    python = {"python_version": version, "python_full_version": f"{version}.0"}
    pinned = versions_for(python)
    for package in distributions():
        # What the metadata of other versions say is of no account here.
        if pinned.get(canonicalize_name(package.name)) == package.version:
            assert SpecifierSet(package.metadata.get("Requires-Python") or "").contains(f"{version}.9")
            for need in needed(package, python):
                found = pinned.get(canonicalize_name(need.name))
                assert found is None or need.specifier.contains(found, prereleases=True), (package.name, need)


def test_each_has_one_version_or_one_for_each_python() -> None:
    assert all(str(pin.specifier).startswith("==") for pin in PINS)
    assert all(pin.marker is None or "python_version" in str(pin.marker) for pin in PINS)
