"""The largest clusters of a release, their first members, and the texts of these."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.duplicates.groups import Groups
from pipelines.duplicates.texts import Library, read_texts
from pipelines.releases.ledger import RowKey
from pipelines.releases.release import Release
from schemas.verdict import WON_BY


@dataclass(frozen=True, kw_only=True)
class Member:
    """A duplicate: its row, its similarity with the survivor, and why that won, where the ledger says so."""

    key: RowKey
    exact: bool
    similarity: float
    won_by: str | None


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A survivor and the first of the rows that fall to it; `size` counts the survivor too."""

    number: int
    size: int
    survivor: RowKey
    reference: bool
    won_by: dict[str, int]
    members: list[Member]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Clusters of a release and their rows, survivors included; duplicates by kind, and of references."""

    clusters: int
    rows: int
    exact: int
    near: int
    to_references: int


@dataclass(frozen=True)
class Listing:
    """What is shown of a release's duplicates."""

    summary: Summary
    clusters: list[Cluster]
    library: Library


def make_listing(release: Release, groups: Groups, limit: int, members: int) -> Listing:
    """The `limit` largest clusters, with at most so many members each."""
    clusters = [_cluster(groups, at, members) for at in range(min(limit, len(groups.survivors)))]
    keys = [key for one in clusters for key in (one.survivor, *(member.key for member in one.members))]
    return Listing(summarise(groups), clusters, read_texts(release, keys))


def summarise(groups: Groups) -> Summary:
    """The figures of all clusters together."""
    exact, rows = int(groups.exact.sum()), len(groups.places)
    outside = groups.files.is_reference(groups.survivors)
    return Summary(
        clusters=len(groups.survivors),
        rows=len(groups.survivors) + rows,
        exact=exact,
        near=rows - exact,
        to_references=int((groups.sizes[outside] - 1).sum()),
    )


def _cluster(groups: Groups, at: int, most: int) -> Cluster:
    low, high = groups.starts[at : at + 2].tolist()
    end = min(high, low + most)
    outside = bool(groups.files.is_reference(groups.survivors[at : at + 1])[0])
    (survivor,) = _keys(
        groups, groups.survivors[at : at + 1], groups.survivor_ids[at : at + 1], kept=not outside
    )
    members = zip(
        _keys(groups, groups.places[low:end], groups.record_ids[low:end], kept=False),
        groups.exact[low:end].tolist(),
        groups.similarities[low:end].tolist(),
        map(_name, groups.won_by[low:end].tolist()),
        strict=True,
    )
    return Cluster(
        number=at + 1,
        size=high - low + 1,
        survivor=survivor,
        reference=outside,
        won_by=_count(groups.won_by[low:high]),
        members=[
            Member(key=key, exact=exact, similarity=similarity, won_by=won_by)
            for key, exact, similarity, won_by in members
        ],
    )


def _name(code: int) -> str | None:
    return None if code < 0 else WON_BY[code]


def _count(codes: np.ndarray) -> dict[str, int]:
    """How often the survivor won by what, the most frequent first."""
    found = Counter(codes[codes >= 0].tolist()).most_common()
    return {WON_BY[code]: times for code, times in sorted(found, key=lambda pair: (-pair[1], pair[0]))}


def _keys(groups: Groups, places: np.ndarray, ids: pa.ChunkedArray, *, kept: bool) -> list[RowKey]:
    columns = groups.files.columns(places)
    rows = zip(
        *(columns[name].to_pylist() for name in ("source", "file", "row")), ids.to_pylist(), strict=True
    )
    return [
        RowKey(source=source, file=file, row=row, record_id=one.hex(), kept=kept)
        for source, file, row, one in rows
    ]
