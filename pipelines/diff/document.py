"""What moved between two releases, as one document."""

from __future__ import annotations

from typing import Any

from pipelines.diff.rows import KEPT, Moves
from pipelines.releases.release import Release
from schemas.report import Drift


def document_of(before: Release, after: Release, moves: Moves, drift: tuple[Drift, ...]) -> dict[str, Any]:
    """Plain JSON values of all that moved."""
    return {
        "before": _describe(before),
        "after": _describe(after),
        "rows": {
            "same": moves.same,
            "entered": moves.entered,
            "left": moves.left,
            "changed": moves.changed,
            "changed_verdict": moves.changed_verdict,
            "kept_entered": sum(rows for _, new, rows in moves.listed if new == KEPT),
            "kept_left": sum(rows for old, _, rows in moves.listed if old == KEPT),
            "unreadable_before": moves.unreadable[0],
            "unreadable_after": moves.unreadable[1],
        },
        "moves": [{"before": old, "after": new, "rows": rows} for old, new, rows in moves.listed],
        "examples": moves.examples,
        "drift": [entry.model_dump(mode="json") for entry in drift],
    }


def _describe(release: Release) -> dict[str, Any]:
    manifest = release.manifest
    return {
        "release": release.name,
        "folder": release.folder,
        "digest": manifest.digest,
        "content_digest": manifest.content_digest,
        "verdicts": manifest.counts.verdicts,
    }
