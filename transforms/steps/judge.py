"""Judging a unit: one pass over its rows, each looked at on its own, kept in the verdict cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.recipe import Recipe
from schemas.verdict import IDENTITY, JUDGEMENT, SIGNATURES, Reason
from transforms.kernels import language, rules, tasks
from transforms.kernels.minhash import sign
from transforms.kernels.rows import as_words, content_hashes, encode_rows, hash_rows, record_ids
from transforms.kernels.rules import Texts
from transforms.kernels.shingles import PART_TAGS, shingle
from transforms.kernels.text import join_present, normalise
from transforms.steps import cache, tables
from transforms.steps.job import Job
from transforms.steps.parquet import READ_ERRORS, UnitReader, texts_of


@dataclass(frozen=True)
class Judged:
    """Where the findings on a unit are stored, and the digests of its row groups."""

    judgement: str
    identity: str
    signatures: str
    digests: tuple[str, ...]


def judge_unit(index: int, job: Job) -> tuple[int, Judged]:
    """Judge a unit, unless the cache holds it already."""
    reader = UnitReader(job.plan, job.plan.units[index])
    judged = _judge(reader, job)
    job.mark_done("judge", index, reader.unit.rows)
    return index, judged


def _judge(reader: UnitReader, job: Job) -> Judged:
    if reader.file.error is not None:
        return _store_outside(Findings(job, reader, [], unreadable_file(reader)), job, ())
    try:
        digests = [reader.digests(group) for group in range(*reader.unit.groups)]
    except READ_ERRORS:
        digests = []
    keys = cache.unit_keys(job.plan, job.recipe, reader, digests)
    entries = {name: f"{job.places.cache}/{name}/{key[:2]}/{key}.arrow" for name, key in keys.items()}
    flat = tuple(texts + others for texts, others in digests)
    missing = [name for name, path in entries.items() if not cache.holds(path)]
    if digests and not missing:
        return Judged(**entries, digests=flat)
    findings = examine(reader, job, missing if digests else list(entries))
    if findings.unreadable or not digests:
        return _store_outside(findings, job, flat)
    for name in missing:
        tables.store(entries[name], findings.table(name))
    return Judged(**entries, digests=flat)


def _store_outside(findings: Findings, job: Job, digests: tuple[str, ...]) -> Judged:
    """Store what was found of a damaged unit beside the cache: it may be whole tomorrow."""
    folder = f"{job.places.staging}/damaged/{findings.reader.unit.index:06d}"
    paths = {name: f"{folder}/{name}.arrow" for name in cache.KINDS}
    for name, path in paths.items():
        tables.store(path, findings.table(name))
    return Judged(**paths, digests=digests)


@dataclass
class Findings:
    """What was found of a unit: per kind, one table a slice; and the row groups that cannot be read."""

    job: Job
    reader: UnitReader
    slices: list[dict[str, pa.Table]]
    unreadable: list[pa.Table]

    def table(self, name: str) -> pa.Table:
        """All that was found of one kind."""
        pieces = [piece[name] for piece in self.slices]
        if name == "judgement":
            return pa.concat_tables([JUDGEMENT.empty_table(), *pieces, *self.unreadable])
        if name == "identity":
            return pa.concat_tables([IDENTITY.empty_table(), *pieces])
        return pa.concat_tables([SIGNATURES.empty_table(), *pieces])


def examine(reader: UnitReader, job: Job, kinds: list[str]) -> Findings:
    """Read every row group of a unit and find what is asked for; note those that cannot be read."""
    findings = Findings(job, reader, [], [])
    seen: set[bytes] = set()
    for group in range(*reader.unit.groups):
        fresh: set[bytes] = set()
        try:
            found = list(_examine_group(reader, job, kinds, group, seen, fresh))
        except READ_ERRORS as error:
            findings.unreadable.append(_unreadable(reader, group, error))
            continue
        seen |= fresh
        findings.slices += found
    return findings


def _examine_group(
    reader: UnitReader, job: Job, kinds: list[str], group: int, seen: set[bytes], fresh: set[bytes]
) -> Iterator[dict[str, pa.Table]]:
    at = sum(reader.group_rows(before) for before in range(reader.unit.groups[0], group))
    columns = None if "identity" in kinds else list(reader.columns.values())
    for batch in reader.slices(group, columns):
        texts = texts_of(reader.columns, batch)
        found: dict[str, pa.Table] = {}
        if "judgement" in kinds:
            found["judgement"] = judge(texts, job.recipe, job.model, group - reader.unit.groups[0], at)
        if "identity" in kinds or "signatures" in kinds:
            parts = parts_of(texts, job.recipe)
            hashes = content_hashes(parts)
            found["identity"] = _identity(texts, hashes, batch)
        if "signatures" in kinds:
            found["signatures"] = _sign_new(parts, hashes, seen, fresh)
        at += len(batch)
        yield found


def judge(texts: Texts, recipe: Recipe, model: str | None, group: int, at: int) -> pa.Table:
    """JUDGEMENT of a slice: rules, languages, tasks and lengths."""
    marks = rules.apply_rules(rules.rules_of(recipe), texts)
    tagged = tasks.TAGGERS[recipe.tagger](texts.instruction)
    spoken = _languages(texts, recipe, model)
    more = spoken[2]
    columns = {
        "row_group": np.full(len(texts.output), group, np.int32),
        "row": np.arange(at, at + len(texts.output)),
        "reasons": marks.reasons | more.reasons,
        "flags": marks.flags | more.flags,
        "language": spoken[0].codes,
        "language_score": spoken[0].scores,
        "output_language": spoken[1].codes,
        "verb": tagged.verb,
        "category": tagged.category,
        "instruction_chars": pc.utf8_length(texts.instruction).cast(pa.int64()),
        "input_chars": pc.utf8_length(texts.input).cast(pa.int64()),
        "output_chars": pc.utf8_length(texts.output).cast(pa.int64()),
        "rows_lost": pa.nulls(len(texts.output), pa.int64()),
        "error": pa.nulls(len(texts.output), pa.string()),
    }
    return pa.table(columns, schema=JUDGEMENT)


def _languages(
    texts: Texts, recipe: Recipe, model: str | None
) -> tuple[language.Languages, language.Languages, rules.Marks]:
    """Languages of instruction and output, and what the language rules say of them."""
    rows = len(texts.output)
    if model is None:
        untold = language.Languages(pa.nulls(rows, pa.string()), pa.nulls(rows, pa.float32()))
        return untold, untold, rules.Marks(np.zeros(rows, np.uint64), np.zeros(rows, np.uint64))
    loaded = language.load_model(model)
    asked = language.identify(loaded, texts.instruction, recipe)
    answered = language.identify(loaded, texts.output, recipe)
    return asked, answered, language.mark_languages(recipe, asked, answered)


def parts_of(texts: Texts, recipe: Recipe) -> list[pa.LargeStringArray]:
    """The normalised parts that similarity is defined on: prompt and output, or both joined."""
    if recipe.dedup.similarity == "joined":
        return [normalise(join_present(list(texts)))]
    return [normalise(join_present([texts.instruction, texts.input])), normalise(texts.output)]


def _identity(texts: Texts, hashes: pa.FixedSizeBinaryArray, batch: pa.RecordBatch) -> pa.Table:
    by_name = [batch.column(name) for name in sorted(batch.schema.names)]
    columns = {
        "record_id": record_ids(texts._asdict()),
        "content_hash": hashes,
        "row_hash": as_words(hash_rows(encode_rows(by_name)))[:, 0],
    }
    return pa.table(columns, schema=IDENTITY)


def _sign_new(
    parts: list[pa.LargeStringArray], hashes: pa.FixedSizeBinaryArray, seen: set[bytes], fresh: set[bytes]
) -> pa.Table:
    """SIGNATURES of the contents that stand in no earlier row of the unit."""
    rows = []
    for row, content in enumerate(hashes.to_pylist()):
        if content not in seen and content not in fresh:
            fresh.add(content)
            rows.append(row)
    chosen = pa.array(rows, pa.int64())
    signed = [sign(shingle(part.take(chosen), tag)) for part, tag in zip(parts, PART_TAGS, strict=False)]
    signature = np.minimum.reduce(signed).astype("<u4")
    stored = pa.Array.from_buffers(pa.binary(512), len(rows), [None, pa.py_buffer(signature.tobytes())])
    return pa.table({"content_hash": hashes.take(chosen), "signature": stored}, schema=SIGNATURES)


def unreadable_file(reader: UnitReader) -> list[pa.Table]:
    """The one line of a file that cannot be read at all."""
    return [_damage(None, None, reader.file.error or "")]


def _unreadable(reader: UnitReader, group: int, error: Exception) -> pa.Table:
    """The one line of a row group that cannot be read."""
    sentence = str(error).strip().split("\n")[0]
    return _damage(group - reader.unit.groups[0], reader.group_rows(group), f"row group {group}: {sentence}")


def _damage(group: int | None, lost: int | None, error: str) -> pa.Table:
    line: dict[str, object] = dict.fromkeys(JUDGEMENT.names)
    line |= {"row_group": group, "rows_lost": lost, "error": error}
    line |= {"reasons": Reason.UNREADABLE.bit, "flags": 0}
    return pa.Table.from_pylist([line], schema=JUDGEMENT)
