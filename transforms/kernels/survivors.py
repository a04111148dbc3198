"""Which rows survive: the greedy choice over verified edges in one order of priority, at any level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from transforms.kernels.similarity import Edges

NOBODY = -1


class Survivors(NamedTuple):
    """For each row the row it falls to (`NOBODY` where it is kept) and their similarity."""

    rows: np.ndarray
    similarities: np.ndarray


def choose(order: np.ndarray, edges: Edges) -> Survivors:
    """Keep a row unless a neighbour of higher priority is kept; name the highest of those.

    `order` lists all rows, highest priority first.

    >>> chain = Edges(np.array([0, 1]), np.array([1, 2]), np.array([0.9, 0.8]))
    >>> choose(np.array([0, 1, 2]), chain).rows.tolist()
    [-1, 0, -1]
    """
    upper, lower, similarities = _in_turn(order, edges)
    taken = _taken(upper, lower, len(order))
    rows = np.full(len(order), NOBODY, np.int64)
    best = np.ones(len(order))
    rows[lower[taken]], best[lower[taken]] = upper[taken], similarities[taken]
    return Survivors(rows, best)


def replay(order: np.ndarray, edges: Edges, levels: Sequence[float]) -> np.ndarray:
    """Rows that would be dropped at each level, as marks: levels by rows.

    >>> chain = Edges(np.array([0, 1]), np.array([1, 2]), np.array([0.9, 0.8]))
    >>> replay(np.array([0, 1, 2]), chain, [0.8, 0.85]).tolist()
    [[False, True, False], [False, True, False]]
    """
    upper, lower, similarities = _in_turn(order, edges)
    dropped = np.zeros((len(levels), len(order)), bool)
    for marks, level in zip(dropped, levels, strict=True):
        alike = similarities >= level
        marks[lower[alike][_taken(upper[alike], lower[alike], len(order))]] = True
    return dropped


def _in_turn(order: np.ndarray, edges: Edges) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The upper and lower row of each edge and its similarity, by priority of the lower, then the upper."""
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    firsts, seconds = rank[edges.firsts], rank[edges.seconds]
    upper, lower = np.minimum(firsts, seconds), np.maximum(firsts, seconds)
    by = np.lexsort((upper, lower))
    return order[upper[by]], order[lower[by]], edges.similarities[by]


def _taken(upper: np.ndarray, lower: np.ndarray, rows: int) -> list[int]:
    """Which of the edges, gone through in turn, a row falls along."""
    lost = bytearray(rows)
    taken = []
    for at, (high, low) in enumerate(zip(upper.tolist(), lower.tolist(), strict=True)):
        if not lost[low] and not lost[high]:
            lost[low] = True
            taken.append(at)
    return taken
