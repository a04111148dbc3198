"""The report's figures: the article's reference values, conservation and stable JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipelines.report import Context, build, to_json
from schemas.report import Report
from schemas.verdict import RESOLVED
from transforms.kernels.tally import Tally

Rows = list[dict[str, Any]]


def test_article_statistics(article: Report) -> None:
    tasks = {share.name: share.input for share in article.verbs}
    assert tasks == {"translate": 1, "summarize": 1, "write": 2, "classify": 1, "answer": 1}
    for corpus in (article.input, article.curated):
        assert (corpus.instruction.min, corpus.instruction.max, corpus.instruction.mean) == (32, 81, 54.0)
        assert (corpus.output.min, corpus.output.max) == (8, 176)
        assert corpus.output.mean == pytest.approx(93.2, abs=0.05)
        assert (corpus.with_input, corpus.without_input) == (4, 2)


def test_no_rows_give_zeros_and_nulls(empty: Report) -> None:
    assert set(empty.rows.model_dump().values()) == {0}
    assert (empty.curated.rows, empty.curated.with_input, empty.curated.characters) == (0, 0, 0)
    lengths = empty.input.instruction
    assert (lengths.rows, lengths.total, lengths.min, lengths.p50, lengths.max, lengths.mean) == (
        0,
        0,
        *[None] * 4,
    )
    assert (empty.verbs, empty.duplicates.similarity, empty.duplicates.clusters.largest) == ((), (), None)


def test_funnel_adds_up_to_the_rows_found(mixed: Report) -> None:
    assert mixed.rows.found == 17 + 40
    assert mixed.funnel[0].left == mixed.rows.found
    for before, after in zip(mixed.funnel[:-1], mixed.funnel[1:], strict=True):
        assert after.left == before.left - after.removed
    assert mixed.funnel[-1].left == mixed.rows.kept == mixed.curated.rows == 7
    rows = mixed.rows
    parts = rows.lost + rows.rejected + rows.exact_duplicates + rows.near_duplicates + rows.kept
    assert parts == rows.found


def test_funnel_counts_a_row_at_its_first_reason(mixed: Report) -> None:
    removed = [(step.name, step.removed) for step in mixed.funnel]
    assert removed == [
        ("input", 0),
        ("unreadable", 40),
        ("instruction_too_short", 2),
        ("output_empty", 1),
        ("exact_duplicate", 4),
        ("near_duplicate", 3),
        ("kept", 0),
    ]


def test_rules_say_all_alone_and_first(mixed: Report) -> None:
    rules = {rule.name: (rule.all, rule.alone, rule.first) for rule in mixed.rules}
    assert rules == {"instruction_too_short": (2, 1, 2), "output_empty": (2, 1, 1), "language": (0, 0, 0)}


def test_rules_that_mark_the_same_rows_are_told(mixed: Report) -> None:
    found = [(overlap.one, overlap.other, overlap.rows) for overlap in mixed.overlaps]
    assert found == [("instruction_too_short", "output_empty", 1)]


def test_flags_count_all_rows_and_kept_ones(mixed: Report) -> None:
    flags = {flag.name: (flag.all, flag.kept) for flag in mixed.flags}
    assert flags == {"placeholder": (0, 0), "no_end_punctuation": (4, 3)}


def test_every_split_adds_up(mixed: Report) -> None:
    for shares in (mixed.sources, mixed.verbs, mixed.categories, mixed.languages, mixed.output_languages):
        assert sum(share.input for share in shares) == mixed.input.rows
        assert sum(share.curated for share in shares) == mixed.curated.rows
        assert all(share.input == share.rejected + share.duplicate + share.curated for share in shares)


def test_sources_name_what_was_lost(mixed: Report, hostile: str) -> None:
    lost = {source.name: (source.unreadable, source.lost) for source in mixed.sources}
    assert lost == {"web": (1, 40), hostile: (1, 0)}
    assert (mixed.rows.unreadable, mixed.rows.unreadable_of_unknown_size) == (2, 1)


def test_duplicates_and_clusters(mixed: Report) -> None:
    found = mixed.duplicates
    bars = {bar.low: bar.rows for bar in found.similarity if bar.rows}
    assert (found.exact, found.near, bars) == (4, 3, {0.81: 2, 0.97: 1})
    assert (found.clusters.count, found.clusters.rows, found.clusters.largest) == (3, 1211, 1200)
    assert sum(bar.rows for bar in found.clusters.sizes) == 3


def test_json_reads_back_and_keeps_its_order(mixed: Report) -> None:
    text = to_json(mixed)
    assert Report.model_validate_json(text) == mixed
    assert to_json(Report.model_validate_json(text)) == text
    assert text.endswith("}\n")
    assert list(json.loads(text)) == list(Report.model_fields)


def test_the_order_of_rows_does_not_show(report_on: Callable[[Rows], Report]) -> None:
    rows: Rows = [
        {"source": source, "file": "f", "verdict": "kept", "verb": verb, "cluster_size": 1}
        for source, verb in [("b", "list"), ("a", "write"), ("c", None), ("a", "explain")]
    ]
    assert to_json(report_on(rows)) == to_json(report_on(rows[::-1]))


def test_digests_are_optional(context: Context) -> None:
    tally = Tally.of(RESOLVED.empty_table())
    without, given = build(tally, context), build(tally, replace(context, digest="ab", content_digest="cd"))
    assert (without.digest, without.content_digest) == (None, None)
    assert (given.digest, given.content_digest) == ("ab", "cd")
