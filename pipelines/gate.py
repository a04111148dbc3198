"""The gate of a release: the limits of the recipe that it does not keep to."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.recipe import Gate
from schemas.report import Moved, Report

_LEAST = 0.001
STATISTICS = ("jensen_shannon_divergence", "infinity_norm", "population_stability_index")


def find_failures(gate: Gate, report: Report) -> list[str]:
    """A sentence for each limit that a release does not keep to; what looks back needs a release before."""
    failures = [*_absolute(gate, report)]
    if report.moved is not None:
        failures += [*_lost(gate, report.moved), *_drift(gate, report.moved)]
    return failures


def _absolute(gate: Gate, report: Report) -> Iterator[str]:
    rows = report.rows
    if gate.min_rows is not None and rows.kept < gate.min_rows:
        yield f"gate.min_rows: {rows.kept:,} rows are kept, at least {gate.min_rows:,} are asked for"
    unreadable = max(
        _share(rows.lost, rows.found), _share(rows.unreadable_of_unknown_size, report.scale.files_in)
    )
    if gate.max_unreadable is not None and unreadable > gate.max_unreadable:
        yield (
            f"gate.max_unreadable: {_percent(unreadable)} of the input cannot be read, "
            f"at most {_percent(gate.max_unreadable)} may"
        )
    taken = {rule.name: rule.all for rule in report.rules}
    taken |= {"exact_duplicate": rows.exact_duplicates, "near_duplicate": rows.near_duplicates}
    for limit in gate.max_rejected:
        share = _share(taken.get(limit.reason, 0), report.input.rows)
        if share > limit.share:
            found, most = _percent(share), _percent(limit.share)
            yield f"gate.max_rejected: {limit.reason} takes {found} of the rows read, at most {most} may be"


def _lost(gate: Gate, moved: Moved) -> Iterator[str]:
    gone = max(0, moved.kept_before - moved.kept) if moved.left is None else moved.left
    share = _share(gone, moved.kept_before)
    if gate.max_lost is not None and share > gate.max_lost:
        yield (
            f"gate.max_lost: {gone:,} of the {moved.kept_before:,} rows of release {moved.release} are not "
            f"kept now, {_percent(share)}; at most {_percent(gate.max_lost)} may go"
        )


def _drift(gate: Gate, moved: Moved) -> Iterator[str]:
    by_measure = {drift.measure: drift for drift in moved.drift}
    for limit in gate.max_drift:
        drift = by_measure[limit.measure]
        for name in STATISTICS:
            most, found = getattr(limit, name), getattr(drift, name)
            if most is not None and found > most:
                yield (
                    f"gate.max_drift: {limit.measure} moved from release {moved.release} by {name} "
                    f"{found:.4g}, at most {most:g} is allowed; most of all {drift.value}, from "
                    f"{_percent(drift.before or 0)} to {_percent(drift.after or 0)}"
                )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _percent(share: float) -> str:
    """In percent, to two decimals or, of next to nothing, two digits."""
    return f"{100 * share:.2f} %" if share == 0 or share >= _LEAST else f"{100 * share:.2g} %"
