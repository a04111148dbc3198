"""Normalised parts: the text that shingles, exact duplicates and similarity are defined on."""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels.arrays import Bytes, buffers


def lower(text: str) -> str:
    """Lower-case each code point whose lower case is one code point.

    Differs from `str.lower` in two places: a sigma never takes its final form, and İ stays.

    >>> lower("ΟΔΟΣ İZMİR")
    'οδοσ İzmİr'
    """
    if "İ" in text:
        return "İ".join(lower(piece) for piece in text.split("İ"))
    return text.replace("Σ", "\N{GREEK SMALL LETTER SIGMA}").lower()


def normalise_text(text: str) -> str:
    """NFKC, then `lower`: the reference that `normalise` agrees with.

    >>> normalise_text("Ａ①ﬀ À")
    'a1ff à'
    """
    return lower(unicodedata.normalize("NFKC", text))


def join_present(columns: list[pa.Array]) -> pa.LargeStringArray:
    r"""Texts of each row joined by a newline, leaving out null and empty ones.

    >>> join_present([pa.array(["a", "a", ""]), pa.array(["b", None, "b"])]).to_pylist()
    ['a\nb', 'a', 'b']
    """
    present = [pc.fill_null(column.cast(pa.large_string()), "") for column in columns]
    joined = present[0]
    for column in present[1:]:
        both = pc.and_(pc.not_equal(joined, ""), pc.not_equal(column, ""))
        newline = pc.if_else(both, pa.scalar("\n", pa.large_string()), "")
        joined = pc.binary_join_element_wise(joined, newline, column, pa.scalar("", pa.large_string()))
    return joined


def is_ascii(text: Bytes) -> np.ndarray:
    """Mark the rows that hold ASCII bytes only."""
    if not (text.data >= 128).any():
        return np.ones(len(text), bool)
    high = np.concatenate([[0], np.cumsum(text.data >= 128, dtype=np.int64)])
    return high[text.offsets[1:]] == high[text.offsets[:-1]]


def lower_ascii(text: Bytes) -> pa.LargeStringArray:
    """Lower-case A to Z alone.

    Arrow's `ascii_lower` reads past its texts where their first offset is not 0, as after casting a slice.

    >>> lower_ascii(buffers(pa.array(["Zoë", "É2"], pa.large_string()))).to_pylist()
    ['zoë', 'É2']
    """
    upper = (text.data - np.uint8(ord("A"))) < 26
    lowered = text.data + (upper.astype(np.uint8) << 5)
    content = [None, pa.py_buffer(np.ascontiguousarray(text.offsets)), pa.py_buffer(lowered)]
    return pa.Array.from_buffers(pa.large_string(), len(text), content)


def normalise(column: pa.Array) -> pa.LargeStringArray:
    """Normalise each text; ASCII rows never become Python strings.

    >>> normalise(pa.array(["Hello", "ＡÉ", ""])).to_pylist()
    ['hello', 'aé', '']
    """
    column = pc.fill_null(column.cast(pa.large_string()), "")
    plain = is_ascii(buffers(column))
    lowered = lower_ascii(buffers(column))
    if plain.all():
        return lowered
    others = np.flatnonzero(~plain)
    texts = [normalise_text(text) for text in column.take(pa.array(others)).to_pylist()]
    return pc.replace_with_mask(lowered, pa.array(~plain), pa.array(texts, pa.large_string()))
