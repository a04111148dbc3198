"""The listing, and the answers to a what-if, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pipelines.duplicates.listing import Cluster, Listing
from pipelines.duplicates.texts import Library
from pipelines.duplicates.what_if import Level
from pipelines.releases.ledger import RowKey
from pipelines.releases.release import Release
from pipelines.terminal import to_json


def listing_json(release: Release, listing: Listing) -> str:
    """The listing as JSON text: texts in full, null where they cannot be had."""
    return to_json(
        {
            "release": release.name,
            "summary": asdict(listing.summary),
            "clusters": [_cluster(one, listing.library) for one in listing.clusters],
            "notes": listing.library.notes,
        }
    )


def what_if_json(release: Release, levels: Sequence[Level]) -> str:
    """The answers to a what-if as JSON text."""
    return to_json(
        {
            "release": release.name,
            "threshold": release.recipe.dedup.threshold,
            "stored_from": release.recipe.dedup.stored_from,
            "what_if": [asdict(level) for level in levels],
        }
    )


def _cluster(cluster: Cluster, library: Library) -> dict[str, Any]:
    return {
        "cluster": cluster.number,
        "size": cluster.size,
        "won_by": cluster.won_by,
        "survivor": {**_row(cluster.survivor, library), "reference": cluster.reference},
        "members": [
            {
                **_row(member.key, library),
                "exact": member.exact,
                "similarity": member.similarity,
                "won_by": member.won_by,
            }
            for member in cluster.members
        ],
    }


def _row(key: RowKey, library: Library) -> dict[str, Any]:
    return {
        "source": key.source,
        "file": key.file,
        "row": key.row,
        "record_id": key.record_id,
        "texts": library.find(key),
    }
