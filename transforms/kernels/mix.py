"""How often sources, languages and tasks occur together, and what became of these rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reason import NAMES
from schemas.verdict import Verdict
from transforms.kernels.counts import VERDICTS, Cell, Counts, code, count_by_verdict, read_numbers

KEPT, EXACT, NEAR = "kept", "exact_duplicate", "near_duplicate"


class Meeting(NamedTuple):
    """Rows that share all of these; `outcome` is the step of the funnel that they end at."""

    source: str | None
    language: str | None
    category: str | None
    verb: str | None
    outcome: str


def count_meetings(rows: pa.Table, verdicts: np.ndarray, names: Sequence[str] = NAMES) -> dict[Meeting, int]:
    """Count readable rows by source, language, category, verb and outcome."""
    outcomes = [KEPT, EXACT, NEAR, *names]
    values, key = [], np.zeros(len(rows), np.int64)
    for name in Meeting._fields[:-1]:
        found, codes = code(rows[name])
        values.append(found)
        key = key * len(found) + codes
    key = key * len(outcomes) + _outcomes(rows, verdicts)
    keys, counts = np.unique(key, return_counts=True)
    places = np.unravel_index(keys, [*map(len, values), len(outcomes)]) if len(keys) else ()
    names_ = [np.array(found, object) for found in [*values, outcomes]]
    lines = zip(*(found[at] for found, at in zip(names_, places, strict=bool(len(keys)))), strict=True)
    return {Meeting(*line): rows_ for line, rows_ in zip(lines, counts.tolist(), strict=True)}


def _outcomes(rows: pa.Table, verdicts: np.ndarray) -> np.ndarray:
    """Place of each row's outcome: kept, exact or near duplicate, then the first reason of a rejected row."""
    reasons = read_numbers(rows["reason_bits"])
    masks, at = np.unique(reasons & (~reasons + np.uint64(1)), return_inverse=True)
    first = np.array([int(mask).bit_length() - 1 for mask in masks], np.int64)[at]
    outcomes = np.where(read_numbers(rows["exact"]), 1, 2)
    outcomes[verdicts == VERDICTS.index(Verdict.KEPT)] = 0
    rejected = verdicts == VERDICTS.index(Verdict.REJECTED)
    outcomes[rejected] = 3 + first[rejected]
    return outcomes


def count_verb_nouns(rows: pa.Table, verdicts: np.ndarray, sampled: np.ndarray) -> Counts:
    """Count pairs of verb and noun, joined by a tab, by verdict, among the rows of a mask."""
    mask = pa.array(sampled & rows["noun"].is_valid().to_numpy() & rows["verb"].is_valid().to_numpy())
    chosen = rows.select(["verb", "noun"]).filter(mask)
    pairs = pc.binary_join_element_wise(chosen["verb"], chosen["noun"], "\t")
    counts = count_by_verdict("pair", pairs, verdicts[mask.to_numpy(zero_copy_only=False)])
    for verdict in np.unique(verdicts[sampled]).tolist():
        counts[Cell("pairs", None, VERDICTS[verdict])] = int((verdicts[sampled] == verdict).sum())
    return counts
