"""The buffers of Arrow text columns as numpy arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa


class Bytes(NamedTuple):
    """The bytes of a column's texts, one after another, and where each begins and ends.

    `data` is uint8 and holds nothing else; `offsets` is int64, one longer than the rows, from 0.
    """

    data: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        """Give the number of rows."""
        return len(self.offsets) - 1


def buffers(column: pa.LargeStringArray) -> Bytes:
    """View a large_string or large_binary column without nulls, without copying.

    >>> data, offsets = buffers(pa.array(["ab", "", "c"], pa.large_string())[1:])
    >>> bytes(data), offsets.tolist()
    (b'c', [0, 0, 1])
    """
    _, offset_buffer, data_buffer = column.buffers()
    if len(column) == 0 or offset_buffer is None:
        return Bytes(np.zeros(0, np.uint8), np.zeros(1, np.int64))
    offsets = np.frombuffer(offset_buffer, np.int64)[column.offset : column.offset + len(column) + 1]
    first, last = int(offsets[0]), int(offsets[-1])
    data = np.frombuffer(data_buffer, np.uint8)[first:last] if last > first else np.zeros(0, np.uint8)
    return Bytes(data, offsets - first)


def cut(offsets: np.ndarray, size: int) -> Iterator[tuple[int, int]]:
    """First row and end of each run of rows that hold about `size` values; a row of more is a run of its own.

    >>> list(cut(np.array([0, 2, 3, 9, 9]), 3))
    [(0, 2), (2, 3), (3, 4)]
    """
    low = 0
    while low < len(offsets) - 1:
        high = int(np.searchsorted(offsets, offsets[low] + size, "right")) - 1
        yield low, max(high, low + 1)
        low = max(high, low + 1)
