"""One pass over the rows of a unit, each looked at on its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reason import Reason
from schemas.recipe import Recipe
from schemas.verdict import IDENTITY, JUDGEMENT, PROMPTED, signatures_schema
from transforms.kernels import language
from transforms.kernels.containment import Index
from transforms.kernels.difficulty import DIFFICULTIES
from transforms.kernels.marks import Marks
from transforms.kernels.minhash import sign
from transforms.kernels.openings import find_openings
from transforms.kernels.own_rules import apply_own
from transforms.kernels.own_tagger import tag_rows
from transforms.kernels.prompt_findings import Models, look_at_prompts
from transforms.kernels.quality import sort_keys
from transforms.kernels.quality_marks import mark_quality
from transforms.kernels.rows import (
    as_words,
    content_hashes,
    encode_named,
    encode_rows,
    prompt_hashes,
    sum_up_rows,
)
from transforms.kernels.rules import mark_rows
from transforms.kernels.scores import score_rows
from transforms.kernels.shingles import PART_TAGS, shingle
from transforms.kernels.slots import mark_slots
from transforms.kernels.tasks import PromptTags, Tasks
from transforms.kernels.texts import Texts
from transforms.kernels.token_counts import Counter
from transforms.kernels.token_rules import Tokens, mark_tokens
from transforms.kernels.turn_rules import mark_turns
from transforms.kernels.turns import Spoken
from transforms.steps.benchmarks import compare
from transforms.steps.job import Job
from transforms.steps.parts import near_parts, parts_of, prompt_of, signed_by
from transforms.steps.reader import Reader, UnreadableError


@dataclass
class Findings:
    """What was found of a unit: by kind a table a slice; and a line for each row group that is unreadable."""

    reader: Reader
    permutations: int
    slices: list[dict[str, pa.Table]] = field(default_factory=list)
    unreadable: list[pa.Table] = field(default_factory=list)

    def table(self, kind: str) -> pa.Table:
        """All that was found of one kind."""
        pieces = [piece[kind] for piece in self.slices if kind in piece]
        lost = self.unreadable if kind == "judgement" else []
        return pa.concat_tables([self._schema(kind).empty_table(), *pieces, *lost])

    def _schema(self, kind: str) -> pa.Schema:
        known = {"judgement": JUDGEMENT, "identity": IDENTITY}
        return known.get(kind) or signatures_schema(self.permutations)


@dataclass
class _Seen:
    """PROMPTED of prompts that were looked at before; contents that were signed already.

    These in whole row groups and in the one being read.
    """

    prompts: pa.Table | None = None
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


def examine_unreadable(reader: Reader, job: Job) -> Findings:
    """The one line of a file that cannot be read at all."""
    return Findings(
        reader, job.recipe.dedup.permutations, unreadable=[_line_of(None, None, reader.file.error or "")]
    )


def examine_lost(reader: Reader, error: str, job: Job) -> Findings:
    """A part of a row group that is lost: the first part has the one line for all of them."""
    permutations = job.recipe.dedup.permutations
    if reader.unit.skip > 0:
        return Findings(reader, permutations)
    rows = sum(part.rows for part in reader.plan.parts_of(reader.unit))
    return Findings(reader, permutations, unreadable=[_line_of(0, rows, error)])


def examine(
    reader: Reader, job: Job, kinds: Sequence[str], known_prompts: pa.Table | None = None
) -> Findings:
    """Read every row group of a unit and find what is asked for; note those that cannot be read.

    What is known of some prompts, as PROMPTED, is not looked for again.
    """
    findings, seen = Findings(reader, job.recipe.dedup.permutations), _Seen(known_prompts)
    for group in range(*reader.unit.groups):
        try:
            found = list(_examine_group(reader, job, kinds, group, seen))
        except UnreadableError as error:
            findings.unreadable.append(_unreadable(reader, group, error))
            seen.settle(read=False)
            reader.lost.clear()
            continue
        seen.settle(read=True)
        findings.slices += found
        findings.unreadable += [_line_of(0, 1, error, row) for row, error in sorted(reader.lost.items())]
    return findings


def _examine_group(
    reader: Reader, job: Job, kinds: Sequence[str], group: int, seen: _Seen
) -> Iterator[dict[str, pa.Table]]:
    at, recipe = reader.rows_before(group), job.recipe_of(reader.unit.index)
    for read in reader.slices(group, None if "identity" in kinds else list(reader.columns.values())):
        rows, batch = reader.whole_rows(read, at)
        at += len(read)
        texts = reader.texts(batch)
        found: dict[str, pa.Table] = {}
        if "judgement" in kinds:
            position = (np.full(len(batch), group - reader.unit.groups[0], np.int32), rows)
            counter = job.counter_of(reader.unit.index)
            models = Models(job.model if recipe.language.enabled else None, counter, seen.prompts)
            said = (texts, reader.adapter.spoken(batch))
            found["judgement"] = judge(said, position, recipe, models, job.benchmarks)
        if "identity" in kinds or "signatures" in kinds:
            parts = parts_of(texts, recipe)
            hashes, ids = content_hashes(parts), reader.record_ids(batch)
            if "identity" in kinds:
                prompts = prompt_hashes(prompt_of(texts) if len(parts) == 1 else parts[0])
                found["identity"] = _identify(reader.adapter.hashed, recipe, (ids, hashes), prompts, batch)
            if "signatures" in kinds:
                keys = {"content_hash": hashes, "record_id": ids}[signed_by(recipe)]
                found["signatures"] = _sign(texts, parts, keys, seen.new_rows(keys), recipe)
        yield found


def judge(
    said: tuple[Texts, Spoken | None],
    position: tuple[np.ndarray, np.ndarray],
    recipe: Recipe,
    models: Models,
    benchmarks: Index | None,
) -> pa.Table:
    """JUDGEMENT of a slice: its texts and turns, and its position (row groups and rows)."""
    (texts, turns), rows = said, len(said[0].output)
    prompts = look_at_prompts(texts, recipe, models)
    tagged = tag_rows(recipe, PromptTags(*(prompts[name] for name in PromptTags._fields)), texts)
    asked, answered, spoken = _languages(prompts, texts.output, recipe, models.language)
    tokens = _count_tokens(prompts, texts.output, models.tokens)
    held, matches = compare(texts, recipe, benchmarks)
    found = [
        spoken,
        held,
        *(mark(recipe, texts) for mark in (mark_rows, mark_slots, mark_quality, apply_own)),
        *([] if turns is None else [mark_turns(recipe, turns)]),
        *([] if tokens is None else [mark_tokens(recipe, tokens)]),
    ]
    reasons, flags = (np.bitwise_or.reduce([marks[at] for marks in found]) for at in (0, 1))
    lengths = {role: pc.utf8_length(text).cast(pa.int64()) for role, text in texts._asdict().items()}
    columns = {
        "row_group": position[0],
        "row": position[1],
        "reasons": reasons,
        "flags": flags,
        "language": asked.codes,
        "output_language": answered.codes,
        **{name: prompts[name] for name in PROMPTED.names},
        "output_tokens": pa.nulls(rows, pa.int64()) if tokens is None else tokens.output,
        **tagged._asdict(),
        "template": _templates(texts, recipe),
        "score": _score(reasons | flags, lengths["output"], asked, tagged),
        **{f"{role}_chars": chars for role, chars in lengths.items()},
        **matches,
        "rows_lost": pa.nulls(rows, pa.int64()),
        "error": pa.nulls(rows, pa.string()),
    }
    return pa.table(columns, schema=JUDGEMENT)


def _count_tokens(
    prompts: pa.RecordBatch, outputs: pa.LargeStringArray, counter: Counter | None
) -> Tokens | None:
    """Tokens of each field of some rows."""
    if counter is None:
        return None
    asked, given = (prompts[name].to_numpy() for name in ("instruction_tokens", "input_tokens"))
    return Tokens(asked, given, counter.count(outputs))


def _templates(texts: Texts, recipe: Recipe) -> pa.StringArray:
    """How each instruction begins, where the recipe goes by it."""
    if recipe.balance is not None and recipe.balance.by_template:
        return find_openings(texts.instruction)
    return pa.nulls(len(texts.output), pa.string())


def _score(marks: np.ndarray, chars: pa.Int64Array, asked: language.Languages, tagged: Tasks) -> np.ndarray:
    """Score of each row; a difficulty that the tagger does not tell is simple."""
    level = pc.fill_null(pc.index_in(tagged.difficulty, value_set=pa.array(DIFFICULTIES)), 0).to_numpy()
    return score_rows(marks, chars.to_numpy(), asked.scores.to_numpy(zero_copy_only=False), level)


def _languages(
    prompts: pa.RecordBatch, outputs: pa.LargeStringArray, recipe: Recipe, model: str | None
) -> tuple[language.Languages, language.Languages, Marks]:
    """Languages of instruction and output, and what the language rules say of them."""
    likeliest, scores = prompts["likeliest"], prompts["language_score"]
    if model is None:
        untold = language.Languages(likeliest, likeliest, scores)
        return untold, untold, Marks.none(len(outputs))
    answered = language.identify(language.load_model(model), outputs, recipe)
    asked, answered = language.agree(language.tell(likeliest, scores, recipe), answered)
    return asked, answered, language.mark_languages(recipe, asked, answered)


def _identify(
    columns: Collection[str],
    recipe: Recipe,
    hashed: tuple[pa.FixedSizeBinaryArray, pa.FixedSizeBinaryArray],
    prompts: np.ndarray,
    batch: pa.RecordBatch,
) -> pa.Table:
    ids, hashes = hashed
    found = {
        **identify_whole(columns, recipe, ids, batch),
        "content_hash": hashes,
        "prompt_hash": pa.array(prompts),
    }
    return pa.table({name: found[name] for name in IDENTITY.names}).cast(IDENTITY)


def identify_whole(
    columns: Collection[str], recipe: Recipe, ids: pa.FixedSizeBinaryArray, batch: pa.RecordBatch
) -> dict[str, pa.Array]:
    """What IDENTITY says of rows, whose record ids are given, by all of their columns."""
    column = recipe.dedup.column
    ranked = column is not None and column in batch.schema.names
    return {
        "record_id": ids,
        "row_hash": pa.array(_hash_whole(batch, columns, ids)),
        "quality": pa.array(sort_keys(batch.column(column)) if ranked else pa.nulls(len(batch), pa.int64())),
    }


def _hash_whole(batch: pa.RecordBatch, columns: Collection[str], ids: pa.Array) -> np.ndarray:
    """Hash of each whole row (uint64): its record id, which of some columns are null, its other columns."""
    there = pa.scalar("", pa.large_string())
    whole = {name: batch.column(name) for name in batch.schema.names}
    for name in columns:
        if name in whole:
            whole[name] = pc.if_else(whole[name].is_valid(), there, pa.scalar(None, there.type))
    return as_words(sum_up_rows(encode_rows([ids, encode_named(whole)])))[:, 0]


def _sign(
    texts: Texts,
    parts: list[pa.LargeStringArray],
    keys: pa.FixedSizeBinaryArray,
    rows: list[int],
    recipe: Recipe,
) -> pa.Table:
    """Signatures of some rows."""
    chosen, dedup = pa.array(rows, pa.int64()), recipe.dedup
    if dedup.shingles.text == "normalised":
        near = [part.take(chosen) for part in parts]
    else:
        near = near_parts(Texts(*(text.take(chosen) for text in texts)), recipe)
    shingled = [shingle(part, tag, dedup.shingles) for part, tag in zip(near, PART_TAGS, strict=False)]
    signature = np.minimum.reduce([sign(part, dedup.permutations) for part in shingled]).astype("<u4")
    schema = signatures_schema(signature.shape[1])
    content = [None, pa.py_buffer(signature.tobytes())]
    stored = pa.Array.from_buffers(schema.field("signature").type, len(rows), content)
    return pa.table({"key": keys.take(chosen), "signature": stored}, schema=schema)


def _unreadable(reader: Reader, group: int, error: Exception) -> pa.Table:
    """The one line of a row group that cannot be read."""
    sentence = str(error).strip().split("\n")[0]
    lost = reader.group_rows(group)
    return _line_of(group - reader.unit.groups[0], lost, f"row group {group}: {sentence}")


def _line_of(group: int | None, lost: int | None, error: str, row: int | None = None) -> pa.Table:
    line: dict[str, object] = dict.fromkeys(JUDGEMENT.names)
    line |= {"row_group": group, "row": row, "rows_lost": lost, "error": error}
    line |= {"reasons": Reason.UNREADABLE.bit, "flags": 0}
    return pa.Table.from_pylist([line], schema=JUDGEMENT)
