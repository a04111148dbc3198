"""Similarity of two rows as plain sets; short, slow, and exact for the scripts that the phrase banks use."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import lru_cache

from pipelines.sample.rows import Row

WIDTH = 5
_UNSPACED = r"\u3040-\u30ff\u3400-\u9fff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


@lru_cache(maxsize=1 << 13)
def shingle(text: str) -> frozenset[tuple[str, ...]]:
    """Every run of five tokens, or all tokens where there are fewer.

    >>> sorted(shingle("One two, three four five six!"))
    [('one', 'two', 'three', 'four', 'five'), ('two', 'three', 'four', 'five', 'six')]
    """
    tokens = _TOKEN.findall(unicodedata.normalize("NFKC", text).lower())
    return frozenset(tuple(tokens[i : i + WIDTH]) for i in range(max(1, len(tokens) - WIDTH + 1)))


def jaccard(left: str, right: str) -> float:
    """Shared shingles of two texts, as a part of all their shingles.

    >>> jaccard("a b c d e f", "b c d e f g")
    0.3333333333333333
    """
    a, b = shingle(left), shingle(right)
    return len(a & b) / len(a | b)


def similarity(left: Row, right: Row) -> float:
    """The smaller of the Jaccard similarities of prompts and of outputs."""
    return min(jaccard(_prompt(left), _prompt(right)), jaccard(left.output or "", right.output or ""))


def offspring(row: Row, original: Row, kind: str, number: int = 1) -> Row:
    """The row as a plant that goes back to the original, with an id and the similarity of its own."""
    name = f"{original.id}~{number}"
    return replace(row, id=name, plant=kind, plant_of=original.id, similarity=similarity(original, row))


def is_alike(left: Row, right: Row, threshold: float) -> bool:
    """Whether the similarity is at or above the threshold; outputs are looked at only if prompts are like."""
    if jaccard(_prompt(left), _prompt(right)) < threshold:
        return False
    return jaccard(left.output or "", right.output or "") >= threshold


def _prompt(row: Row) -> str:
    return "\n".join(part for part in (row.instruction, row.input) if part)
