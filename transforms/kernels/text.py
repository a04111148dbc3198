"""Normalised parts: the text that shingles, exact duplicates and similarity are defined on."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels.arrays import Bytes, buffers

_PIECE = 1 << 20
"""Longer texts are changed in pieces of about so many bytes."""


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
    plain = np.ones(len(text), bool)
    if text.data.max(initial=0) >= 128:
        filled = np.flatnonzero(np.diff(text.offsets))
        plain[filled] = np.maximum.reduceat(text.data, text.offsets[filled]) < 128
    return plain


def lower_ascii(text: Bytes) -> pa.LargeStringArray:
    """Lower-case A to Z alone.

    Arrow's `ascii_lower` reads past its texts where their first offset is not 0, as after casting a slice.

    >>> lower_ascii(buffers(pa.array(["Zoë", "É2"], pa.large_string()))).to_pylist()
    ['zoë', 'É2']
    """
    lowered = text.data.copy()
    for at in range(0, len(lowered), _PIECE):
        piece = lowered[at : at + _PIECE]
        piece |= ((piece - np.uint8(ord("A"))) < 26).view(np.uint8) << 5
    return _column(text.offsets, lowered)


def _column(offsets: np.ndarray, data: np.ndarray | bytes) -> pa.LargeStringArray:
    content = [None, pa.py_buffer(np.ascontiguousarray(offsets)), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, content)


def normalise(column: pa.Array) -> pa.LargeStringArray:
    """Normalise each text; ASCII rows never become Python strings.

    >>> normalise(pa.array(["Hello", "ＡÉ", ""])).to_pylist()
    ['hello', 'aé', '']
    """
    return lower_rows(column, normalise_text)


def lower_rows(column: pa.Array, change: Callable[[str], str]) -> pa.LargeStringArray:
    """Lower-case the ASCII rows, and change the others, long ones piece by piece.

    >>> lower_rows(pa.array(["Ab", "Éa"]), str.upper).to_pylist()
    ['ab', 'ÉA']
    """
    column = as_text(column)
    text = buffers(column)
    plain = is_ascii(text)
    lowered = lower_ascii(text)
    if plain.all():
        return lowered
    bounds = [(text.offsets[row], text.offsets[row + 1]) for row in np.flatnonzero(~plain)]
    changed = [
        b"".join(change(piece).encode() for piece in _pieces(text.data[start:end].tobytes()))
        for start, end in bounds
    ]
    others = _column(np.cumsum([0, *map(len, changed)]), b"".join(changed))
    return pc.replace_with_mask(lowered, pa.array(~plain), others)


def _pieces(text: bytes) -> Iterator[str]:
    """The text, a long one cut before spaces, across which no character affects how another is changed."""
    at = 0
    while at < len(text):
        space = text.find(b" ", at + _PIECE)
        end = space if space >= 0 else len(text)
        yield text[at:end].decode()
        at = end


def as_text(column: pa.Array) -> pa.LargeStringArray:
    """The texts as they are, null as empty.

    >>> as_text(pa.array(["Été", None])).to_pylist()
    ['Été', '']
    """
    return pc.fill_null(column.cast(pa.large_string()), "")
