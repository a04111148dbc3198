"""The sample's release held against the golden files: its report, the ledger's counts and both digests."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.releases import Release, Sampled

GOLDEN = Path(__file__).parents[1] / "golden" / "sample"
UPDATE = "python -m pytest tests/pipelines/test_golden.py --update-golden"
ADVICE = f"the release of the sample is not what it was; if that is meant, run\n{UPDATE}"
DEPENDENT = ("tamis", "digest", "content_digest", "scale")
"""Parts of the report that other versions and machines change."""


def counts(release: Release) -> dict[str, Any]:
    """Ledger rows by verdict, reason, flag and language."""
    found: dict[str, Any] = {}
    for name in ("verdict", "language", "output_language", "verb"):
        found[name] = Counter(release.ledger[name].to_pylist())
    for name in ("reasons", "flags"):
        found[name] = Counter(value for values in release.ledger[name].to_pylist() for value in values)
    return {name: dict(sorted(values.items())) for name, values in found.items()}


def digests(release: Release) -> dict[str, Any]:
    manifest = release.manifest
    return {
        "digest": manifest.digest,
        "content_digest": manifest.content_digest,
        "versions": manifest.versions,
    }


def report(release: Release) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((release.folder / "report" / "report.json").read_bytes())
    return {name: value for name, value in found.items() if name not in DEPENDENT}


@pytest.fixture
def golden(request: pytest.FixtureRequest, sampled: Sampled) -> dict[str, Any]:
    """What the golden files hold, by name; written anew first where that is asked for."""
    if request.config.getoption("--update-golden"):
        for make in (counts, digests, report):
            text = json.dumps(make(sampled.release), indent=2, ensure_ascii=False) + "\n"
            (GOLDEN / f"{make.__name__}.json").write_text(text, "utf-8")
    return {path.stem: json.loads(path.read_text("utf-8")) for path in GOLDEN.glob("*.json")}


def test_counts_are_golden(golden: dict[str, Any], sampled: Sampled) -> None:
    assert counts(sampled.release) == golden["counts"], ADVICE


def test_report_is_golden(golden: dict[str, Any], sampled: Sampled) -> None:
    assert report(sampled.release) == golden["report"], ADVICE


def test_digests_are_golden(golden: dict[str, Any], sampled: Sampled) -> None:
    found, held = digests(sampled.release), golden["digests"]
    others = {
        name: (held["versions"].get(name), version)
        for name, version in found["versions"].items()
        if held["versions"].get(name) != version
    }
    if others:
        pytest.skip(f"digests hold for the golden file's versions only; others here: {others}")
    assert found == held, ADVICE
