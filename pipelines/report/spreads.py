"""Lengths, similarities and cluster sizes of the report, from the tally's histograms."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.report import Bin, Clusters, Duplicates, Lengths, Prompts, ToReference, WhatIf
from transforms.kernels.histogram import Histogram
from transforms.kernels.tally import KEPT, READ, Tally

QUANTILES = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99}
"""Quantiles of the report, by the name they have there."""


def describe_lengths(spread: Histogram) -> Lengths:
    """Lengths of one field over one scope."""
    return Lengths(
        rows=spread.count,
        total=spread.total,
        min=spread.low,
        max=spread.high,
        mean=spread.mean,
        histogram=_bin(spread),
        **{name: spread.quantile(share) for name, share in QUANTILES.items()},
    )


def describe_duplicates(
    tally: Tally, *, what_if: tuple[WhatIf, ...] = (), references: Sequence[str] = ()
) -> Duplicates:
    """Duplicates by kind, near ones by similarity, their clusters by size, and those of reference sets."""
    sizes = tally.spread("cluster_size", KEPT)
    kinds, fallen = tally.table("duplicate"), tally.table("reference")
    return Duplicates(
        exact=kinds.get("exact", {}).get("rows", 0),
        near=kinds.get("near", {}).get("rows", 0),
        similarity=_bin_similarity(tally.spread("similarity", READ)),
        clusters=Clusters(count=sizes.count, rows=sizes.total, largest=sizes.high, sizes=_bin(sizes)),
        what_if=what_if,
        references=tuple(
            ToReference(name=name, **{kind: fallen.get(name, {}).get(kind, 0) for kind in ("exact", "near")})
            for name in references
        ),
    )


def describe_what_if(
    tally: Tally, kept: int, threshold: float | None, levels: Sequence[float]
) -> tuple[WhatIf, ...]:
    """What each level would have left, where near duplicates were looked for."""
    counts = tally.table("what_if")
    fallen = {level: counts.get(f"{level:.12g}", {}).get("fallen", 0) for level in levels}
    return tuple(
        WhatIf(threshold=level, fallen=rows, kept=kept + fallen[threshold] - rows)
        for level, rows in fallen.items()
        if threshold is not None
    )


def describe_prompts(tally: Tally) -> Prompts | None:
    """Prompts and answers, where they were counted."""
    counts = tally.table("prompt").get(None)
    if counts is None:
        return None
    return Prompts(
        all=counts["all"],
        conflicting=counts.get("conflicting", 0),
        answers=counts.get("answers", 0),
        largest=tally.spread("answers", READ).high,
        sizes=_bin(tally.spread("answers", READ)),
    )


def _bin(spread: Histogram) -> tuple[Bin, ...]:
    return tuple(Bin(low=low, high=high, rows=rows) for low, high, rows in spread.count_octaves())


def _bin_similarity(spread: Histogram) -> tuple[Bin, ...]:
    """Bars of a hundredth, from the lowest similarity to 1; buckets of such small numbers are exact."""
    if spread.low is None:
        return ()
    hundredths = range(spread.low, 101)
    return tuple(
        Bin(low=at / 100, high=min((at + 1) / 100, 1.0), rows=spread.buckets.get(at, 0)) for at in hundredths
    )
