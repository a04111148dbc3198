"""The buffers of Arrow text columns as numpy arrays."""

from __future__ import annotations

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
