"""The end of a run: check that every row is accounted for, then write report, card and manifest, last."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines import claims, ending
from pipelines.gate import find_failures
from pipelines.output_folder import move_latest
from pipelines.planning.inputs import digest_inputs, rows_by_file
from pipelines.releases.digests import digest_release, name_columns
from pipelines.report import (
    Context,
    add_excerpts,
    build,
    describe_moves,
    draw_funnel,
    name_files,
    places_of,
    render_card,
    render_html,
    to_json,
)
from schemas.paths import REMOVALS
from schemas.plan import Plan
from schemas.reason import Reason
from schemas.recipe import Recipe
from schemas.release import (
    Before,
    BenchmarkRecord,
    Counts,
    InputRecord,
    Manifest,
    Outcome,
    OutputRecord,
    PreviousRecord,
    SourceRecord,
)
from schemas.report import REPORT, Report
from transforms.kernels.tally import Tally
from transforms.steps import storage
from transforms.steps.excerpts import hide_private, read_texts
from transforms.steps.job import Job, writing
from transforms.steps.resolve import Resolved
from transforms.steps.verify import levels_of
from transforms.steps.versions import check_versions
from transforms.steps.write import CURATED, VERDICTS, Part, part_schema


@writing
def finish(
    _: None, resolved: Sequence[Resolved], parts: Sequence[Part | None], tally: bytes, job: Job
) -> None:
    """Publish the release, or record why not; doing it twice, or twice at once, changes nothing."""
    resolved = sorted(resolved, key=lambda entry: entry.unit)
    written = sorted((part for part in parts if part is not None), key=lambda part: (part.kind, part.index))
    problem = next(_problems(resolved, written, len(parts), job), None)
    if problem is None:
        outcome = _publish(resolved, written, Tally.from_bytes(tally), job)
    else:
        outcome = _failed(problem, job)
    ending.record(outcome, job)


def _failed(problem: str, job: Job) -> Outcome:
    return Outcome(status="failed", message=problem, release=job.plan.release)


def _problems(resolved: Sequence[Resolved], parts: Sequence[Part], asked: int, job: Job) -> Iterator[str]:
    """Sentences on what stands against publishing."""
    if len(parts) < asked:
        yield f"{job.places.root} has a release {job.plan.release} already; releases are never changed"
    yield from _unaccounted(resolved, parts, job)
    lost = ending.loss(job)
    if lost is not None:
        yield f"{lost}; nothing was published"


def _unaccounted(resolved: Sequence[Resolved], parts: Sequence[Part], job: Job) -> Iterator[str]:
    """Sentences on rows that are not accounted for exactly once."""
    planned, found = rows_by_file(job.plan), Counter[int]()
    for entry in resolved:
        found[entry.file] += entry.accounted
    inputs = 0
    for file, record in enumerate(job.plan.files):
        reference = job.plan.sources[record.source].reference
        inputs += 0 if reference else planned[file]
        if planned[file] != found[file]:
            yield f"{record.path}: {_missing(planned[file], found[file], reference=reference)}"
    if inputs and not any(entry.curated + entry.rejects for entry in resolved):
        yield "no row of the input can be read, or a takedown list names them all; nothing was published"
    for kind in job.plan.parts:
        counted = sum(getattr(entry, kind) for entry in resolved)
        written = sum(part.rows for part in parts if part.kind == kind)
        if counted != written:
            yield f"{kind}: {counted} rows were resolved, {written} written; nothing was published"


def _missing(planned: int, found: int, *, reference: bool) -> str:
    if reference:
        lost = f"{planned - found} of its {planned} rows cannot be read"
        return f"{lost}, and rows must be compared with a reference set whole; nothing was published"
    return f"{planned} rows were planned, {found} accounted for; nothing was published"


def _publish(resolved: Sequence[Resolved], parts: Sequence[Part], tally: Tally, job: Job) -> Outcome:
    columns = {kind: name_columns(part_schema(kind, job.plan)) for kind in (CURATED, VERDICTS)}
    digest, content = digest_release(columns, _sum_digests(parts)), _content_digest(parts)
    report = build(tally, _context(parts, job, digest, content))
    texts = hide_private(read_texts(places_of(tally.picks), job))
    report = add_excerpts(report, tally.picks, texts)
    dedup = job.recipe.dedup
    stayed = sum(entry.stayed for entry in resolved) if dedup.exact or dedup.near else None
    before = None if job.previous is None else Before.model_validate_json(job.previous)
    return _publish_report(
        _compare(report, before, stayed, job),
        before,
        Written(
            files=[
                OutputRecord(path=part.path, bytes=part.bytes, sha256=part.sha256, rows=part.rows)
                for part in parts
            ],
            inputs=list(digest_inputs(job.plan, ((entry.unit, entry.digests) for entry in resolved))),
            counts=_counts(report, parts, job.recipe),
            columns=columns,
        ),
        job,
    )


@dataclass(frozen=True)
class Written:
    """What the manifest says of a release's parts and of what they were made from."""

    files: Sequence[OutputRecord]
    inputs: Sequence[InputRecord]
    counts: Counts
    columns: dict[str, list[str]]


def publish_again(before: Before, written: Written, job: Job) -> Outcome:
    """Publish the parts of the release before as this one, with its report; all of its rows stayed."""
    dedup = job.recipe.dedup
    report = before.report.model_copy(update={"release": job.plan.release})
    stayed = report.rows.kept if dedup.exact or dedup.near else None
    return _publish_report(_compare(report, before, stayed, job), before, written, job)


def _publish_report(report: Report, before: Before | None, written: Written, job: Job) -> Outcome:
    """Write what is told of a release whose parts are there, then its manifest, or say why it cannot be."""
    manifest = Manifest(
        release=job.plan.release,
        inputs=list(written.inputs),
        sources={
            name: SourceRecord(format=source.format, columns=source.columns)
            for name, source in job.plan.sources.items()
        },
        benchmarks=list(_benchmarks(job.plan)),
        benchmark_index=job.plan.benchmarks,
        released=job.plan.released,
        previous=before and PreviousRecord(release=before.release, digest=before.digest),
        recipe=job.plan.recipe,
        versions=job.plan.versions,
        language_model=job.plan.model_digest,
        tokenizer=job.plan.tokenizer,
        counts=written.counts,
        columns=written.columns,
        content_digest=report.content_digest,
        digest=report.digest,
        files=[*written.files, *_write_texts(report, job)],
    )
    problem = ending.commit(manifest, claims.HELD if report.failures else claims.COMMITTED, job)
    if problem is not None:
        return _failed(problem, job)
    return Outcome(
        status="held" if report.failures else "published",
        message="\n".join(report.failures) or move_latest(job.places.root, job.plan.release, job.owner) or "",
        release=job.plan.release,
        digest=report.digest,
        content_digest=report.content_digest,
        report=to_json(report),
    )


def _compare(report: Report, before: Before | None, stayed: int | None, job: Job) -> Report:
    """The report with what moved since the release before, and the limits that are not kept to."""
    moved = None if before is None else describe_moves(before, report, stayed)
    report = report.model_copy(update={"moved": moved})
    return report.model_copy(update={"failures": tuple(find_failures(job.recipe.gate, report))})


def _sum_digests(parts: Sequence[Part]) -> Counter[str]:
    """Sum of the digests of the parts, by kind."""
    sums = Counter[str]()
    for part in parts:
        sums[part.kind] += part.digest
    return sums


def _content_digest(parts: Sequence[Part]) -> str:
    """Digest of the kept record ids: what is kept, whatever the order."""
    total = sum(part.records for part in parts if part.kind == CURATED) % (1 << 128)
    return f"{total:032x}"


def _context(parts: Sequence[Part], job: Job, digest: str, content: str) -> Context:
    rules = {reason.value: getattr(job.recipe.rules, reason.value, None) for reason in Reason}
    by_action = {reason: rule.action for reason, rule in rules.items() if rule is not None}
    by_action |= {rule.name: rule.action for rule in job.recipe.own}
    if not job.recipe.benchmarks:
        by_action.pop(Reason.CONTAMINATED.value)
    if job.recipe.dedup.max_answers_per_prompt is not None:
        by_action[Reason.PROMPT_CAP.value] = "reject"
    for reason, asked in ((Reason.BALANCE, job.recipe.balance), (Reason.BELOW_TOP, job.recipe.top)):
        if asked is not None:
            by_action[reason.value] = "reject"
    if job.plan.removals is not None:
        by_action[Reason.REMOVED.value] = "reject"
    if not job.recipe.language.enabled:
        for reason in (Reason.LANGUAGE, Reason.LANGUAGE_UNDETERMINED, Reason.LANGUAGE_MISMATCH):
            by_action.pop(reason.value, None)
    inputs = job.plan.inputs
    return Context(
        release=job.plan.release,
        tamis=job.plan.versions["tamis"],
        profile=job.recipe.profile,
        files_in=len(inputs),
        bytes_in=sum(file.bytes for file in inputs),
        bytes_out=sum(part.bytes for part in parts if part.kind == CURATED),
        threshold=job.recipe.dedup.threshold if job.recipe.dedup.near else None,
        tokenizer=job.plan.tokenizer,
        digest=digest,
        content_digest=content,
        rejecting=tuple(reason for reason, action in by_action.items() if action == "reject"),
        levels=tuple(levels_of(job.recipe.dedup)) if job.recipe.dedup.near else (),
        references=tuple(reference.name for reference in job.recipe.references),
        flagging=tuple(reason for reason, action in by_action.items() if action == "flag"),
        licence=job.recipe.license,
        own=tuple((rule.name, rule.meaning) for rule in job.recipe.own),
    )


def _write_texts(report: Report, job: Job) -> Iterator[OutputRecord]:
    """Write the report, the dataset card and, where there is one, the takedown list."""
    check_versions(job.plan, job.recipe, leave_out=())
    contents = {
        REPORT: to_json(report).encode(),
        "report/report.html": render_html(report).encode(),
        "report/funnel.png": draw_funnel(report),
        "README.md": render_card(report, job.plan.recipe, name_files(job.plan.shards)).encode(),
    }
    if job.plan.removals is not None:
        contents[REMOVALS] = storage.read_bytes(job.places.removals)
    for path, content in contents.items():
        storage.write_bytes(f"{job.places.release_folder}/{path}", content)
        yield OutputRecord(path=path, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def _benchmarks(plan: Plan) -> Iterator[BenchmarkRecord]:
    for file in plan.benchmark_files:
        yield BenchmarkRecord(
            source=file.source, file=file.name, path=file.path, bytes=file.bytes, rows=file.rows or 0
        )


def _counts(report: Report, parts: Sequence[Part], recipe: Recipe) -> Counts:
    rows = report.rows
    return Counts(
        ledger=sum(part.rows for part in parts if part.kind == VERDICTS),
        rows_lost=rows.lost,
        verdicts={
            "kept": rows.kept,
            "rejected": rows.rejected,
            "duplicate": rows.exact_duplicates + rows.near_duplicates,
            "unreadable": rows.unreadable,
        },
        reasons={rule.name: rule.all for rule in report.rules} | {Reason.UNREADABLE.value: rows.unreadable},
        flags={flag.name: flag.all for flag in report.flags},
        masked=_masked(report, recipe),
    )


def _masked(report: Report, recipe: Recipe) -> int:
    """Curated rows in which private data was masked: those flagged with it, where the recipe says so."""
    private = (flag.kept for flag in report.flags if flag.name == Reason.PRIVATE_DATA.value)
    return sum(private) if recipe.rules.masks else 0
