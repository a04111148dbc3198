"""The readable rows of a judged unit: what was found of them, and their shingles read once more."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reason import Reason
from schemas.recipe import Dedup
from transforms.kernels.arrays import take_lists
from transforms.kernels.removals import Marker
from transforms.kernels.rows import as_words, find_words, from_words, holds_words, place_words
from transforms.kernels.shingles import PART_TAGS, shingle
from transforms.kernels.splits import split_salt
from transforms.steps import tables
from transforms.steps.job import Job
from transforms.steps.judge import Judged
from transforms.steps.keyed import INPUT, REFERENCE, RELEASED, TIER_BITS, numbers, refs, words
from transforms.steps.parts import near_parts, signed_by
from transforms.steps.stored_shingles import StoredShingles
from transforms.steps.units import open_unit

PARTS = ("prompt", "output")


class UnitRows:
    """The readable rows of a unit, by position: where they stand, how they rank, what they are made of."""

    def __init__(self, unit: int, judged: Judged, job: Job) -> None:
        """Load what was found of the unit."""
        self.unit = unit
        self.judged = judged
        self.job = job
        self.all = tables.load(judged.judgement)
        self.judgement = self.all.filter(self.all["error"].is_null())
        self.row = numbers(self.judgement, "row")
        if job.removals is not None and not job.plan.source_of(unit).reference:
            self._remove(job.removals)

    def _remove(self, mark: Marker) -> None:
        """Give the rows that a takedown list names their reason, as if a rule had marked them."""
        plan = self.job.plan
        unit = plan.units[self.unit]
        file = plan.files[unit.file]
        marked = mark(
            file.source, file.name, self.row + unit.first_row, lambda: words(self.identity, "record_id")
        )
        reasons = numbers(self.judgement, "reasons") | marked * np.uint64(Reason.REMOVED.bit)
        at = self.judgement.column_names.index("reasons")
        self.judgement = self.judgement.set_column(at, "reasons", pa.array(reasons))

    @cached_property
    def identity(self) -> pa.Table:
        """Ids and hashes of the rows."""
        return tables.load(self.judged.identity)

    def at(self, rows: np.ndarray) -> np.ndarray:
        """Positions of rows of the unit."""
        return np.searchsorted(self.row, rows)

    def standing(self, *removed: pa.Table | None) -> np.ndarray:
        """Positions of the rows that no rule rejects, leaving out those in some tables."""
        standing = numbers(self.judgement, "reasons") == 0
        for table in removed:
            if table is not None:
                standing[self.at(numbers(table, "row"))] = False
        return np.flatnonzero(standing)

    @cached_property
    def salt(self) -> np.uint64:
        """Salt of the unit's split; 0 where splits are not apart."""
        apart = self.job.recipe.dedup.splits == "apart"
        return split_salt(self.job.plan.split_of(self.unit)) if apart else np.uint64(0)

    def _apart(self, hashes: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
        """Hashes that differ from those of other splits."""
        return hashes if self.salt == 0 else from_words(as_words(hashes.combine_chunks()) ^ self.salt)

    def contenders(self, positions: np.ndarray) -> dict[str, Any]:
        """Reference, priority and identity of some rows: columns for `by_priority`."""
        taken = pa.array(positions)
        plan = self.job.plan
        source = plan.sources[plan.files[plan.units[self.unit].file].source]
        ids = self.identity["record_id"].take(taken)
        return {
            "ref": refs(self.unit, self.row[positions]),
            "rank": self._tiers(ids, reference=source.reference) << TIER_BITS | source.rank,
            "quality": self._quality(positions, self.job.recipe.dedup),
            "record_id": ids,
            "content_hash": self._apart(self.identity["content_hash"].take(taken)),
            "row_hash": self.identity["row_hash"].take(taken),
        }

    def _tiers(self, ids: pa.ChunkedArray, *, reference: bool) -> np.ndarray:
        tiers = np.full(len(ids), REFERENCE if reference else INPUT, np.uint32)
        if not reference:
            tiers[self.were_released(as_words(ids.combine_chunks()))] = RELEASED
        return tiers

    def were_released(self, ids: np.ndarray) -> np.ndarray:
        """Mask of the record ids, as words, that the release before kept in this split."""
        released = self.job.released
        return np.zeros(len(ids), bool) if released is None else holds_words(released, ids ^ self.salt)

    def _quality(self, positions: np.ndarray, dedup: Dedup) -> np.ndarray:
        """Numbers that are less for what ranks higher in the recipe's order."""
        if dedup.order == "longest_output":
            return -numbers(self.judgement, "output_chars")[positions]
        if dedup.order == "score":
            return -numbers(self.judgement, "score")[positions].astype(np.int64)
        if dedup.order == "first_seen":
            return refs(self.unit, self.row[positions]).astype(np.int64)
        return _ranked(self.identity["quality"].take(pa.array(positions)), flip=dedup.order == "highest")

    def prompts(self, positions: np.ndarray) -> np.ndarray:
        """Hash of each row's prompt."""
        return np.asarray(self.identity["prompt_hash"].to_numpy()[positions]) ^ self.salt

    def signatures(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distinct signatures, uint32 of shape (contents, permutations), and which of them each row has."""
        stored = tables.load(self.judged.signatures).combine_chunks()
        wanted = words(self.identity, signed_by(self.job.recipe))[positions]
        at = find_words(words(stored, "key"), wanted)
        if at is None:
            raise tables.DamagedError(
                "the cache's entries of a unit do not belong together; delete the cache"
            )
        raw = stored["signature"].combine_chunks()
        size = raw.type.byte_width
        values = np.frombuffer(raw.buffers()[1], "<u4", len(raw) * size // 4, raw.offset * size)
        return np.asarray(values.reshape(len(raw), size // 4)), at

    def shingles(self, rows: np.ndarray) -> dict[str, pa.Array]:
        """Shingles of some rows of the unit: a list column for each part.

        They are read once more, and stored for the next run beside the signatures.
        """
        keys = words(self.identity, signed_by(self.job.recipe))[self.at(rows)]
        stored = StoredShingles.load(self.judged.shingles, self.job.places)
        at = place_words(words(stored.table, "key"), keys)
        if (at < 0).any():
            new = np.flatnonzero(at < 0)[np.argsort(rows[at < 0])]
            at[new] = len(stored.table) + np.arange(len(new))
            stored = stored.add(self._shingle(rows[new], keys[new]))
        found = stored.table
        return {name: take_lists(found[name], at) for name in PARTS if name in found.column_names}

    def _shingle(self, rows: np.ndarray, keys: np.ndarray) -> pa.Table:
        """Keys and shingles of some rows, ascending."""
        pieces: dict[str, list[pa.Array]] = {}
        reader = open_unit(self.job.plan, self.job.plan.units[self.unit])
        for batch in reader.take(rows):
            parts = near_parts(reader.texts(batch), self.job.recipe)
            for name, part, tag in zip(PARTS, parts, PART_TAGS, strict=False):
                found = shingle(part, tag, self.job.recipe.dedup.shingles)
                pieces.setdefault(name, []).append(pa.LargeListArray.from_arrays(found.offsets, found.values))
        lists = {name: pa.concat_arrays(lists) for name, lists in pieces.items()}
        return pa.table({"key": from_words(keys), **lists})


OpenRows: TypeAlias = Callable[[int, Judged, Job], UnitRows]
"""What gives the rows of a judged unit."""


def _ranked(keys: pa.ChunkedArray, *, flip: bool) -> np.ndarray:
    """Keys as numbers, ascending or the other way round, with those that are null last.

    >>> _ranked(pa.chunked_array([[7, None, -2]]), flip=True).tolist()
    [-8, 9223372036854775807, 1]
    """
    values = pc.fill_null(keys, 0).to_numpy()
    last = np.iinfo(np.int64).max
    return np.where(keys.is_null().to_numpy(), last, np.minimum(~values if flip else values, last - 1))
