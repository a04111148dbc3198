"""Matching the rows of two sets by what they are, wherever they stand."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from transforms.kernels.arrays import is_new


class Matches(NamedTuple):
    """Rows of two sets, as positions: pairs of equal outcome, pairs of another one, rows of one set only."""

    same: tuple[np.ndarray, np.ndarray]
    changed: tuple[np.ndarray, np.ndarray]
    left: np.ndarray
    entered: np.ndarray


def match_rows(
    before: np.ndarray, outcomes_before: np.ndarray, after: np.ndarray, outcomes_after: np.ndarray
) -> Matches:
    """Match rows by id (uint64 of shape (rows, 2)), each with one of the other set, equal outcomes first.

    Where one set has an id more often than the other, the surplus has left or entered.

    >>> ids = np.array([[0, 7], [0, 7], [0, 8]], np.uint64)
    >>> found = match_rows(ids, np.array([1, 2, 1]), ids[:2], np.array([2, 3]))
    >>> [side.tolist() for side in (*found.same, *found.changed, found.left, found.entered)]
    [[1], [0], [0], [1], [2], []]
    """
    same = _pair(_join(before, outcomes_before), _join(after, outcomes_after))
    rest, others = (_others(len(rows), taken) for rows, taken in zip((before, after), same, strict=True))
    pairs = _pair(before[rest], after[others])
    changed = rest[pairs[0]], others[pairs[1]]
    return Matches(same, changed, np.delete(rest, pairs[0]), np.delete(others, pairs[1]))


def _join(ids: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
    return np.column_stack([ids, outcomes.astype(np.uint64)])


def _others(size: int, taken: np.ndarray) -> np.ndarray:
    return np.delete(np.arange(size), taken)


def _pair(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of equal rows of two sets, the first with the first, the second with the second."""
    both = np.concatenate([before, after])
    order = np.lexsort(both.T[::-1])
    fresh = is_new(*both[order].T)
    starts, group = np.flatnonzero(fresh), np.cumsum(fresh) - 1
    later = order >= len(before)  # of equal rows those of the first set stand first
    firsts = np.bincount(group[~later], minlength=len(starts))
    pairs = np.minimum(firsts, np.diff(starts, append=len(both)) - firsts)
    place = np.arange(len(both)) - starts[group] - later * firsts[group]
    paired = place < pairs[group]
    return order[paired & ~later], order[paired & later] - len(before)
