"""Rows that are nothing but keys: made from their numbers, as many as wanted, with known duplicates.

Every thousand rows are alike in make-up: 370 copies of contents anywhere (ten of them of one and the same),
50 pairs of a base and a variant that lie far apart, 100 rows behind a preamble that 500 share, one row of a
crowd in which all are similar, and 429 rows on their own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from transforms.kernels.minhash import sign
from transforms.kernels.shingles import Shingles, scramble
from transforms.steps.job import Job
from transforms.steps.judge import Judged
from transforms.steps.keyed import INPUT, TIER_BITS, refs
from transforms.steps.unit_rows import PARTS, UnitRows

TILE = 1000
COPIES, BASES, VARIANTS, BEHIND, CROWD = 370, 420, 470, 570, 571
SHINGLES, PREAMBLE, MOST_CHANGED = 24, 18, 6
SIMILAR = 2
"""Variants with so many changed shingles of 24 in each part are at 0.846 or above, the others under 0.78."""

_HOT = 10


class Truth(NamedTuple):
    """What is to be found among some rows: exact copies, and contents that fall to a similar one."""

    copies: int
    fallen: int


def truth(rows: int) -> Truth:
    """What is to be found among so many rows, whole thousands."""
    tiles = rows // TILE
    slots = np.arange(BASES, VARIANTS)
    own = np.arange(tiles)[:, None] * TILE + slots
    return Truth(tiles * COPIES, int((_changed(own) <= SIMILAR).sum()) + tiles - 1)


def _draw(numbers: np.ndarray, salt: int) -> np.ndarray:
    """A random 64-bit value of each number."""
    return scramble(numbers.astype(np.uint64) ^ scramble(np.array([salt], np.uint64)))


def _changed(contents: np.ndarray) -> np.ndarray:
    """How many shingles of each part of a variant differ from its base."""
    return 1 + (_draw(contents, 1) % np.uint64(MOST_CHANGED)).astype(np.int64)


def contents_of(rows: np.ndarray, tiles: int) -> np.ndarray:
    """Number of the row whose content each row has: its own, but for copies."""
    slot = rows % TILE
    anywhere = (_draw(rows, 2) % np.uint64(tiles)).astype(np.int64) * TILE
    copied = anywhere + COPIES + (_draw(rows, 3) % np.uint64(TILE - COPIES)).astype(np.int64)
    copied[slot < _HOT] = TILE - 1
    return np.where(slot < COPIES, copied, rows)


def sets_of(contents: np.ndarray, tiles: int) -> np.ndarray:
    """Shingles of each content, uint64 of shape (contents, 2 parts, 24)."""
    tile, slot = contents // TILE, contents % TILE
    owner = np.repeat(contents[:, None], SHINGLES, 1)
    place = np.arange(SHINGLES)
    variant = (slot >= BASES) & (slot < VARIANTS)
    base = (tile + 1 + 37 * slot) % tiles * TILE + slot - (VARIANTS - BASES)
    kept = variant[:, None] & (place >= np.where(variant, _changed(contents), 0)[:, None])
    owner = np.where(kept, base[:, None], owner)
    crowd = (slot == CROWD - 1)[:, None] & (place != (tile % SHINGLES)[:, None])
    owner = np.where(crowd, -1, owner)
    preamble = ((slot >= VARIANTS) & (slot < BEHIND))[:, None] & (place < PREAMBLE)
    prompt = np.where(preamble, -2 - tile[:, None] // 5, owner)
    parts = np.stack([prompt, owner], 1)
    return _draw(parts * 64 + np.array([0, 32])[:, None] + place, 4)


class KeyRows(UnitRows):
    """The rows of a unit of the generator's."""

    def __init__(self, unit: int, judged: Judged, job: Job) -> None:
        """Number the rows of the unit."""
        self.unit, self.judged, self.job = unit, judged, job
        planned = job.plan.units[unit]
        self.tiles = sum(one.rows for one in job.plan.units) // TILE
        self.row = np.arange(planned.rows)
        self.contents = contents_of(planned.first_row + self.row, self.tiles)

    def standing(self, *removed: pa.Table | None) -> np.ndarray:
        """Positions of the rows that are not in some tables: no rule looked at them."""
        standing = np.ones(len(self.row), bool)
        for table in removed:
            if table is not None:
                standing[table["row"].to_numpy()] = False
        return np.flatnonzero(standing)

    def contenders(self, positions: np.ndarray) -> dict[str, Any]:
        """Reference, priority and identity of some rows."""
        contents = self.contents[positions]
        own = self.job.plan.units[self.unit].first_row + positions
        return {
            "ref": refs(self.unit, positions),
            "rank": np.full(len(positions), INPUT << TIER_BITS, np.uint32),
            "quality": -(_draw(contents, 5) % np.uint64(4000)).astype(np.int64),
            "record_id": _words(contents, 6),
            "content_hash": _words(contents, 7),
            "row_hash": _draw(own, 8),
        }

    def prompts(self, positions: np.ndarray) -> np.ndarray:
        """Hash of each row's prompt."""
        return _draw(self.contents[positions], 9)

    def signatures(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Signatures, and which each row has, made from its shingles where a run has it in its cache."""
        sets = sets_of(self.contents[positions], self.tiles).reshape(-1)
        offsets = np.arange(len(positions) + 1) * len(PARTS) * SHINGLES
        return sign(Shingles(sets, offsets)), np.arange(len(positions))

    def shingles(self, rows: np.ndarray) -> dict[str, pa.Array]:
        """Shingles of some rows, a list column for each part."""
        sets = sets_of(self.contents[rows], self.tiles)
        offsets = np.arange(len(rows) + 1) * SHINGLES
        return {
            name: pa.LargeListArray.from_arrays(offsets, sets[:, part].reshape(-1))
            for part, name in enumerate(PARTS)
        }


def _words(numbers: np.ndarray, salt: int) -> pa.Array:
    """A random 16-byte value of each number."""
    both = np.stack([_draw(numbers, salt), _draw(numbers, salt + 100)], 1)
    return pa.Array.from_buffers(pa.binary(16), len(numbers), [None, pa.py_buffer(both.tobytes())])
