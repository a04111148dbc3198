"""One pass over the rows of a unit, each looked at on its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.recipe import Recipe
from schemas.verdict import IDENTITY, JUDGEMENT, SIGNATURES, Reason
from transforms.kernels import language, rules, tasks
from transforms.kernels.minhash import sign
from transforms.kernels.rows import (
    as_words,
    content_hashes,
    encode_named,
    encode_rows,
    record_ids,
    sum_up_rows,
)
from transforms.kernels.rules import Texts
from transforms.kernels.shingles import PART_TAGS, shingle
from transforms.kernels.text import join_present, normalise
from transforms.steps.job import Job
from transforms.steps.parquet import UnitReader, UnreadableError, texts_of

_SCHEMAS = {"judgement": JUDGEMENT, "identity": IDENTITY, "signatures": SIGNATURES}


@dataclass
class Findings:
    """What was found of a unit: by kind a table a slice; and a line for each row group that is unreadable."""

    reader: UnitReader
    slices: list[dict[str, pa.Table]] = field(default_factory=list)
    unreadable: list[pa.Table] = field(default_factory=list)

    def table(self, kind: str) -> pa.Table:
        """All that was found of one kind."""
        pieces = [piece[kind] for piece in self.slices if kind in piece]
        lost = self.unreadable if kind == "judgement" else []
        return pa.concat_tables([_SCHEMAS[kind].empty_table(), *pieces, *lost])


@dataclass
class _Contents:
    """Contents that were signed already, in whole row groups and in the one being read."""

    whole: set[bytes] = field(default_factory=set)
    fresh: set[bytes] = field(default_factory=set)

    def new_rows(self, hashes: pa.FixedSizeBinaryArray) -> list[int]:
        """Rows whose content is met for the first time."""
        contents = hashes.to_pylist()
        first = {content: row for row, content in reversed(list(enumerate(contents)))}
        new = first.keys() - self.whole - self.fresh
        self.fresh |= new
        return sorted(first[content] for content in new)

    def settle(self, *, read: bool) -> None:
        """End a row group: keep its contents if it could be read."""
        if read:
            self.whole |= self.fresh
        self.fresh = set()


def examine_unreadable(reader: UnitReader) -> Findings:
    """The one line of a file that cannot be read at all."""
    return Findings(reader, unreadable=[_line_of(None, None, reader.file.error or "")])


def examine_lost(reader: UnitReader, error: str) -> Findings:
    """A part of a row group that is lost: the first part has the one line for all of them."""
    if reader.unit.skip > 0:
        return Findings(reader)
    rows = sum(part.rows for part in reader.plan.parts_of(reader.unit))
    return Findings(reader, unreadable=[_line_of(0, rows, error)])


def examine(reader: UnitReader, job: Job, kinds: Sequence[str]) -> Findings:
    """Read every row group of a unit and find what is asked for; note those that cannot be read."""
    findings, contents = Findings(reader), _Contents()
    for group in range(*reader.unit.groups):
        try:
            found = list(_examine_group(reader, job, kinds, group, contents))
        except UnreadableError as error:
            findings.unreadable.append(_unreadable(reader, group, error))
            contents.settle(read=False)
            continue
        contents.settle(read=True)
        findings.slices += found
    return findings


def _examine_group(
    reader: UnitReader, job: Job, kinds: Sequence[str], group: int, contents: _Contents
) -> Iterator[dict[str, pa.Table]]:
    at = reader.rows_before(group)
    for batch in reader.slices(group, None if "identity" in kinds else list(reader.columns.values())):
        texts = texts_of(reader.columns, batch)
        found: dict[str, pa.Table] = {}
        if "judgement" in kinds:
            position = (
                np.full(len(batch), group - reader.unit.groups[0], np.int32),
                np.arange(at, at + len(batch)),
            )
            found["judgement"] = judge(texts, position, job.recipe, job.model)
        if "identity" in kinds or "signatures" in kinds:
            parts = parts_of(texts, job.recipe)
            hashes = content_hashes(parts)
            if "identity" in kinds:
                found["identity"] = _identify(reader.columns, hashes, batch)
            if "signatures" in kinds:
                found["signatures"] = _sign(parts, hashes, contents.new_rows(hashes))
        at += len(batch)
        yield found


def judge(
    texts: Texts, position: tuple[np.ndarray, np.ndarray], recipe: Recipe, model: str | None
) -> pa.Table:
    """JUDGEMENT of a slice, its rows at a position (row groups and rows): rules, languages, task, lengths."""
    rows = len(texts.output)
    marks = rules.apply_rules(rules.rules_of(recipe), texts)
    tagged = tasks.TAGGERS[recipe.tagger](texts.instruction)
    asked, answered, spoken = _languages(texts, recipe, model)
    columns = {
        "row_group": position[0],
        "row": position[1],
        "reasons": marks.reasons | spoken.reasons,
        "flags": marks.flags | spoken.flags,
        "language": asked.codes,
        "language_score": asked.scores,
        "output_language": answered.codes,
        "verb": tagged.verb,
        "category": tagged.category,
        **{f"{role}_chars": pc.utf8_length(text).cast(pa.int64()) for role, text in texts._asdict().items()},
        "rows_lost": pa.nulls(rows, pa.int64()),
        "error": pa.nulls(rows, pa.string()),
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


def _identify(columns: Mapping[str, str], hashes: pa.FixedSizeBinaryArray, batch: pa.RecordBatch) -> pa.Table:
    ids = record_ids(
        {role: batch.column(name) for role, name in columns.items() if name in batch.schema.names}
    )
    found = {"record_id": ids, "content_hash": hashes, "row_hash": _hash_whole(batch, columns, ids)}
    return pa.table(found, schema=IDENTITY)


def _hash_whole(batch: pa.RecordBatch, columns: Mapping[str, str], ids: pa.Array) -> np.ndarray:
    """Hash of each whole row (uint64): its record id, which of its fields are null, its other columns."""
    there = pa.scalar("", pa.large_string())
    whole = {name: batch.column(name) for name in batch.schema.names}
    for name in columns.values():
        if name in whole:
            whole[name] = pc.if_else(whole[name].is_valid(), there, pa.scalar(None, there.type))
    return as_words(sum_up_rows(encode_rows([ids, encode_named(whole)])))[:, 0]


def _sign(parts: list[pa.LargeStringArray], hashes: pa.FixedSizeBinaryArray, rows: list[int]) -> pa.Table:
    """SIGNATURES of some rows."""
    chosen = pa.array(rows, pa.int64())
    signed = [sign(shingle(part.take(chosen), tag)) for part, tag in zip(parts, PART_TAGS, strict=False)]
    signature = np.minimum.reduce(signed).astype("<u4")
    stored = pa.Array.from_buffers(pa.binary(512), len(rows), [None, pa.py_buffer(signature.tobytes())])
    return pa.table({"content_hash": hashes.take(chosen), "signature": stored}, schema=SIGNATURES)


def _unreadable(reader: UnitReader, group: int, error: Exception) -> pa.Table:
    """The one line of a row group that cannot be read."""
    sentence = str(error).strip().split("\n")[0]
    lost = reader.group_rows(group)
    return _line_of(group - reader.unit.groups[0], lost, f"row group {group}: {sentence}")


def _line_of(group: int | None, lost: int | None, error: str) -> pa.Table:
    line: dict[str, object] = dict.fromkeys(JUDGEMENT.names)
    line |= {"row_group": group, "rows_lost": lost, "error": error}
    line |= {"reasons": Reason.UNREADABLE.bit, "flags": 0}
    return pa.Table.from_pylist([line], schema=JUDGEMENT)
