"""Lengths, similarities and cluster sizes of the report, from the tally's histograms."""

from __future__ import annotations

from schemas.report import Bin, Clusters, Duplicates, Lengths
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


def describe_duplicates(tally: Tally) -> Duplicates:
    """Duplicates by kind, near ones by similarity, and their clusters by size."""
    sizes = tally.spread("cluster_size", KEPT)
    kinds = tally.table("duplicate")
    return Duplicates(
        exact=kinds.get("exact", {}).get("rows", 0),
        near=kinds.get("near", {}).get("rows", 0),
        similarity=_bin_similarity(tally.spread("similarity", READ)),
        clusters=Clusters(count=sizes.count, rows=sizes.total, largest=sizes.high, sizes=_bin(sizes)),
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
