"""What is found of prompts alone, whatever their answers: their languages, tasks and tokens."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from schemas.recipe import Recipe
from schemas.verdict import PROMPTED
from transforms.kernels import language
from transforms.kernels.rows import as_words, encode_rows, hash_rows, place_words
from transforms.kernels.tagger import TAGGERS
from transforms.kernels.texts import Texts
from transforms.kernels.token_counts import Counter


class Models(NamedTuple):
    """What rows are judged by beside the recipe, each where there is one."""

    language: str | None = None
    """Path of the language model."""

    tokens: Counter | None = None
    """What counts tokens."""

    prompts: pa.Table | None = None
    """PROMPTED of prompts that were looked at before, which are not looked at again."""


def look_at_prompts(texts: Texts, recipe: Recipe, models: Models) -> pa.RecordBatch:
    """PROMPTED of each row; for a prompt that was looked at before, what was found then."""
    hashes, known = hash_rows(encode_rows([texts.instruction, texts.input])), models.prompts
    if known is None or not len(known):
        return _look(hashes, texts, recipe, models)
    at = place_words(as_words(known["prompt"].combine_chunks()), as_words(hashes))
    rows = pa.array(np.flatnonzero(at < 0))
    found = _look(hashes.take(rows), Texts(*(text.take(rows) for text in texts)), recipe, models)
    at[at < 0] = len(known) + np.arange(len(rows))
    both = pa.concat_tables([known, pa.Table.from_batches([found])]).take(pa.array(at))
    return pa.record_batch([column.combine_chunks() for column in both.columns], schema=PROMPTED)


def _look(hashes: pa.FixedSizeBinaryArray, texts: Texts, recipe: Recipe, models: Models) -> pa.RecordBatch:
    rows = len(hashes)
    likeliest, scores = pa.nulls(rows, pa.string()), pa.nulls(rows, pa.float32())
    if models.language is not None:
        model = language.load_model(models.language)
        _, likeliest, scores = language.identify(model, texts.instruction, recipe)
    columns = {
        "prompt": hashes,
        "likeliest": likeliest,
        "language_score": scores,
        **TAGGERS[recipe.tagger](texts.instruction, texts.input)._asdict(),
        "instruction_tokens": _count(texts.instruction, models.tokens),
        "input_tokens": _count(texts.input, models.tokens),
    }
    return pa.record_batch(columns, schema=PROMPTED)


def _count(texts: pa.LargeStringArray, counter: Counter | None) -> pa.Int64Array:
    return pa.nulls(len(texts), pa.int64()) if counter is None else pa.array(counter.count(texts))
