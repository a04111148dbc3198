"""The tally: counts against a plain recount of the rows, and the laws of a monoid."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.example import FIELDS
from schemas.reason import Reason
from schemas.verdict import RESOLVED
from transforms.kernels.counts import Cell
from transforms.kernels.tally import DIMENSIONS, KEPT, READ, Tally

Row = dict[str, Any]

REJECTING = [Reason.INSTRUCTION_TOO_SHORT, Reason.OUTPUT_EMPTY, Reason.PLACEHOLDER, Reason.LANGUAGE]
FLAGGING = [Reason.NO_END_PUNCTUATION, Reason.LANGUAGE_UNDETERMINED, Reason.LANGUAGE_MISMATCH]


OTHERS = ("lost", "pair", "pairs", "verb_chars")


def mask(reasons: list[Reason]) -> int:
    return sum(reason.bit for reason in reasons)


lengths = st.one_of(st.none(), st.integers(0, 100), st.integers(0, 2**31))
judged = {
    "source": st.sampled_from(["alpaca", "gsm8k", "Ω"]),
    "file": st.just("a.parquet"),
    "language": st.sampled_from([None, "en", "de", "und"]),
    "output_language": st.sampled_from([None, "en", "zh"]),
    "verb": st.sampled_from([None, "write", "other"]),
    "category": st.sampled_from([None, "generation", "other"]),
    "flag_bits": st.builds(mask, st.lists(st.sampled_from(FLAGGING), unique=True)),
    "instruction_chars": lengths,
    "input_chars": lengths,
    "output_chars": lengths,
    **{f"{field}_tokens": st.one_of(st.none(), st.integers(0, 10**6)) for field in FIELDS},
}
kept = st.fixed_dictionaries({**judged, "verdict": st.just("kept"), "cluster_size": st.integers(1, 5000)})
rejected = st.fixed_dictionaries(
    {
        **judged,
        "verdict": st.just("rejected"),
        "reason_bits": st.builds(mask, st.lists(st.sampled_from(REJECTING), min_size=1, unique=True)),
    },
)
duplicate = st.one_of(
    st.fixed_dictionaries(
        {**judged, "verdict": st.just("duplicate"), "exact": st.just(value=True), "similarity": st.just(1.0)}
    ),
    st.fixed_dictionaries(
        {
            **judged,
            "verdict": st.just("duplicate"),
            "exact": st.just(value=False),
            "similarity": st.floats(0.5, 1.0),
        },
    ),
)
unreadable = st.fixed_dictionaries(
    {
        "source": judged["source"],
        "file": st.just("b.parquet"),
        "verdict": st.just("unreadable"),
        "reason_bits": st.just(Reason.UNREADABLE.bit),
        "rows_lost": st.one_of(st.none(), st.integers(0, 10_000)),
    },
)
rows = st.lists(st.one_of(kept, rejected, duplicate, unreadable), max_size=25)


def tally(chosen: list[Row]) -> Tally:
    return Tally.of(pa.Table.from_pylist(chosen, RESOLVED))


@given(rows, rows, rows)
def test_merging_has_no_order(a: list[Row], b: list[Row], c: list[Row]) -> None:
    x, y, z = tally(a), tally(b), tally(c)
    assert (x + y) + z == x + (y + z) == tally(a + b + c)
    assert x + y == y + x
    assert x + Tally() == Tally() + x == x


@given(rows)
def test_bytes_give_the_same_tally_back_and_do_not_depend_on_order(chosen: list[Row]) -> None:
    one, other = tally(chosen), tally(chosen[::-1])
    assert Tally.from_bytes(one.to_bytes()) == one
    assert one.to_bytes() == other.to_bytes() == Tally.from_bytes(one.to_bytes()).to_bytes()


@given(rows)
def test_chunks_and_slices_count_as_one_table(chosen: list[Row]) -> None:
    table = pa.Table.from_pylist(chosen, RESOLVED)
    chunked = pa.concat_tables([table.slice(0, 3), table.slice(3, 5), table.slice(8)])
    assert Tally.of(chunked) == Tally.of(table)


@given(rows)
def test_tables_agree_with_a_recount(chosen: list[Row]) -> None:
    found = tally(chosen).counts
    readable = [row for row in chosen if row["verdict"] != "unreadable"]
    recount = Counter(Cell("source", row["source"], row["verdict"]) for row in chosen)
    for name in DIMENSIONS:
        recount.update(Cell(name, row.get(name), row["verdict"]) for row in readable)
    for row in readable:
        marks = [reason for reason in Reason if row.get("reason_bits", 0) & reason.bit]
        recount.update(Cell("reason", reason, "all") for reason in marks)
        recount.update(Cell("reason", reason, "first") for reason in marks[:1])
        recount.update(Cell("reason", reason, "alone") for reason in marks if len(marks) == 1)
        recount.update(Cell("together", one, other) for one, other in combinations(marks, 2))
        recount.update(Cell("flag", flag, row["verdict"]) for flag in Reason if row["flag_bits"] & flag.bit)
        if row["verdict"] == "duplicate":
            recount[Cell("duplicate", "exact" if row["exact"] else "near", "rows")] += 1
    assert {cell: count for cell, count in found.items() if cell.table not in OTHERS} == recount


@given(rows)
def test_lost_rows_are_counted_by_source(chosen: list[Row]) -> None:
    lost = tally(chosen).table("lost")
    for source in ("alpaca", "gsm8k", "Ω"):
        entries = [
            row["rows_lost"] for row in chosen if row["source"] == source and row["verdict"] == "unreadable"
        ]
        counts = lost.get(source, {})
        assert counts.get("entries", 0) == len(entries)
        assert counts.get("rows", 0) == sum(entry or 0 for entry in entries)
        assert counts.get("unknown", 0) == entries.count(None)


@given(rows)
def test_lengths_are_those_of_each_scope(chosen: list[Row]) -> None:
    found = tally(chosen)
    for scope, verdicts in ((READ, {"kept", "rejected", "duplicate"}), (KEPT, {"kept"})):
        inside = [row for row in chosen if row["verdict"] in verdicts]
        outputs = [row["output_chars"] or 0 for row in inside]
        spread = found.spread("output_chars", scope)
        assert (spread.count, spread.total) == (len(outputs), sum(outputs))
        assert (spread.low, spread.high) == (min(outputs, default=None), max(outputs, default=None))
        assert found.spread("input_chars", scope).count == sum(bool(row["input_chars"]) for row in inside)
        whole = [sum(row[f"{field}_chars"] or 0 for field in FIELDS) for row in inside]
        assert found.spread("whole_chars", scope).total == sum(whole)
        tokens = [sum(tokens_of(row, field) for field in FIELDS) for row in inside]
        assert found.spread("whole_tokens", scope).total == sum(tokens)
        assert found.spread("whole_tokens", scope).high == max(tokens, default=None)


def tokens_of(row: Row, field: str) -> int:
    counted = row[f"{field}_tokens"]
    return -(-(row[f"{field}_chars"] or 0) // 4) if counted is None else counted


@given(rows)
def test_lengths_of_tasks_are_those_of_their_rows(chosen: list[Row]) -> None:
    found = tally(chosen)
    for verb in {row["verb"] for row in chosen if row["verdict"] == "kept"}:
        inside = [row for row in chosen if row["verdict"] == "kept" and row["verb"] == verb]
        for field in ("instruction", "output"):
            chars = [row[f"{field}_chars"] or 0 for row in inside]
            for unit, lengths in (("chars", chars), ("tokens", [tokens_of(row, field) for row in inside])):
                spread = found.spread(f"{field}_{unit}_by_verb", verb)
                assert (spread.count, spread.total) == (len(inside), sum(lengths))
                assert spread.quantile(0.5) == pytest.approx(
                    sorted(lengths)[(len(lengths) - 1) // 2], rel=0.07
                )


@given(rows)
def test_clusters_are_kept_rows_that_stand_for_others(chosen: list[Row]) -> None:
    sizes = [row["cluster_size"] for row in chosen if row.get("cluster_size", 1) > 1]
    spread = tally(chosen).spread("cluster_size", KEPT)
    assert (spread.count, spread.total, spread.high) == (len(sizes), sum(sizes), max(sizes, default=None))


def test_similarities_are_in_hundredths_rounded_down() -> None:
    near = [
        {"source": "s", "file": "f", "verdict": "duplicate", "exact": False, "similarity": similarity}
        for similarity in (0.29, 0.8, 0.8099, 0.99999, 1.0)
    ]
    assert tally(near).spread("similarity", READ).buckets == {29: 1, 80: 2, 99: 1, 100: 1}


def test_no_rows_are_the_empty_tally() -> None:
    assert tally([]) == Tally()
    assert Tally.from_bytes(Tally().to_bytes()) == Tally()
