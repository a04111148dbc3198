"""How alike two rows are, part by part."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa

from pipelines.releases.rows import Row
from schemas.recipe import Recipe, Shingles
from transforms.kernels.shingles import PART_TAGS, shingle
from transforms.kernels.texts import Texts
from transforms.steps.parts import near_parts, parts_of

_PARTS = ("prompt", "output")


def number(similarity: float) -> str:
    """A similarity to four decimals; what is not quite 1 never reads as 1.

    >>> number(0.8), number(1.0), number(0.99999)
    ('0.8000', '1.0000', '>0.9999')
    """
    shown = f"{similarity:.4f}"
    return ">0.9999" if similarity < 1 and shown == "1.0000" else shown


def how_alike(row: Row, survivor: Row, recipe: Recipe) -> str:
    """A sentence on what two rows have in common."""
    if row.texts == survivor.texts:
        return "Instruction, input and output are the same, character for character."
    columns = zip(row.texts, survivor.texts, strict=True)
    texts = Texts(*(pa.concat_arrays(pair) for pair in columns))
    if all(part[0] == part[1] for part in parts_of(texts, recipe)):
        return "They are the same but for upper and lower case or compatible characters (NFKC)."
    how = recipe.dedup.shingles
    shares = [_jaccard(part, at, how) for at, part in enumerate(near_parts(texts, recipe))]
    if min(shares) == 1:
        return f"They have the same shingles: all the same runs of {how.width} tokens."
    if len(shares) == 1:
        return "Prompt and output are compared as one text."
    figures = ", ".join(f"{name} {number(share)}" for name, share in zip(_PARTS, shares, strict=True))
    return f"{figures}; the smaller one counts."


def _jaccard(part: pa.LargeStringArray, at: int, how: Shingles) -> float:
    found = shingle(part, PART_TAGS[at], how)
    one, two = (set(found.values[low:high].tolist()) for low, high in pairwise(found.offsets))
    return len(one & two) / len(one | two)
