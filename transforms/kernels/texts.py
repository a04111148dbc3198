"""The canonical fields of some examples, as kernels are given them."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa


class Texts(NamedTuple):
    """The canonical fields of some examples: large_string columns without nulls."""

    instruction: pa.LargeStringArray
    input: pa.LargeStringArray
    output: pa.LargeStringArray
