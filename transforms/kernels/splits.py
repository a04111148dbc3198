"""Splits: the salt of each, and which rows are held out, those of one group together."""

from __future__ import annotations

import hashlib

import numpy as np
import xxhash

from schemas.plan import TRAIN
from transforms.kernels.components import join


def group_rows(prompts: np.ndarray, links: np.ndarray) -> np.ndarray:
    """Name of the group each row is in (uint64): the least prompt in it.

    Rows of one prompt are in one group, and so are rows that links connect, through whatever stands between.

    Args:
        prompts: hash of each row's prompt (uint64).
        links: pairs of nodes, shape (2, pairs); nodes under `len(prompts)` are rows, others stand between.

    >>> group_rows(np.array([9, 4, 9, 7], np.uint64), np.array([[0, 5], [5, 3]])).tolist()
    [7, 4, 7, 7]
    """
    rows = len(prompts)
    names, prompt = np.unique(prompts, return_inverse=True)
    last = int(max(links.max(initial=-1), rows - 1)) + 1
    roots = np.arange(last + len(names))  # a node for each row, each other row, and each prompt
    join(roots, np.concatenate([links, np.stack([np.arange(rows), last + prompt])], axis=1))
    least = np.full(len(roots), np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(least, roots[:rows], prompts)
    return np.asarray(least[roots[:rows]])


def split_salt(split: str) -> np.uint64:
    """Salt that keeps the hashes of one split from meeting another's; 0 for `train`.

    >>> int(split_salt("train")), bool(split_salt("test") == split_salt("validation"))
    (0, False)
    """
    if split == TRAIN:
        return np.uint64(0)
    return np.uint64(int.from_bytes(hashlib.blake2b(split.encode(), digest_size=8).digest(), "big"))


def held_out(groups: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Mark the rows whose group a seed puts into the share that is held out.

    >>> held_out(np.array([1, 2, 1, 3], np.uint64), 0.5, 0).tolist()
    [False, True, False, False]
    """
    names, at = np.unique(groups, return_inverse=True)
    keys = names.astype(">u8").tobytes()
    drawn = [xxhash.xxh3_64_intdigest(keys[8 * row : 8 * row + 8], seed=seed) for row in range(len(names))]
    marked = np.array(drawn, np.uint64) < np.uint64(min(int(share * 2**64), 2**64 - 1))
    return np.asarray(marked[at])
