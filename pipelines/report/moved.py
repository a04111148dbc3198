"""What moved from one release to another, by their reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import numpy as np

from pipelines.report.words import group
from schemas.recipe import Measure
from schemas.release import Before
from schemas.report import Bin, Drift, Moved, Report
from transforms.kernels.drift import measure_drift

_SHARES = ("languages", "output_languages", "verbs", "categories", "difficulties", "domains", "sources")
_DECIMALS = 6


def describe_moves(before: Before, after: Report, stayed: int | None) -> Moved:
    """How the rows and the distributions of a release differ from those of the one before.

    `stayed` counts the rows kept in both, where that can be told.
    """
    was, is_now = before.report.rows.kept, after.rows.kept
    return Moved(
        release=before.release,
        digest=before.digest,
        kept_before=was,
        kept=is_now,
        stayed=stayed,
        entered=None if stayed is None else is_now - stayed,
        left=None if stayed is None else was - stayed,
        drift=measure_all(before.report, after),
    )


def measure_all(before: Report, after: Report) -> tuple[Drift, ...]:
    """The drift of every measure from one report to another."""
    return tuple(_compare(name, _counts(name, before), _counts(name, after)) for name in get_args(Measure))


def _counts(measure: str, report: Report) -> Mapping[str | None, int]:
    """Rows by the values of a measure: kept ones or, of outcomes, all."""
    if measure in _SHARES:
        return {share.name: share.curated for share in getattr(report, measure)}
    if measure == "outcomes":
        steps = [(step.name, step.removed) for step in report.funnel[1:-1]]
        return dict([*steps, ("kept", report.rows.kept)])
    lengths = getattr(report.curated, measure.removesuffix("_chars"))
    return {_range(entry): entry.rows for entry in lengths.histogram}


def _range(entry: Bin) -> str:
    low, high = int(entry.low), int(entry.high)
    return group(low) if low == high else f"{group(low)} to {group(high)}"


def _compare(measure: str, before: Mapping[str | None, int], after: Mapping[str | None, int]) -> Drift:
    values = sorted(before.keys() | after.keys(), key=lambda value: (value is not None, value or ""))
    counts = [np.array([side.get(value, 0) for value in values], np.int64) for side in (before, after)]
    found = measure_drift(*counts)
    shares = [side / max(1, side.sum()) for side in counts]
    at = found.farthest if found.infinity_norm > 0 and found.farthest < len(values) else None
    return Drift(
        measure=measure,
        jensen_shannon_divergence=round(found.jensen_shannon_divergence, _DECIMALS),
        infinity_norm=round(found.infinity_norm, _DECIMALS),
        population_stability_index=round(found.population_stability_index, _DECIMALS),
        value=None if at is None else values[at] or "none",
        before=None if at is None else round(float(shares[0][at]), _DECIMALS),
        after=None if at is None else round(float(shares[1][at]), _DECIMALS),
    )
