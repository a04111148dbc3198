"""How diverse a release is, and what each filter took of that, from the tally."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from schemas.diversity import Cost, Index, Mix, Pair, Pairs, Quartiles, TaskLength
from schemas.verdict import Verdict
from transforms.kernels import domains
from transforms.kernels.decisions import CATEGORIES, verb_names
from transforms.kernels.difficulty import DIFFICULTIES
from transforms.kernels.histogram import Histogram
from transforms.kernels.lengths import ASKED, BY_VERB
from transforms.kernels.mix import KEPT, Meeting
from transforms.kernels.sampling import PAIR_ROWS
from transforms.kernels.tally import Tally

OTHERS = "(others)"
MIXED = ("source", "language", "category", "verb")
"""What rows are told apart by where they meet."""

CELLS = 8_000
"""Most meetings that the report tells; beyond, what is rarest is summed up."""

_LIMITS = {"source": 24, "language": 24, "category": 24, "verb": 100}
_QUARTILES = {"p25": 0.25, "p50": 0.5, "p75": 0.75}
_PAIRS, _LEAST_ROWS, _ERRORS, _TIMES, _DECIMALS = 120, 50, 4.0, 2.0, 6
_POSSIBLE = {
    "category": len(CATEGORIES),
    "verb": len(verb_names()),
    "difficulty": len(DIFFICULTIES),
    "domain": len(domains.names()),
}


def describe_mix(tally: Tally, steps: Sequence[str]) -> Mix | None:
    """Where sources, languages and tasks meet, the rare ones together; None where no row could be read."""
    if not tally.meetings:
        return None
    outcomes = [step for step in steps if step not in {"input", "unreadable"}]
    counts = {name: _count(tally.meetings, name) for name in MIXED}
    bounds = sorted({rows for name in MIXED for rows in counts[name].values()})

    def few_enough(least: int) -> bool:
        return len(_meet(tally, _common(counts, least), outcomes)) <= CELLS

    least = bounds[min(bisect_left(bounds, x=True, key=few_enough), len(bounds) - 1)]
    values = _common(counts, least)
    cells = _meet(tally, values, outcomes)
    return Mix(
        sources=tuple(values["source"]),
        languages=tuple(values["language"]),
        categories=tuple(values["category"]),
        verbs=tuple(values["verb"]),
        outcomes=tuple(outcomes),
        cells=tuple((*at, rows) for at, rows in sorted(cells.items())),
    )


def _common(counts: Mapping[str, Counter[str | None]], least: int) -> Mapping[str, list[str | None]]:
    """Values of at least so many rows, the commonest first, and one for all others where there are more."""
    found = {}
    for name, rows in counts.items():
        ordered = sorted(rows, key=lambda value: (-rows[value], value is None, value or ""))
        named = [value for value in ordered[: _LIMITS[name]] if rows[value] >= least]
        found[name] = [*named, OTHERS] if len(ordered) > len(named) + 1 else ordered
    return found


def _meet(
    tally: Tally, values: Mapping[str, list[str | None]], outcomes: Sequence[str]
) -> Counter[tuple[int, ...]]:
    """Rows by the place of their values, the last where it has none, and of the outcome."""
    places = {name: {value: at for at, value in enumerate(found)} for name, found in values.items()}
    ends = {step: at for at, step in enumerate(outcomes)}
    cells = Counter[tuple[int, ...]]()
    for meeting, rows in tally.meetings.items():
        at = (places[name].get(getattr(meeting, name), len(places[name]) - 1) for name in MIXED)
        cells[(*at, ends[meeting.outcome])] += rows
    return cells


def _count(meetings: Mapping[Meeting, int], name: str) -> Counter[str | None]:
    counts = Counter[str | None]()
    for meeting, rows in meetings.items():
        counts[getattr(meeting, name)] += rows
    return counts


def describe_costs(tally: Tally, steps: Sequence[str]) -> Iterator[Cost]:
    """What each step that took any took of every kind of row that there is enough of."""
    everything = sum(tally.meetings.values())
    for name in MIXED:
        taken: dict[str, Counter[str | None]] = defaultdict(Counter)
        for meeting, rows in tally.meetings.items():
            taken[meeting.outcome][getattr(meeting, name)] += rows
        there = _count(tally.meetings, name)
        kinds = sorted(there, key=lambda value: (-there[value], value is None, value or ""))
        for step in steps:
            if step in taken and step != KEPT:
                overall = taken[step].total() / everything
                for kind in kinds[: _LIMITS[name]]:
                    lost, rows = taken[step][kind], there[kind]
                    yield Cost(
                        step=step,
                        dimension=name,
                        value=kind,
                        taken=lost,
                        rows=rows,
                        share=round(lost / rows, _DECIMALS),
                        overall=round(overall, _DECIMALS),
                        outlier=stands_out(lost, rows, overall),
                    )


def stands_out(taken: int, rows: int, overall: float) -> bool:
    """Whether a share is at least twice or at most half what it is overall, and that is not by chance.

    >>> stands_out(60, 100, 0.2), stands_out(2, 4, 0.2), stands_out(24, 100, 0.2)
    (True, False, False)
    """
    share = taken / rows
    beyond = abs(share - overall) > _ERRORS * math.sqrt(overall * (1 - overall) / rows)
    far = share >= _TIMES * overall or share <= overall / _TIMES
    return beyond and far and rows >= _LEAST_ROWS


def describe_indices(tally: Tally) -> Iterator[Index]:
    """How even sources, languages and tasks are among the rows read and the rows kept."""
    for name in ("verb", "category", "domain", "difficulty", "language", "source"):
        table = tally.table(name)
        read = {value: sum(_readable(counts)) for value, counts in table.items()}
        kept = {value: counts.get(Verdict.KEPT.value, 0) for value, counts in table.items()}
        for scope, counts in (("input", read), ("curated", kept)):
            yield measure_evenness(name, scope, [rows for rows in counts.values() if rows])


def _readable(counts: Mapping[str, int]) -> Iterator[int]:
    return (rows for verdict, rows in counts.items() if verdict != Verdict.UNREADABLE.value)


def measure_evenness(name: str, scope: str, counts: Sequence[int]) -> Index:
    """Indices of the counts of each value.

    >>> found = measure_evenness("verb", "input", [5, 5])
    >>> found.shannon, found.simpson, found.effective, found.evenness
    (1.0, 0.5, 2.0, 1.0)
    """
    total = sum(counts)
    shares = [rows / total for rows in sorted(counts)]
    shannon = -math.fsum(share * math.log2(share) for share in shares) + 0.0
    return Index(
        name=name,
        scope=scope,
        shannon=round(shannon, _DECIMALS),
        simpson=round(1 - math.fsum(share * share for share in shares), _DECIMALS) if shares else 0.0,
        effective=round(2**shannon, _DECIMALS) if shares else 0.0,
        evenness=round(shannon / math.log2(len(shares)), _DECIMALS) if len(shares) > 1 else None,
        seen=len(shares),
        possible=_POSSIBLE.get(name),
    )


def describe_pairs(tally: Tally, read: int) -> Pairs:
    """The commonest pairs of verb and noun; their shares are exact where every row was looked at."""
    sampled = tally.table("pairs").get(None, {})
    rows = sum(sampled.values())
    found = {
        pair: (sum(counts.values()), counts.get(Verdict.KEPT.value, 0))
        for pair, counts in tally.table("pair").items()
        if pair is not None
    }
    top = sorted(found, key=lambda pair: (-found[pair][0], pair))[:_PAIRS]
    return Pairs(
        rows=rows,
        kept=sampled.get(Verdict.KEPT.value, 0),
        error=round(0.98 / math.sqrt(rows), 4) if read > PAIR_ROWS and rows else 0.0,
        distinct=len(found),
        top=tuple(
            Pair(
                **dict(zip(("verb", "noun"), pair.split("\t", 1), strict=True)),
                input=found[pair][0],
                curated=found[pair][1],
            )
            for pair in top
        ),
    )


def describe_task_lengths(tally: Tally) -> Iterator[TaskLength]:
    """Lengths of instruction and output by verb, the commonest first."""
    read, kept = Counter[Any](), Counter[Any]()
    categories: dict[Any, Counter[Any]] = defaultdict(Counter)
    for meeting, rows in tally.meetings.items():
        read[meeting.verb] += rows
        kept[meeting.verb] += rows if meeting.outcome == KEPT else 0
        categories[meeting.verb][meeting.category] += rows
    chars = tally.table("verb_chars")
    for verb in sorted(read, key=lambda verb: (-read[verb], verb is None, verb or "")):
        spreads = {name: tally.spread(f"{name}{BY_VERB}", verb) for name in _BY_VERB}
        means = {name: None if (mean := spread.mean) is None else round(mean, _DECIMALS)
                 for name, spread in spreads.items()}  # fmt: skip
        yield TaskLength(
            verb=verb,
            category=min(categories[verb], key=lambda name: (-categories[verb][name], name or "")),
            rows=read[verb],
            kept=kept[verb],
            **{name: round(chars.get(verb, {}).get(name, 0) / read[verb], _DECIMALS) for name in ASKED},
            **{_BY_VERB[name]: mean for name, mean in means.items()},
            **{f"{name}_quartiles": _quartiles(spread) for name, spread in spreads.items()},
        )


_BY_VERB = {
    "instruction_chars": "kept_instruction",
    "output_chars": "kept_output",
    "instruction_tokens": "kept_instruction_tokens",
    "output_tokens": "kept_output_tokens",
}
"""Measures of the rows kept of a verb, and the name that their means have in the report."""


def _quartiles(spread: Histogram) -> Quartiles | None:
    if not spread.count:
        return None
    return Quartiles(**{name: spread.quantile(share) for name, share in _QUARTILES.items()})
