"""Connected components of rows that share a band: where near-duplicates can be found."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from transforms.kernels.arrays import sort_numbers

_FEW = 1 << 20
"""Links that are merged at once; more are merged by halves, since merging takes several times their room."""


class Forest(NamedTuple):
    """Rows that are connected to others, and the first row of the component each is in (uint64).

    A root is not listed under itself. Forests of pieces, put together, connect what the whole connects.
    """

    rows: np.ndarray
    roots: np.ndarray


def join(roots: np.ndarray, links: np.ndarray) -> None:
    """Connect the rows of each link, `roots` being the first row that each row is connected with (int64).

    Every row takes the least root among its neighbours' until none changes, roots being followed to the
    end each time, so that the rounds grow with the logarithm of the longest path.

    >>> roots = np.arange(5)
    >>> join(roots, np.array([[4, 3], [3, 1]]))
    >>> roots.tolist()
    [0, 1, 2, 1, 1]
    """
    while True:
        above = roots[links]
        if (above[0] == above[1]).all():
            break
        np.minimum.at(roots, above.max(0), above.min(0))
        while (roots != roots[roots]).any():
            roots[:] = roots[roots]


def _plant(firsts: np.ndarray, seconds: np.ndarray) -> Forest:
    """Forest of the graph whose links are `firsts[i] - seconds[i]`."""
    rows, ends = np.unique(np.concatenate([firsts, seconds]), return_inverse=True)
    roots = np.arange(len(rows))
    join(roots, ends.reshape(2, -1))
    inner = roots != np.arange(len(rows))
    return Forest(rows[inner], rows[roots[inner]])


def link_equal(hashes: np.ndarray, rows: np.ndarray) -> Forest:
    """Forest that connects the rows of equal hash.

    >>> forest = link_equal(np.array([7, 9, 7, 8, 9], np.uint64), np.array([1, 2, 2, 3, 4], np.uint64))
    >>> forest.rows.tolist(), forest.roots.tolist()
    ([2, 4], [1, 1])
    """
    hashes, order = sort_numbers(hashes)
    rows = rows[order]
    same = hashes[1:] == hashes[:-1]
    return _plant(rows[:-1][same], rows[1:][same])


def merge(forest: Forest) -> Forest:
    """Forest of all the links in forests put together.

    >>> merged = merge(Forest(np.array([5, 5, 9], np.uint64), np.array([3, 9, 2], np.uint64)))
    >>> merged.rows.tolist(), merged.roots.tolist()
    ([3, 5, 9], [2, 2, 2])
    """
    half = len(forest.rows) // 2
    if half < _FEW:
        return _plant(*forest)
    halves = (merge(Forest(*(column[piece] for column in forest))) for piece in np.s_[:half, half:])
    return _plant(*map(np.concatenate, zip(*halves, strict=True)))


class Candidates(NamedTuple):
    """Every row of every component, with its component's first row and its partition."""

    rows: np.ndarray
    components: np.ndarray
    partitions: np.ndarray


def partition(forest: Forest, rows_per_partition: int) -> Candidates:
    """Rows of a merged forest, whole components together, about as many in each partition.

    >>> found = partition(Forest(np.array([3, 5, 9], np.uint64), np.array([2, 2, 8], np.uint64)), 3)
    >>> found.rows.tolist(), found.components.tolist(), found.partitions.tolist()
    ([2, 3, 5, 8, 9], [2, 2, 2, 8, 8], [0, 0, 0, 1, 1])
    """
    roots = np.unique(forest.roots)
    rows = np.concatenate([roots, forest.rows])
    components = np.concatenate([roots, forest.roots])
    order = np.lexsort((rows, components))
    rows, components = rows[order], components[order]
    starts = np.searchsorted(components, roots)
    partitions = np.repeat(starts // rows_per_partition, np.diff(np.append(starts, len(rows))))
    return Candidates(rows, components, partitions)
