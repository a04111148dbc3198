"""Which rows entered, left and changed from one release to another."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from pipelines.diff.spill import EXACT, NEAR, PARTITION_ROWS, Codes, Spilled
from pipelines.new_parquet import writing_parquet
from pipelines.releases.release import Release
from schemas.verdict import Verdict
from transforms.kernels.matching import Matches, match_rows
from transforms.kernels.rows import from_words

KEPT = Verdict.KEPT.value
MOVES = pa.schema(
    [
        ("record_id", pa.string()),
        ("change", pa.string()),
        ("before", pa.string()),
        ("before_source", pa.string()),
        ("before_file", pa.string()),
        ("before_row", pa.int64()),
        ("after", pa.string()),
        ("after_source", pa.string()),
        ("after_file", pa.string()),
        ("after_row", pa.int64()),
    ]
)
"""A row that entered, left or changed; `before` and `after` say what became of it."""


@dataclass
class Moves:
    """How many rows went from which outcome to which, None for not being there; the first of them by id."""

    limit: int
    counts: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    examples: list[dict[str, object]] = field(default_factory=list)
    unreadable: tuple[int, int] = (0, 0)

    @property
    def same(self) -> int:
        """Rows whose outcome is what it was."""
        return sum(rows for (before, after), rows in self.counts.items() if before == after)

    @property
    def entered(self) -> int:
        """Rows that were not there."""
        return sum(rows for (before, _), rows in self.counts.items() if before is None)

    @property
    def left(self) -> int:
        """Rows that are not there any more."""
        return sum(rows for (_, after), rows in self.counts.items() if after is None)

    @property
    def changed(self) -> int:
        """Rows that are there in both, and whose verdict or reasons changed."""
        return sum(self.counts.values()) - self.same - self.entered - self.left

    @property
    def changed_verdict(self) -> int:
        """Rows that are there in both, and whose verdict changed."""
        return sum(
            rows
            for (before, after), rows in self.counts.items()
            if before is not None and after is not None and _verdict(before) != _verdict(after)
        )

    @property
    def listed(self) -> list[tuple[str | None, str | None, int]]:
        """The moves, the commonest first."""
        moves = [(*key, rows) for key, rows in self.counts.items() if key[0] != key[1]]
        return sorted(moves, key=lambda move: (-move[2], move[0] or "", move[1] or ""))


def _verdict(outcome: str) -> str:
    return "duplicate" if outcome in {EXACT, NEAR} else KEPT if outcome == KEPT else "rejected"


def find_moves(before: Release, after: Release, *, limit: int = 0, parquet: str | None = None) -> Moves:
    """What moved between two releases; all moves go to a new Parquet file, if one is named.

    Rows are spilled to a temporary folder, 32 bytes each, and compared a partition at a time.
    """
    rows = sum(release.manifest.counts.ledger for release in (before, after))
    partitions, outcomes, moves = max(1, math.ceil(rows / PARTITION_ROWS)), Codes(), Moves(limit)
    with TemporaryDirectory(prefix="tamis-diff-") as folder, ExitStack() as stack:
        sides = []
        for name, release in (("before", before), ("after", after)):
            (Path(folder) / name).mkdir()
            sides.append(Spilled(Path(folder) / name, partitions, outcomes))
            sides[-1].add(release)
        moves.unreadable = sides[0].unreadable, sides[1].unreadable
        writer = None if parquet is None else stack.enter_context(writing_parquet(parquet, MOVES))
        for at in range(partitions):
            most = None if writer is not None else limit - len(moves.examples)
            table = _compare(sides[0], sides[1], at, moves, most)
            moves.examples += table[: limit - len(moves.examples)].to_pylist()
            if writer is not None:
                writer.write_table(table)
    return moves


def _compare(before: Spilled, after: Spilled, at: int, moves: Moves, most: int | None) -> pa.Table:
    """Count the moves of a partition; give all of them or the first as MOVES, sorted by record id."""
    was, is_now = before.partition(at), after.partition(at)
    found = match_rows(_ids(was), was["outcome"], _ids(is_now), is_now["outcome"])
    names = before.outcomes.names
    for old, new in _outcomes(found, was, is_now):
        pairs, counts = np.unique(np.stack([old, new]), axis=1, return_counts=True)
        for one, other, rows in zip(*pairs.tolist(), counts.tolist(), strict=True):
            key = None if one < 0 else names[one], None if other < 0 else names[other]
            moves.counts[key] += rows
    changed, left, entered = was[found.changed[0]], was[found.left], is_now[found.entered]
    first = _first(changed, most)
    tables = [
        _moved("changed", before, changed[first], after, is_now[found.changed[1]][first]),
        _moved("left", before, left[_first(left, most)], after, None),
        _moved("entered", before, None, after, entered[_first(entered, most)]),
    ]
    return pa.concat_tables(tables).sort_by([("record_id", "ascending"), ("change", "ascending")])


def _first(lines: np.ndarray, most: int | None) -> np.ndarray:
    """Positions of the first lines by record id, or of all."""
    return np.lexsort((lines["low"], lines["high"]))[:most]


def _ids(lines: np.ndarray) -> np.ndarray:
    return np.column_stack([lines["high"], lines["low"]])


def _outcomes(found: Matches, was: np.ndarray, is_now: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Numbers of the outcomes before and after of each kind of match, -1 for not being there."""
    old, new = was["outcome"].astype(np.int64), is_now["outcome"].astype(np.int64)
    yield old[found.same[0]], new[found.same[1]]
    yield old[found.changed[0]], new[found.changed[1]]
    yield old[found.left], np.full(len(found.left), -1)
    yield np.full(len(found.entered), -1), new[found.entered]


def _moved(
    change: str, before: Spilled, was: np.ndarray | None, after: Spilled, is_now: np.ndarray | None
) -> pa.Table:
    there = was if was is not None else is_now
    size = 0 if there is None else len(there)
    columns = {
        "record_id": pa.array([] if there is None else _hex(_ids(there)), pa.string()),
        "change": pa.array([change] * size, pa.string()),
        **_side("before", before, was, size),
        **_side("after", after, is_now, size),
    }
    return pa.table({name: columns[name] for name in MOVES.names}, schema=MOVES)


def _hex(words: np.ndarray) -> list[str]:
    return [one.hex() for one in from_words(words).to_pylist()]


def _side(name: str, side: Spilled, lines: np.ndarray | None, size: int) -> dict[str, pa.Array]:
    keys = (name, f"{name}_source", f"{name}_file", f"{name}_row")
    if lines is None:
        return {key: pa.nulls(size, MOVES.field(key).type) for key in keys}
    places = [file.split("\0") for file in side.files.names]
    numbers = lines["file"].tolist()
    outcomes = side.outcomes.names
    values = (
        [outcomes[code] for code in lines["outcome"].tolist()],
        [places[at][0] for at in numbers],
        [places[at][1] for at in numbers],
        lines["row"].astype(np.int64),
    )
    return {key: pa.array(value, MOVES.field(key).type) for key, value in zip(keys, values, strict=True)}
