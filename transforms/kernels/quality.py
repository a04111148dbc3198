"""Numbers of any type as whole numbers that sort as they do."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_ZERO = np.uint64(1 << 63)
_ALL_BUT_SIGN = np.int64((1 << 63) - 1)


def sort_keys(column: pa.Array) -> pa.Int64Array:
    """Whole numbers that sort as a column's numbers do; null where there is none.

    Whole numbers sort exactly, others as floating-point numbers. What is no number at all is null.

    >>> sort_keys(pa.array([3, None, -4])).to_pylist()
    [3, None, -4]
    >>> np.argsort(sort_keys(pa.array([2.5, -1.0, 0.0, float("-inf")])).to_numpy()).tolist()
    [3, 1, 2, 0]
    """
    kind = column.type
    if pa.types.is_uint64(kind):
        keys = (pc.fill_null(column, 0).to_numpy() ^ _ZERO).view(np.int64)
        return pa.array(keys, mask=_nulls(column))
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return column.cast(pa.int64())
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _of_floats(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    return pa.nulls(len(column), pa.int64())


def _nulls(column: pa.Array) -> np.ndarray:
    return np.asarray(column.is_null().to_numpy(zero_copy_only=False))


def _of_floats(values: np.ndarray) -> pa.Int64Array:
    """Keys of floating-point numbers; NaN is none."""
    bits = (values + 0.0).view(np.int64)  # there is one zero
    return pa.array(np.where(bits < 0, bits ^ _ALL_BUT_SIGN, bits), mask=np.isnan(values))
