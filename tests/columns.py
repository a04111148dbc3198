"""Arrow columns of texts, for tests."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

TEXT_TYPES = (
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.dictionary(pa.int32(), pa.string()),
)
"""Types that a column of text may have."""


def text_column(texts: Sequence[str | None]) -> pa.LargeStringArray:
    """Column of texts whose buffers hold more than its rows, as those of a slice do."""
    return pa.array(["before", *texts, "after"], pa.large_string())[1:-1]
