"""The exact answer, by no code of Tamis: shingles of Python strings, and every pair of rows compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import regex
from scipy.sparse import csr_array

Shingles = list[list[str]]
"""The shingles of each text, in order; they may repeat."""

_OWN = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_TOKEN = regex.compile(rf"{_OWN}|[[\p{{L}}\p{{M}}\p{{N}}]--{_OWN}]+", regex.V1)
_ROWS = 500
_SLACK = 1e-9


class Pairs(NamedTuple):
    """Row numbers, first below second, and the Jaccard similarity of each pair."""

    firsts: np.ndarray
    seconds: np.ndarray
    similarities: np.ndarray


def list_shingles(text: str) -> list[str]:
    """Five consecutive tokens each, as Tamis defines them; a text without tokens has its characters.

    >>> list_shingles("one, two three four five-six"), list_shingles("?!")
    (['one two three four five', 'two three four five six'], ['?!'])
    """
    tokens = _TOKEN.findall(text)
    return [" ".join(tokens[at : at + 5]) for at in range(max(1, len(tokens) - 4))] if tokens else [text]


def all_pairs(shingles: Shingles, threshold: float) -> Pairs:
    """Every pair of rows whose shingle sets are that similar: their incidence matrix by itself, in blocks."""
    sets = _incidence(shingles)
    sizes = sets.sum(axis=1)
    found = [_compare(sets, sizes, low, threshold) for low in range(0, len(shingles), _ROWS)]
    return Pairs(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _incidence(shingles: Shingles) -> csr_array:
    """A row for each text, a column for each shingle, one where the text has it."""
    columns: dict[str, int] = {}
    sets = [sorted({columns.setdefault(shingle, len(columns)) for shingle in each}) for each in shingles]
    ends = np.cumsum([0, *map(len, sets)])
    at = np.concatenate(sets)
    return csr_array((np.ones(len(at), np.int64), at, ends), shape=(len(sets), len(columns)))


def _compare(sets: csr_array, sizes: np.ndarray, low: int, threshold: float) -> Pairs:
    """Similar pairs whose first row is of one block."""
    shared = (sets[low : low + _ROWS] @ sets[low:].T).tocoo()
    firsts, seconds = shared.row + low, shared.col + low
    similarities = shared.data / (sizes[firsts] + sizes[seconds] - shared.data)
    chosen = (firsts < seconds) & (similarities >= threshold - _SLACK)
    return Pairs(firsts[chosen], seconds[chosen], similarities[chosen])


@dataclass(frozen=True)
class Drops:
    """What a tool removed, held against the exact answer.

    `wanted` rows fall where each row falls that is like an earlier one which is kept. `recall` is the share
    of them that the tool removed, `near_recall` that of those that are no exact copies. `precision` is the
    share of what it removed that has a row like it among what it kept. `left` are kept rows like an earlier
    kept one. `lost` are groups of which nothing is kept: rows connected by pairs, or a row without a pair.
    """

    removed: int
    wanted: int
    recall: float
    near_recall: float
    precision: float
    left: int
    lost: int


def judge(removed: np.ndarray, copies: np.ndarray, pairs: Pairs) -> Drops:
    """Hold a mask of removed rows against all pairs at or above the threshold; `copies` marks exact ones."""
    wanted = keep_first(len(removed), pairs)
    alike = np.zeros(len(removed), bool)
    alike[pairs.firsts[~removed[pairs.seconds]]] = True
    alike[pairs.seconds[~removed[pairs.firsts]]] = True
    left = pairs.seconds[~removed[pairs.firsts] & ~removed[pairs.seconds]]
    return Drops(
        removed=int(removed.sum()),
        wanted=int(wanted.sum()),
        recall=_share(removed[wanted]),
        near_recall=_share(removed[wanted & ~copies]),
        precision=_share(alike[removed]),
        left=len(np.unique(left)),
        lost=_lost(removed, pairs),
    )


def _share(marks: np.ndarray) -> float:
    return float(marks.mean()) if len(marks) else 1.0


def keep_first(rows: int, pairs: Pairs) -> np.ndarray:
    """Mask of the rows that are like an earlier row which is kept.

    >>> keep_first(3, Pairs(np.array([0, 1]), np.array([1, 2]), np.array([0.9, 0.9]))).tolist()
    [False, True, False]
    """
    gone = np.zeros(rows, bool)
    order = np.lexsort((pairs.seconds, pairs.firsts))
    for first, second in zip(pairs.firsts[order].tolist(), pairs.seconds[order].tolist(), strict=True):
        gone[second] |= not gone[first]
    return gone


def _lost(removed: np.ndarray, pairs: Pairs) -> int:
    """Groups of which no row is kept."""
    from scipy.sparse.csgraph import connected_components

    links = csr_array((np.ones(len(pairs.firsts)), (pairs.firsts, pairs.seconds)), shape=(len(removed),) * 2)
    _, groups = connected_components(links, directed=False)
    return len(np.unique(groups)) - len(np.unique(groups[~removed]))
