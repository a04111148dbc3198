"""Two reports side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.report.words import group, show
from schemas.example import FIELDS
from schemas.report import Lengths, Report, Share
from transforms.kernels.lengths import WHOLE

Line = tuple[str | None, float, float]


def compare(one: Report, other: Report) -> Iterator[tuple[str, str, str, list[Line]]]:
    """Id, title, kind and lines of each table: a name, and its number in either report."""
    yield "rows", "Rows", "rows", _align(_rows(one), _rows(other))
    yield "steps", "What each step removed", "step", _align(_steps(one), _steps(other))
    yield "evenness", "Effective numbers of the rows kept", "of", _align(_even(one), _even(other))
    yield "beside-lengths", "Lengths of the rows kept", "length", _align(_lengths(one), _lengths(other))
    for name, title in (("verbs", "Tasks"), ("languages", "Languages"), ("sources", "Sources")):
        sides = (_kept(getattr(side, name)) for side in (one, other))
        yield f"{'beside' if name != 'sources' else 'kept'}-{name}", title, name[:-1], _align(*sides)


def say(one: Report, other: Report) -> str:
    """The difference in a sentence."""
    if one.digest is not None and one.digest == other.digest:
        return "The two are the same, row for row."
    kept = f"{group(one.rows.kept)} rows are kept in {show(one.release)}"
    return f"{kept}, {group(other.rows.kept)} in {show(other.release)}."


def _align(one: Mapping[str | None, float], other: Mapping[str | None, float]) -> list[Line]:
    names = [*other, *(name for name in one if name not in other)]
    return [(name, one.get(name, 0), other.get(name, 0)) for name in names]


def _rows(report: Report) -> Mapping[str | None, float]:
    rows, kept = report.rows, report.curated
    return {
        "found": rows.found, "rejected": rows.rejected, "exact duplicates": rows.exact_duplicates,
        "near duplicates": rows.near_duplicates, "unreadable": rows.lost, "kept": rows.kept,
        "characters kept": kept.characters, "tokens kept": kept.tokens,
        "kept with an input": kept.with_input,
    }  # fmt: skip


def _steps(report: Report) -> Mapping[str | None, float]:
    return {step.name: step.removed for step in report.funnel[1:-1]}


def _lengths(report: Report) -> Mapping[str | None, float]:
    """Medians and what 95 % do not exceed, by field: characters, then tokens, where there are any."""
    kept = report.curated
    found: dict[str | None, float] = {}
    for unit, side in (("characters", kept), ("tokens", kept.token_lengths)):
        for field in (*FIELDS, WHOLE):
            lengths: Lengths | None = getattr(side, field, None)
            if lengths is not None and lengths.p50 is not None and lengths.p95 is not None:
                found[f"{field}, median {unit}"] = lengths.p50
                found[f"{field}, 95 % {unit}"] = lengths.p95
    return found


def _even(report: Report) -> Mapping[str | None, float]:
    return {index.name: index.effective for index in report.indices if index.scope == "curated"}


def _kept(shares: tuple[Share, ...]) -> Mapping[str | None, float]:
    return {share.name: share.curated for share in shares}
