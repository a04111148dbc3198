"""How long rows are, in characters and in tokens: each field and the whole, in all and by task."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas import example
from transforms.kernels.counts import Cell, Counts, code, read_numbers
from transforms.kernels.histogram import Histogram, coarsen
from transforms.kernels.token_counts import CHARS

CHARACTERS, TOKENS = "chars", "tokens"
UNITS = (CHARACTERS, TOKENS)
WHOLE = "whole"
"""All fields of a row together, each measured by itself."""

ASKED = (example.INSTRUCTION, example.OUTPUT)
BY_VERB = "_by_verb"
"""Suffix of measures that are counted by verb, such as `output_chars_by_verb`."""

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


def sum_by_verb(verbs: pa.ChunkedArray, lengths: Lengths) -> Counts:
    """Characters of instruction and output by verb, of all rows."""
    names, codes = code(verbs)
    counts: Counts = {}
    for field in ASKED:
        sums = np.zeros(len(names), np.int64)
        np.add.at(sums, codes, lengths[f"{field}_{CHARACTERS}"])
        cells = (Cell("verb_chars", name, field) for name in names)
        counts |= {cell: total for cell, total in zip(cells, sums.tolist(), strict=True) if total}
    return counts


def spread_by_verb(
    verbs: pa.ChunkedArray, lengths: Lengths, scope: np.ndarray
) -> dict[tuple[str, str | None], Histogram]:
    """Coarse histograms of instruction and output of the rows of a mask, by verb, as in `output_chars`."""
    names, codes = code(verbs.filter(pa.array(scope)))
    found: dict[tuple[str, str | None], Histogram] = {}
    for measure in (f"{field}_{unit}" for field in ASKED for unit in UNITS):
        values = lengths[measure][scope]
        spreads = Histogram.of_each(values, coarsen(values), codes)
        found |= {(f"{measure}{BY_VERB}", name): spread for name, spread in zip(names, spreads, strict=True)}
    return found
