"""Similarity of two rows as plain sets, for scripts that part words by spaces."""

from __future__ import annotations

import re
import unicodedata

from pipelines.sample.rows import Row

WIDTH = 5
_TOKEN = re.compile(r"[^\W_]+")


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


def _prompt(row: Row) -> str:
    return "\n".join(part for part in (row.instruction, row.input) if part)
