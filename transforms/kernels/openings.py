"""How instructions begin, which tells those of a rigid template from those that people wrote."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels.lexicon import split_words
from transforms.kernels.shingles import scramble

_WORDS = 3
"""Words of an opening."""

_CHARS = 120
"""First characters of an instruction, in which these words are looked for."""


def find_openings(instructions: pa.LargeStringArray) -> pa.StringArray:
    """A hash of each instruction's first three words, in any case, as hex; null for one without words.

    >>> asked = pa.array(["Is this REVIEW good?", "is this review: bad", "Why?", ""], pa.large_string())
    >>> first, same, other, none = find_openings(asked).to_pylist()
    >>> first == same, first == other, len(first), none
    (True, False, 16, None)
    """
    words = split_words(pc.utf8_slice_codeunits(instructions, 0, _CHARS))
    offsets = words.tokens.offsets
    hashes = np.zeros(len(instructions), np.uint64)
    for at in range(_WORDS):
        rows = np.flatnonzero(np.diff(offsets) > at)
        hashes[rows] = scramble(hashes[rows] ^ words.hashes[offsets[rows] + at])
    distinct, which = np.unique(hashes, return_inverse=True)
    names = pa.array([f"{number:016x}" for number in distinct.tolist()], pa.string())
    return pa.array(names.take(pa.array(which)).to_pylist(), pa.string(), mask=np.diff(offsets) == 0)
