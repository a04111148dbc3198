"""Exact comparison of candidates: the job's kernel on the job's partitions, and each pair by plain numpy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from unittest.mock import patch

import numpy as np
import pyarrow as pa
from clock import Seconds, take_turns

from transforms.kernels import components, overlaps
from transforms.kernels.bands import band_hashes, plan_bands
from transforms.kernels.minhash import sign
from transforms.kernels.overlaps import count_shared
from transforms.kernels.ranks import Ranked, take
from transforms.kernels.rows import as_words, content_hashes
from transforms.kernels.shingles import PART_TAGS, Shingles, shingle
from transforms.kernels.similarity import Edges, find_edges

KERNEL, PLAIN = "kernel", "plain"

_ROWS_PER_PARTITION = 4096
"""As the job deals candidates out."""


@dataclass(frozen=True)
class Partition:
    """Candidates that the job compares in one go: row numbers, their components, their shingles by part."""

    rows: np.ndarray
    components: np.ndarray
    parts: list[Shingles]


@dataclass(frozen=True)
class Candidates:
    """The partitions of some rows, and every pair that shares a band, as `first << 32 | second`."""

    rows: int
    partitions: list[Partition]
    pairs: np.ndarray


@dataclass(frozen=True)
class Verification:
    """Rows, those that are candidates, pairs, and CPU seconds of each way.

    `pairs` share a band, `compared` are those of which the kernel compares the sets in the end, and `drawn`
    are those that plain numpy compares.
    """

    rows: int
    candidates: int
    pairs: int
    compared: int
    drawn: int
    edges: int
    seconds: Seconds


def find_candidates(texts: Sequence[pa.LargeStringArray], threshold: float) -> Candidates:
    """Rows of distinct content that share a band, by the job's kernels."""
    _, distinct = np.unique(as_words(content_hashes(texts)), axis=0, return_index=True)
    chosen = pa.array(np.sort(distinct))
    parts = [shingle(text.take(chosen), tag) for text, tag in zip(texts, PART_TAGS, strict=True)]
    hashes = band_hashes(np.minimum.reduce([sign(part) for part in parts]), plan_bands(threshold))
    owners = np.tile(np.arange(len(chosen), dtype=np.uint64), len(hashes))
    found = components.partition(
        components.merge(components.link_equal(hashes.ravel(), owners)), _ROWS_PER_PARTITION
    )
    cuts = np.flatnonzero(np.diff(found.partitions)) + 1
    groups = zip(np.split(found.rows.astype(np.int64), cuts), np.split(found.components, cuts), strict=True)
    partitions = [Partition(rows, own, [take(part, rows) for part in parts]) for rows, own in groups]
    return Candidates(len(chosen), partitions, _share_band(hashes))


def _share_band(hashes: np.ndarray) -> np.ndarray:
    """All pairs of rows that are equal in a band, once each, ascending."""
    found = np.sort(np.concatenate([_equal_pairs(band) for band in hashes]))
    return found[np.append(True, found[1:] != found[:-1])] if len(found) else found


def _equal_pairs(band: np.ndarray) -> np.ndarray:
    """All pairs of rows that are equal in one band."""
    _, at, counts = np.unique(band, return_inverse=True, return_counts=True)
    shared = np.flatnonzero(counts[at] > 1)
    order = shared[np.argsort(at[shared], kind="stable")]
    runs = np.split(order, np.flatnonzero(np.diff(at[order])) + 1)
    return np.concatenate([_all_pairs(run) for run in runs])


def _all_pairs(rows: np.ndarray) -> np.ndarray:
    first, second = np.triu_indices(len(rows), 1)
    return (rows[first] << 32) | rows[second]


def verify_all(candidates: Candidates, threshold: float) -> list[Edges]:
    """Edges of each partition by the job's kernel."""
    return [find_edges(part.components, part.parts, threshold) for part in candidates.partitions]


def count_compared(candidates: Candidates, threshold: float) -> int:
    """Pairs of which the kernel counts the shared shingles, of one part at least."""
    counts: list[int] = []

    def counted(part: Ranked, pairs: np.ndarray) -> np.ndarray:
        counts.append(len(pairs))
        return count_shared(part, pairs)

    with patch.object(overlaps, "count_shared", counted):
        verify_all(candidates, threshold)
    return sum(counts[:: len(candidates.partitions[0].parts)])


Sets = dict[int, list[np.ndarray]]
"""The shingle sets of a row, by part."""


def compare_each(sets: Sets, pairs: np.ndarray) -> np.ndarray:
    """Similarity of each pair: that of the parts least alike."""
    return np.array(
        [min(map(_jaccard, sets[pair >> 32], sets[pair & 0xFFFFFFFF])) for pair in pairs.tolist()]
    )


def _jaccard(one: np.ndarray, other: np.ndarray) -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)


def measure_verification(
    texts: Sequence[pa.LargeStringArray], threshold: float, drawn: int, seed: int, rounds: int
) -> Verification:
    """CPU seconds of the kernel on all candidates and of plain numpy on pairs drawn from them.

    Raises:
        SystemExit: the two disagree on a pair.
    """
    candidates = find_candidates(texts, threshold)
    pairs = np.random.default_rng(seed).permutation(candidates.pairs)[:drawn]
    sets = _sets(candidates)
    edges = _edges(candidates, threshold)
    similar = compare_each(sets, pairs) >= threshold
    if (np.isin(pairs, edges) != similar).any():
        raise SystemExit("find_edges and plain numpy disagree")
    tasks: dict[str, Callable[[], object]] = {
        KERNEL: partial(verify_all, candidates, threshold),
        PLAIN: partial(compare_each, sets, pairs),
    }
    return Verification(
        rows=candidates.rows,
        candidates=sum(len(part.rows) for part in candidates.partitions),
        pairs=len(candidates.pairs),
        compared=count_compared(candidates, threshold),
        drawn=len(pairs),
        edges=len(edges),
        seconds=take_turns(tasks, rounds),
    )


def _sets(candidates: Candidates) -> Sets:
    sets: Sets = {}
    for each in candidates.partitions:
        for at, row in enumerate(each.rows.tolist()):
            sets[row] = [np.unique(part.values[slice(*part.offsets[at : at + 2])]) for part in each.parts]
    return sets


def _edges(candidates: Candidates, threshold: float) -> np.ndarray:
    """Edges as pairs are written."""
    found = zip(candidates.partitions, verify_all(candidates, threshold), strict=True)
    return np.concatenate(
        [
            np.sort((part.rows[edges.firsts], part.rows[edges.seconds]), axis=0).T @ np.array([1 << 32, 1])
            for part, edges in found
        ]
    )
