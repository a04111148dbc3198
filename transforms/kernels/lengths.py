"""How long rows are, in characters and in tokens: each field and the whole, in all and by task."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas import example
from transforms.kernels.counts import Cell, Counts, code, read_numbers
from transforms.kernels.histogram import Histogram, coarsen, find_buckets
from transforms.kernels.token_counts import CHARS

CHARACTERS, TOKENS = "chars", "tokens"
UNITS = (CHARACTERS, TOKENS)
WHOLE = "whole"
"""All fields of a row together, each measured by itself."""

Lengths = dict[str, np.ndarray]
"""Length of each row (int64) by field and unit, as in `output_chars` and `whole_tokens`."""


def read_lengths(rows: pa.Table) -> Lengths:
    """Lengths of resolved rows; a field whose tokens were not counted has one for every four characters."""
    found: Lengths = {}
    for field in example.FIELDS:
        chars = read_numbers(rows[f"{field}_chars"])
        guessed = pa.array(-(-chars // CHARS))
        found[f"{field}_{CHARACTERS}"] = chars
        found[f"{field}_{TOKENS}"] = read_numbers(pc.coalesce(rows[f"{field}_{TOKENS}"], guessed))
    for unit in UNITS:
        found[f"{WHOLE}_{unit}"] = np.sum([found[f"{field}_{unit}"] for field in example.FIELDS], axis=0)
    return found


def spread_lengths(lengths: Lengths, scope: np.ndarray) -> dict[str, Histogram]:
    """Histograms over the rows of a mask; of the field `input` over those that have one."""
    given = scope & (lengths[f"{example.INPUT}_{CHARACTERS}"] > 0)
    return {
        name: Histogram.of(values[given if name.startswith(f"{example.INPUT}_") else scope])
        for name, values in lengths.items()
    }


def count_by_verb(verbs: pa.ChunkedArray, lengths: Lengths, kept: np.ndarray) -> Counts:
    """Lengths of instruction and output by verb: their sums, of all rows and of those kept, and their spread.

    Sums are the columns `output_chars_curated` and the like of the table `verb_lengths`. Tables such as
    `output_by_verb` count the kept rows by coarse buckets of characters.
    """
    names, codes = code(verbs)
    counts: Counts = {}
    for field in (example.INSTRUCTION, example.OUTPUT):
        for unit in UNITS:
            values = lengths[f"{field}_{unit}"]
            for scope, mask in (("input", np.ones(len(kept), bool)), ("curated", kept)):
                sums = np.zeros(len(names), np.int64)
                np.add.at(sums, codes[mask], values[mask])
                cells = (Cell("verb_lengths", name, f"{field}_{unit}_{scope}") for name in names)
                counts |= dict(zip(cells, sums.tolist(), strict=True))
        buckets = find_buckets(coarsen(lengths[f"{field}_{CHARACTERS}"][kept]))
        width = int(buckets.max(initial=0)) + 1
        keys, rows = np.unique(codes[kept] * width + buckets, return_counts=True)
        places = zip(*(at.tolist() for at in np.divmod(keys, width)), strict=True)
        cells = (Cell(f"{field}_by_verb", names[verb], str(bucket)) for verb, bucket in places)
        counts |= dict(zip(cells, rows.tolist(), strict=True))
    return {cell: count for cell, count in counts.items() if count}
