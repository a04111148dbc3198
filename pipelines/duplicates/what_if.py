"""What a release would keep at other thresholds, from its stored pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.duplicates.groups import Groups, read_groups
from pipelines.duplicates.pairs import Fallen, Pairs, read_pairs, replay
from pipelines.errors import RunError, UsageError
from pipelines.releases.release import Release
from schemas.recipe import Recipe
from schemas.verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class Level:
    """What is kept and dropped at a threshold.

    `copies` are the rows whose content stands in another row that outranks them, which falls or not, so
    they are as many at every threshold; near-duplicates are counted without them. `near_clusters` are the
    rows that near-duplicates fall to; `kept_more` is against the release.
    """

    threshold: float
    distinct_near_duplicates: int
    copies: int
    kept: int
    kept_more: int
    near_clusters: int


def parse_thresholds(text: str, recipe: Recipe) -> list[float]:
    """The thresholds of a comma-separated list, ascending, each one that the stored pairs can answer."""
    least = recipe.dedup.stored_from
    return sorted({_parse(part.strip(), least) for part in text.split(",")})


def _parse(text: str, least: float) -> float:
    try:
        threshold = float(text)
    except ValueError:
        threshold = math.nan
    if not least <= threshold <= 1:
        raise UsageError(
            f"--what-if takes thresholds from {least:g} to 1, such as {least:g},1, found {text!r}; "
            f"the release stores no pairs below {least:g} "
            "(a lower dedup.what_if_min in its recipe stores more)"
        )
    return threshold


def what_if(release: Release, thresholds: Sequence[float]) -> list[Level]:
    """What a release would keep at each threshold."""
    dedup = release.recipe.dedup
    if not dedup.near:
        raise UsageError(
            f"release {release.name} has no pairs to ask: its recipe leaves near-duplicates be (dedup.near)"
        )
    if release.recipe.top is not None or release.recipe.balance is not None:
        raise UsageError(
            f"release {release.name} has chosen among the rows that were left (top, balance): what it would "
            "keep at another threshold cannot be told from its pairs"
        )
    groups = read_groups(release)
    pairs = read_pairs(release, groups.files, min(dedup.threshold, *thresholds))
    now = replay(pairs, dedup.threshold)
    _check(release, groups, pairs, now)
    return [_level(release, groups, now, replay(pairs, level), level) for level in thresholds]


def _level(release: Release, groups: Groups, now: Fallen, then: Fallen, threshold: float) -> Level:
    more = len(now.places) - len(then.places)
    return Level(
        threshold=threshold,
        distinct_near_duplicates=len(then.places),
        copies=len(groups.places) - len(now.places),
        kept=release.manifest.counts.verdicts[Verdict.KEPT.value] + more,
        kept_more=more,
        near_clusters=len(np.unique(then.survivors)),
    )


def _check(release: Release, groups: Groups, pairs: Pairs, now: Fallen) -> None:
    """Refuse pairs from which the release's own verdicts do not follow."""
    order = np.argsort(groups.places)
    falls_to = np.repeat(groups.survivors, np.diff(groups.starts))
    fallen = np.intersect1d(groups.places, pairs.places)
    same = np.array_equal(fallen, now.places)
    if same:
        at = order[np.searchsorted(groups.places, now.places, sorter=order)]
        same = np.array_equal(falls_to[at], now.survivors)
    near = falls_to[groups.similarities < 1]
    if not same or not np.isin(near, now.survivors).all():
        raise RunError(
            f"{release.folder}: the stored pairs do not lead to the verdicts of the ledger; "
            "the release is not as it was written"
        )
