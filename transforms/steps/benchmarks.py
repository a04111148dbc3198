"""The index of the benchmarks: as a table, which every worker loads, and compared with rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from schemas.recipe import Recipe
from transforms.kernels.containment import Index, contain, mark_contaminated
from transforms.kernels.coverage import Grams
from transforms.kernels.marks import Marks
from transforms.kernels.text import normalise
from transforms.kernels.texts import Texts
from transforms.steps.parts import prompt_of


def to_table(index: Index) -> pa.Table:
    """The index as one row of lists.

    >>> none = np.zeros(0, np.int64)
    >>> to_table(Index(Grams(8, none, none, none, none), none, none)).column_names
    ['ngram', 'hashes', 'places', 'starts', 'lines', 'short', 'short_lines']
    """
    grams = index.grams
    arrays = {
        "hashes": grams.hashes,
        "places": grams.places,
        "starts": grams.starts,
        "lines": grams.lines,
        "short": index.short,
        "short_lines": index.short_lines,
    }
    return pa.table({"ngram": [grams.ngram], **{name: _as_list(values) for name, values in arrays.items()}})


def from_table(table: pa.Table) -> Index:
    """The index that `to_table` was given."""
    ngram, *arrays = (column.chunk(0) for column in table.columns)
    hashes, places, starts, lines, short, short_lines = (one.values.to_numpy() for one in arrays)
    return Index(Grams(ngram[0].as_py(), hashes, places, starts, lines), short, short_lines)


def _as_list(values: np.ndarray) -> pa.LargeListArray:
    return pa.LargeListArray.from_arrays(np.array([0, len(values)]), pa.array(values))


def compare(texts: Texts, recipe: Recipe, index: Index | None) -> tuple[Marks, dict[str, pa.Array]]:
    """What the rule on benchmarks says of rows, and columns of JUDGEMENT on what the marked ones match."""
    rows, rule = len(texts.output), recipe.rules.contaminated
    if index is None or rule.action == "off":
        nothing = {"match": pa.nulls(rows, pa.int64()), "match_score": pa.nulls(rows, pa.float64())}
        return Marks.none(rows), nothing
    match = contain(index, prompt_of(texts), normalise(texts.output))
    marks = mark_contaminated(match, rule)
    unmarked = (marks.reasons | marks.flags) == 0
    found = {"match": match.line, "match_score": match.score}
    return marks, {name: pa.array(values, mask=unmarked) for name, values in found.items()}
