"""The report of a release, from its tally."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipelines.report.diversity import (
    describe_costs,
    describe_indices,
    describe_mix,
    describe_pairs,
    describe_task_lengths,
)
from pipelines.report.excerpts import describe_unreadable
from pipelines.report.spreads import describe_duplicates, describe_lengths, describe_prompts, describe_what_if
from schemas.example import FIELDS, INPUT
from schemas.reason import Reason
from schemas.report import (
    Corpus,
    Flag,
    Overlap,
    Report,
    Rows,
    Rule,
    Scale,
    Share,
    SourceShare,
    Step,
    TokenLengths,
)
from schemas.verdict import Verdict
from transforms.kernels.lengths import UNITS, WHOLE
from transforms.kernels.tally import KEPT, READ, Tally


@dataclass(frozen=True, kw_only=True)
class Context:
    """What the report says of a release beyond its tally; nothing that differs from run to run.

    Rules in `rejecting` and `flagging` stand in the report even where they marked no row, as do the
    thresholds in `levels` and the reference sets.
    """

    release: str
    tamis: str
    profile: str
    files_in: int
    bytes_in: int
    bytes_out: int | None = None
    threshold: float | None = None
    tokenizer: str | None = None
    """Digest of the tokenizer that tokens are counted by; None for four characters each."""
    digest: str | None = None
    content_digest: str | None = None
    rejecting: tuple[str, ...] = ()
    flagging: tuple[str, ...] = ()
    own: tuple[tuple[str, str], ...] = ()
    """Name and meaning of each of the recipe's own rules."""
    levels: tuple[float, ...] = ()
    references: tuple[str, ...] = ()
    licence: str | None = None


def build(tally: Tally, context: Context) -> Report:
    """Report of a release; of no rows at all it has zeros and nulls."""
    rows = _count_rows(tally)
    rules = _list_rules(tally, context)
    funnel = tuple(_funnel(rows, rules))
    steps = [step.name for step in funnel]
    what_if = describe_what_if(tally, rows.kept, context.threshold, context.levels)
    return Report(
        release=context.release,
        tamis=context.tamis,
        profile=context.profile,
        threshold=context.threshold,
        tokenizer=context.tokenizer,
        digest=context.digest,
        content_digest=context.content_digest,
        scale=Scale(files_in=context.files_in, bytes_in=context.bytes_in, bytes_out=context.bytes_out),
        rows=rows,
        funnel=funnel,
        rules=rules,
        overlaps=_list_overlaps(tally),
        flags=_list_flags(tally, context),
        input=_describe(tally, READ, rows.found - rows.lost),
        curated=_describe(tally, KEPT, rows.kept),
        sources=_share_sources(tally),
        verbs=_share(tally, "verb"),
        categories=_share(tally, "category"),
        difficulties=_share(tally, "difficulty"),
        domains=_share(tally, "domain"),
        languages=_share(tally, "language"),
        output_languages=_share(tally, "output_language"),
        duplicates=describe_duplicates(tally, what_if=what_if, references=context.references),
        prompts=describe_prompts(tally),
        mix=describe_mix(tally, steps),
        indices=tuple(describe_indices(tally)),
        costs=tuple(describe_costs(tally, steps)),
        pairs=describe_pairs(tally, rows.found - rows.lost),
        task_lengths=tuple(describe_task_lengths(tally)),
        unreadable=describe_unreadable(tally.picks),
        licence=context.licence,
    )


def to_json(report: Report) -> str:
    """JSON text of a report, the same for equal reports; `Report.model_validate_json` reads it."""
    return _ROW.sub(_on_one_line, report.model_dump_json(indent=2)) + "\n"


_ROW = re.compile(r"\[\s+-?\d+(?:,\s+-?\d+)+\s+\]")


def _on_one_line(row: re.Match[str]) -> str:
    return re.sub(r"\s+", "", row[0])


def _count_rows(tally: Tally) -> Rows:
    sources, lost = tally.table("source").values(), tally.table("lost").values()
    verdicts = {verdict: sum(source.get(verdict.value, 0) for source in sources) for verdict in Verdict}
    missing = sum(entry.get("rows", 0) for entry in lost)
    duplicates = tally.table("duplicate")
    return Rows(
        found=missing + sum(verdicts.values()) - verdicts[Verdict.UNREADABLE],
        lost=missing,
        rejected=verdicts[Verdict.REJECTED],
        exact_duplicates=duplicates.get("exact", {}).get("rows", 0),
        near_duplicates=duplicates.get("near", {}).get("rows", 0),
        kept=verdicts[Verdict.KEPT],
        unreadable=verdicts[Verdict.UNREADABLE],
        unreadable_of_unknown_size=sum(entry.get("unknown", 0) for entry in lost),
    )


def _list_rules(tally: Tally, context: Context) -> tuple[Rule, ...]:
    counts = tally.table("reason")
    return tuple(
        Rule(
            name=name,
            meaning=meaning,
            all=counts.get(name, {}).get("all", 0),
            alone=counts.get(name, {}).get("alone", 0),
            first=counts.get(name, {}).get("first", 0),
        )
        for name, meaning in _reasons(context)
        if name in counts or name in context.rejecting
    )


def _list_overlaps(tally: Tally) -> tuple[Overlap, ...]:
    found = [
        Overlap(one=one or "", other=other, rows=rows)
        for one, others in tally.table("together").items()
        for other, rows in others.items()
    ]
    return tuple(sorted(found, key=lambda overlap: (-overlap.rows, overlap.one, overlap.other)))


def _list_flags(tally: Tally, context: Context) -> tuple[Flag, ...]:
    counts = tally.table("flag")
    return tuple(
        Flag(
            name=name,
            meaning=meaning,
            all=sum(counts.get(name, {}).values()),
            kept=counts.get(name, {}).get(Verdict.KEPT.value, 0),
        )
        for name, meaning in _reasons(context)
        if name in counts or name in context.flagging
    )


def _reasons(context: Context) -> list[tuple[str, str]]:
    """Name and meaning of every reason there can be, in the order of their bits."""
    return [*((reason.value, reason.meaning) for reason in Reason), *context.own]


def _funnel(rows: Rows, rules: tuple[Rule, ...]) -> Iterator[Step]:
    """Steps from the rows found to the rows kept; rules that were never first are left out."""
    left = rows.found
    yield Step(name="input", meaning="Rows in the input files.", removed=0, left=left)
    for name, meaning, removed in [
        ("unreadable", "Rows in files or row groups that cannot be read.", rows.lost),
        *((rule.name, rule.meaning, rule.first) for rule in rules if rule.first),
        ("exact_duplicate", "Equal to a kept row after normalisation.", rows.exact_duplicates),
        ("near_duplicate", "As similar to a kept row as the threshold, or more.", rows.near_duplicates),
    ]:
        left -= removed
        yield Step(name=name, meaning=meaning, removed=removed, left=left)
    yield Step(name="kept", meaning="Rows of the release.", removed=0, left=left)


def _describe(tally: Tally, scope: str, rows: int) -> Corpus:
    chars, tokens = (
        {field: describe_lengths(tally.spread(f"{field}_{unit}", scope)) for field in (*FIELDS, WHOLE)}
        for unit in UNITS
    )
    return Corpus(
        rows=rows,
        characters=chars[WHOLE].total,
        tokens=tokens[WHOLE].total,
        with_input=chars[INPUT].rows,
        without_input=rows - chars[INPUT].rows,
        **chars,
        token_lengths=TokenLengths(**tokens),
    )


def _split(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts by verdict, as the fields of a share."""
    rejected, duplicate, kept = (
        counts.get(verdict.value, 0) for verdict in (Verdict.REJECTED, Verdict.DUPLICATE, Verdict.KEPT)
    )
    return {
        "input": rejected + duplicate + kept,
        "rejected": rejected,
        "duplicate": duplicate,
        "curated": kept,
    }


def _by_size(share: Share) -> tuple[int, bool, str]:
    return -share.input, share.name is None, share.name or ""


def _share(tally: Tally, table: str) -> tuple[Share, ...]:
    shares = [Share(name=name, **_split(counts)) for name, counts in tally.table(table).items()]
    return tuple(sorted(shares, key=_by_size))


def _share_sources(tally: Tally) -> tuple[SourceShare, ...]:
    lost = tally.table("lost")
    shares = [
        SourceShare(
            name=name,
            **_split(counts),
            unreadable=counts.get(Verdict.UNREADABLE.value, 0),
            lost=lost.get(name, {}).get("rows", 0),
        )
        for name, counts in tally.table("source").items()
    ]
    return tuple(sorted(shares, key=_by_size))
