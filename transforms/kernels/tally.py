"""The tally behind the report: what is counted of resolved rows, mergeable in any order.

Its size depends on the tagger, the languages and the recipe's sources, never on the rows.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reason import NAMES
from schemas.verdict import Verdict
from transforms.kernels.counts import (
    VERDICTS,
    Cell,
    Counts,
    count_by_verdict,
    count_duplicates,
    count_flags,
    count_lost,
    count_reasons,
    count_references,
    read_numbers,
    read_verdicts,
)
from transforms.kernels.histogram import Histogram
from transforms.kernels.lengths import Lengths, read_lengths, spread_by_verb, spread_lengths, sum_by_verb
from transforms.kernels.mix import Meeting, count_meetings, count_verb_nouns
from transforms.kernels.picks import Pick, merge_picks, pick_lost, pick_rows
from transforms.kernels.sampling import Places, Sampling, below

READ, KEPT = "input", "curated"
"""The two scopes: every row that could be read, and the rows that were kept."""

DIMENSIONS = ("language", "output_language", "verb", "category", "difficulty", "domain")
"""Ledger columns counted by verdict on the rows that could be read; `source` is on all."""

Spreads = dict[tuple[str, str | None], Histogram]


@dataclass(frozen=True)
class Tally:
    """Counts by table, row and column, and histograms by measure and scope; a monoid under `+`.

    Tables are `source` and the dimensions (by verdict), `flag` (by verdict), `reason` (all, alone,
    first), `together` (by two reasons), `duplicate` (exact, near), `reference` (per set: exact, near),
    `lost` (per source: entries, rows, unknown), `prompt` (all, conflicting, answers), `what_if` (per
    threshold: fallen), `pair` (of verb and noun, by verdict, on a sample of the size `pairs`),
    and `verb_chars`. Measures are the lengths of each field and of the whole, such as `output_chars` and
    `whole_tokens`, `cluster_size`, `similarity` and `answers` to a prompt; and, with a verb for scope, the
    lengths of kept rows, such as `output_chars_by_verb`.

    >>> tally = Tally({Cell("verb", "write", "kept"): 2}) + Tally({Cell("verb", "write", "kept"): 1})
    >>> tally.table("verb"), tally.spread("output_chars", KEPT).mean
    ({'write': {'kept': 3}}, None)
    """

    counts: Mapping[Cell, int] = field(default_factory=dict)
    spreads: Mapping[tuple[str, str | None], Histogram] = field(default_factory=dict)
    meetings: Mapping[Meeting, int] = field(default_factory=dict)
    picks: Mapping[str, tuple[Pick, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, resolved: pa.Table, names: Sequence[str] = NAMES, sampling: Sampling | None = None) -> Tally:
        """Tally of rows whose columns are those of `schemas.verdict.RESOLVED`; `names` are those of bits."""
        sampling = sampling or Sampling()
        verdicts = read_verdicts(resolved["verdict"])
        counts = count_by_verdict("source", resolved["source"], verdicts)
        lost = _is(verdicts, Verdict.UNREADABLE)
        picks: dict[str, tuple[Pick, ...]] = {}
        if lost.any():
            gone = resolved.filter(pa.array(lost))
            counts |= count_lost(gone.select(["source", "rows_lost"]))
            picks = pick_lost(gone)
            resolved, verdicts = resolved.filter(pa.array(~lost)), verdicts[~lost]
        lengths = read_lengths(resolved)
        counts |= _count(resolved, verdicts, names, sampling)
        counts |= sum_by_verb(resolved["verb"], lengths)
        picks = merge_picks(picks, pick_rows(resolved, verdicts, names, sampling))
        return cls(
            counts, _spread(resolved, verdicts, lengths), count_meetings(resolved, verdicts, names), picks
        )

    def __add__(self, other: Tally) -> Tally:
        """Tally of both sets of rows."""
        counts, meetings = Counter(self.counts), Counter(self.meetings)
        counts.update(other.counts)
        meetings.update(other.meetings)
        spreads = dict(self.spreads)
        for key, spread in other.spreads.items():
            spreads[key] = spreads.get(key, Histogram()) + spread
        return Tally(dict(counts), spreads, dict(meetings), merge_picks(self.picks, other.picks))

    def table(self, name: str) -> dict[str | None, dict[str, int]]:
        """Counts of one table: row, then column; a count of 0 is absent."""
        rows: dict[str | None, dict[str, int]] = {}
        for cell in sorted(self.counts, key=_sort_key):
            if cell.table == name:
                rows.setdefault(cell.row, {})[cell.column] = self.counts[cell]
        return rows

    def spread(self, measure: str, scope: str | None) -> Histogram:
        """Histogram of a measure over a scope or, for a measure by verb, over a verb."""
        return self.spreads.get((measure, scope), Histogram())

    def to_bytes(self) -> bytes:
        """Packed JSON, the same for equal tallies."""
        counts = [[*cell, self.counts[cell]] for cell in sorted(self.counts, key=_sort_key)]
        spreads = [[*key, *self.spreads[key].to_lists()] for key in sorted(self.spreads, key=_spread_key)]
        meetings = sorted(([*at, rows] for at, rows in self.meetings.items()), key=_names)
        picks = {name: self.picks[name] for name in sorted(self.picks)}
        return zlib.compress(
            json.dumps([counts, spreads, meetings, picks], separators=(",", ":")).encode(), 1
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Tally:
        """Tally that `to_bytes` was called on."""
        counts, spreads, meetings, picks = json.loads(zlib.decompress(data))
        return cls(
            {Cell(table, row, column): rows for table, row, column, rows in counts},
            {(measure, scope): Histogram.from_lists(lists) for measure, scope, *lists in spreads},
            {Meeting(*at): rows for *at, rows in meetings},
            {name: tuple(Pick(*pick) for pick in lists) for name, lists in picks.items()},
        )


def _names(meeting: list[str | int | None]) -> tuple[str, ...]:
    return tuple(map(str, meeting[:-1]))


def _spread_key(key: tuple[str, str | None]) -> tuple[str, bool, str]:
    return key[0], key[1] is not None, key[1] or ""


def _sort_key(cell: Cell) -> tuple[str, bool, str, str]:
    return cell.table, cell.row is not None, cell.row or "", cell.column


def _is(verdicts: np.ndarray, verdict: Verdict) -> np.ndarray:
    mask: np.ndarray = verdicts == VERDICTS.index(verdict)
    return mask


def _count(rows: pa.Table, verdicts: np.ndarray, names: Sequence[str], sampling: Sampling) -> Counts:
    """Every table that is about readable rows."""
    sampled = below(Places.of(rows, sampling).hashes, sampling.pairs)
    counts = count_verb_nouns(rows, verdicts, sampled)
    for name in DIMENSIONS:
        counts |= count_by_verdict(name, rows[name], verdicts)
    counts |= count_reasons(read_numbers(rows["reason_bits"]), names)
    counts |= count_flags(read_numbers(rows["flag_bits"]), verdicts, names)
    duplicate, exact = _is(verdicts, Verdict.DUPLICATE), read_numbers(rows["exact"])
    counts |= count_duplicates(duplicate & exact, duplicate & ~exact)
    outranked = read_numbers(pc.equal(rows["won_by"], "reference"))
    sources = rows["survivor_source"].filter(pa.array(outranked))
    return counts | count_references(sources, exact[outranked])


def _spread(rows: pa.Table, verdicts: np.ndarray, lengths: Lengths) -> Spreads:
    """Histograms of lengths, of cluster sizes over 1 and of near duplicates' similarities."""
    kept = _is(verdicts, Verdict.KEPT)
    spreads: Spreads = {}
    for scope, mask in ((READ, np.ones(len(kept), bool)), (KEPT, kept)):
        spreads |= {(name, scope): spread for name, spread in spread_lengths(lengths, mask).items()}
    spreads |= spread_by_verb(rows["verb"], lengths, kept)
    sizes = read_numbers(rows["cluster_size"])
    spreads["cluster_size", KEPT] = Histogram.of(sizes[kept & (sizes > 1)])
    near = _is(verdicts, Verdict.DUPLICATE) & ~read_numbers(rows["exact"])
    spreads["similarity", READ] = Histogram.of(_hundredths(rows["similarity"].to_numpy()[near]))
    return {key: spread for key, spread in spreads.items() if spread.count}


def _hundredths(similarities: np.ndarray) -> np.ndarray:
    """Similarities in hundredths, rounded down, where 0.29 (in binary just under it) is 29."""
    return np.floor(similarities * 100 + 1e-9).astype(np.int64)
