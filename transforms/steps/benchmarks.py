"""The index of the benchmarks as a table, which the launcher stores and every worker loads."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from transforms.kernels.containment import Index
from transforms.kernels.coverage import Grams


def to_table(index: Index) -> pa.Table:
    """The index as one row of lists.

    >>> none = np.zeros(0, np.int64)
    >>> to_table(Index(Grams(8, none, none, none, none), none, none)).column_names
    ['ngram', 'hashes', 'places', 'starts', 'lines', 'short', 'short_lines']
    """
    arrays = [*vars(index.grams).items(), *vars(index).items()]
    lists = {name: _as_list(values) for name, values in arrays if isinstance(values, np.ndarray)}
    return pa.table({"ngram": [index.ngram], **lists})


def from_table(table: pa.Table) -> Index:
    """The index that `to_table` was given."""
    ngram, *arrays = (column.chunk(0) for column in table.columns)
    hashes, places, starts, lines, short, short_lines = (one.values.to_numpy() for one in arrays)
    return Index(Grams(ngram[0].as_py(), hashes, places, starts, lines), short, short_lines)


def _as_list(values: np.ndarray) -> pa.LargeListArray:
    return pa.LargeListArray.from_arrays(np.array([0, len(values)]), pa.array(values))
