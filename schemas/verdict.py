"""Verdicts, and the columns of the ledger and of what it is made from."""

from __future__ import annotations

from enum import Enum

import pyarrow as pa


class Verdict(str, Enum):
    """The one final verdict of an input row."""

    KEPT = "kept"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    UNREADABLE = "unreadable"


LEDGER = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        ("row_group", pa.int32()),
        ("row", pa.int64()),
        ("record_id", pa.string()),
        pa.field("verdict", pa.string(), nullable=False),
        ("reasons", pa.list_(pa.string())),
        ("flags", pa.list_(pa.string())),
        ("language", pa.string()),
        ("language_score", pa.float32()),
        ("output_language", pa.string()),
        ("verb", pa.string()),
        ("category", pa.string()),
        ("noun", pa.string()),
        ("difficulty", pa.string()),
        ("domain", pa.string()),
        ("score", pa.int16()),
        ("survivor_source", pa.string()),
        ("survivor_file", pa.string()),
        ("survivor_row", pa.int64()),
        ("survivor_id", pa.string()),
        ("similarity", pa.float64()),
        ("exact", pa.bool_()),
        ("cluster", pa.string()),
        ("won_by", pa.string()),
        ("match_source", pa.string()),
        ("match_file", pa.string()),
        ("match_row", pa.int64()),
        ("match_score", pa.float64()),
        ("rows_lost", pa.int64()),
        ("error", pa.string()),
    ],
)
"""One row per input row, in input order; one per file or row group that cannot be read.
`exact` says of a duplicate whether it equals its survivor after normalisation."""

JUDGEMENT = pa.schema(
    [
        ("row_group", pa.int32()),
        ("row", pa.int64()),
        ("reasons", pa.uint64()),
        ("flags", pa.uint64()),
        ("language", pa.string()),
        ("language_score", pa.float32()),
        ("output_language", pa.string()),
        ("verb", pa.string()),
        ("category", pa.string()),
        ("noun", pa.string()),
        ("difficulty", pa.string()),
        ("domain", pa.string()),
        ("score", pa.int16()),
        ("template", pa.string()),
        ("instruction_chars", pa.int64()),
        ("input_chars", pa.int64()),
        ("output_chars", pa.int64()),
        ("instruction_tokens", pa.int64()),
        ("input_tokens", pa.int64()),
        ("output_tokens", pa.int64()),
        ("match", pa.int64()),
        ("match_score", pa.float64()),
        ("prompt", pa.binary(16)),
        ("likeliest", pa.string()),
        ("points", pa.int8()),
        ("unspaced", pa.bool_()),
        ("rows_lost", pa.int64()),
        ("error", pa.string()),
    ],
)
"""What `judge` finds of each row on its own, rows and row groups counted from the unit's first;
reasons and flags are masks of `Reason.bit`. tokens are null where none are counted.
`template` tells how the instruction begins, where the recipe balances by it.
`match` is the line of the benchmarks' index that the row holds most of, `match_score` how much of it.
`prompt` is a hash of the raw instruction and input, which PROMPTED is found of.
A row group that cannot be read is one line without `row`."""

PROMPTED = pa.schema(
    [
        JUDGEMENT.field(name)
        for name in (
            *("prompt", "likeliest", "language_score", "verb", "category", "noun", "domain"),
            *("points", "unspaced", "instruction_tokens", "input_tokens"),
        )
    ]
)
"""What of a judgement holds of a prompt whatever its answer: the language it is likeliest in and how surely,
its task, what it adds to the difficulty (null where none is told), whether it is written without spaces, and
its tokens."""

IDENTITY = pa.schema(
    [
        ("record_id", pa.binary(16)),
        ("content_hash", pa.binary(16)),
        ("row_hash", pa.uint64()),
        ("prompt_hash", pa.uint64()),
        ("quality", pa.int64()),
    ],
)
"""What tells the readable rows of a unit apart: raw fields, normalised parts, all columns, prompt; and
what sorts as the number that the recipe's order goes by, where that is a column."""


def signatures_schema(permutations: int) -> pa.Schema:
    """Columns of the MinHash signatures of a unit's distinct texts, little-endian uint32 each.

    The key is the content hash, or the record id where shingles are not of the normalised text.
    """
    return pa.schema([("key", pa.binary(16)), ("signature", pa.binary(4 * permutations))])


WON_BY = ("reference", "released", "source", "quality", "content")
"""What a survivor outranks a duplicate by, the first that differs: it is of a reference set, is of a source
of higher priority, ranks higher in the recipe's order, or comes first by content. `released` is where all
of these spoke for the other row, and only that it was released before for the survivor."""

EDGES = pa.schema(
    [
        ("above_file", pa.int32()),
        ("above_row", pa.int64()),
        ("above_rank", pa.int64()),
        ("below_file", pa.int32()),
        ("below_row", pa.int64()),
        ("below_rank", pa.int64()),
        ("similarity", pa.float64()),
    ],
)
"""Verified pairs of near-duplicates, none of them an exact copy: `above` ranks higher in priority.
Files are numbered as the manifest lists them; ranks order the rows of a component, the highest first."""

MEASURES = pa.schema(
    [
        ("reason_bits", pa.uint64()),
        ("flag_bits", pa.uint64()),
        ("instruction_chars", pa.int64()),
        ("input_chars", pa.int64()),
        ("output_chars", pa.int64()),
        ("instruction_tokens", pa.int64()),
        ("input_tokens", pa.int64()),
        ("output_tokens", pa.int64()),
        ("cluster_size", pa.int64()),
    ],
)
"""What the tally needs beside the ledger; `cluster_size` counts what a kept row stands for, with itself."""

RESOLVED = pa.schema([*LEDGER, *MEASURES])
