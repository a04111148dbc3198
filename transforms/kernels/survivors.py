"""Which rows survive: the greedy choice over verified edges in one order of priority."""

from __future__ import annotations

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
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    ends = np.concatenate([[edges.firsts, edges.seconds], [edges.seconds, edges.firsts]], axis=1)
    similarities = np.tile(edges.similarities, 2)
    below = rank[ends[1]] < rank[ends[0]]
    ends, similarities = ends[:, below], similarities[below]
    in_turn = np.lexsort((rank[ends[1]], rank[ends[0]]))
    rows = np.full(len(order), NOBODY, np.int64)
    best = np.ones(len(order))
    lost = bytearray(len(order))
    for low, high, similarity in zip(
        ends[0, in_turn].tolist(), ends[1, in_turn].tolist(), similarities[in_turn].tolist(), strict=True
    ):
        if not lost[low] and not lost[high]:
            lost[low] = True
            rows[low], best[low] = high, similarity
    return Survivors(rows, best)
