"""Who the rows of a slice are: their hashes, and the signatures of what they hold."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.recipe import Recipe
from schemas.verdict import IDENTITY, signatures_schema
from transforms.kernels.minhash import sign
from transforms.kernels.quality import sort_keys
from transforms.kernels.rows import as_words, encode_named, encode_rows, sum_up_rows
from transforms.kernels.shingles import PART_TAGS, shingle
from transforms.kernels.texts import Texts
from transforms.steps.parts import near_parts


def identify(
    columns: Collection[str],
    recipe: Recipe,
    hashed: tuple[pa.FixedSizeBinaryArray, pa.FixedSizeBinaryArray],
    prompts: np.ndarray,
    batch: pa.RecordBatch,
) -> pa.Table:
    """IDENTITY of the rows of a slice, whose record ids and content hashes are given."""
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


def sign_rows(
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
