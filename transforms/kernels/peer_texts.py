"""The text that peers cut into shingles, for profiles named after them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from string import punctuation

import pyarrow as pa
import regex

from transforms.kernels.text import as_text, lower_rows, normalise

_NUMBER = regex.compile(r"\p{Nd}+(?:[.,\u060c\u066b\u2396-\u2398]\p{Nd}+)?")
_SIGNS = (
    "\u00ab\u00b4\u00bb\u2013\u2014\u2019\u201c\u201d\u201e\u2026\u2236\u2501\u25ba\u3001\u3002\u3008\u3009\u300a\u300b"
    "\u300c\u300d\u3010\u3011\uff01\uff05\uff08\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff5e"
)
_CONTROLS = [*range(9), *range(11, 32), *range(127, 160)]
_PUNCTUATION = dict.fromkeys([*map(ord, punctuation + _SIGNS), *_CONTROLS], " ")


def lower_fully(column: pa.Array) -> pa.LargeStringArray:
    """Lower-case each text as `str.lower` does.

    >>> lower_fully(pa.array(["ΟΔΟΣ", "Abc"])).to_pylist()
    ['οδος', 'abc']
    """
    return lower_rows(column, str.lower)


def simplify(column: pa.Array) -> pa.LargeStringArray:
    """Simplify each text as FineWeb did: lower case, 0 for numbers, space for punctuation, no accents.

    >>> simplify(pa.array(["What's 12,5 % of  Żółw?", "—"])).to_pylist()
    ['what s 0 of zołw', '']
    """
    return pa.array(map(simplify_text, as_text(column).to_pylist()), pa.large_string())


def simplify_text(text: str) -> str:
    """Simplify a text as FineWeb did.

    >>> simplify_text("Chapter 3.14: Été")
    'chapter 0 ete'
    """
    text = _NUMBER.sub("0", text.lower()).translate(_PUNCTUATION)
    decomposed = unicodedata.normalize("NFD", " ".join(text.split()))
    return "".join(point for point in decomposed if unicodedata.category(point) != "Mn").strip()


TEXTS: dict[str, Callable[[pa.Array], pa.LargeStringArray]] = {
    "normalised": normalise,
    "fineweb": simplify,
    "lower": lower_fully,
    "raw": as_text,
}
"""How a text is changed before it is cut into shingles, by the recipe's name for it."""
