"""Counts by verdict, and what is refused."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from transforms.kernels.counts import count_by_verdict, count_flags, count_reasons, read_verdicts


def test_an_unknown_verdict_is_refused() -> None:
    with pytest.raises(ValueError, match="maybe"):
        read_verdicts(pa.chunked_array([["kept", "maybe"]]))


def test_no_rows_count_nothing() -> None:
    none, bits = np.zeros(0, np.int64), np.zeros(0, np.uint64)
    assert count_by_verdict("verb", pa.chunked_array([], pa.string()), none) == {}
    assert count_reasons(bits) == count_flags(bits, none) == {}
