"""Rows picked for the report: examples of each mark, the largest clusters, and rows whose text is read.

Each list keeps the rows with the lowest keys, and a key depends on its row alone,
so that lists merge in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from schemas.reason import NAMES, Reason
from schemas.verdict import Verdict
from transforms.kernels.counts import VERDICTS, read_numbers
from transforms.kernels.sampling import Places, Sampling, below

CLUSTERS, TEXTS, UNREADABLE = "clusters", "texts", "unreadable"
"""Lists beside those of examples, which have the names of reasons and of kinds of duplicates."""

_LIMITS = {CLUSTERS: 10, TEXTS: 1 << 40, UNREADABLE: 50}
_EXAMPLES = 3
_HIDDEN = Reason.REMOVED.bit | Reason.PRIVATE_DATA.bit


class Pick(NamedTuple):
    """A row, the key it is picked by, and what is told of it; for what is unreadable, its place and error.

    `value` is the rows of a cluster, a similarity, rows lost, or whether a row was kept.
    """

    key: int
    source: str
    file: str
    group: int
    row: int
    record_id: str
    value: float
    other_source: str = ""
    other_file: str = ""
    other_row: int = -1
    other_id: str = ""
    note: str = ""


Picks = Mapping[str, Sequence[Pick]]


def merge_picks(one: Picks, other: Picks) -> dict[str, tuple[Pick, ...]]:
    """The picks of both, as many of each list as it may hold.

    >>> picks = {"echo": [Pick(key, "web", "a", 0, key, "", 0.0) for key in (1, 5, 7)]}
    >>> [pick.key for pick in merge_picks(picks, {"echo": [Pick(3, "web", "b", 0, 0, "", 0.0)]})["echo"]]
    [1, 3, 5]
    """
    names = [*one, *(name for name in other if name not in one)]
    both = {name: sorted([*one.get(name, ()), *other.get(name, ())]) for name in names}
    return {name: tuple(picks[: _LIMITS.get(name, _EXAMPLES)]) for name, picks in both.items()}


def pick_lost(rows: pa.Table) -> dict[str, tuple[Pick, ...]]:
    """Files and row groups that cannot be read."""
    names = ("source", "file", "row_group", "rows_lost", "error")
    lines = [
        Pick(0, line["source"], line["file"], _or(line["row_group"]), -1, "", _or(line["rows_lost"]),
             note=line["error"] or "")
        for line in rows.select(names).to_pylist()
    ]  # fmt: skip
    return merge_picks({UNREADABLE: lines}, {})


def pick_rows(
    rows: pa.Table, verdicts: np.ndarray, names: Sequence[str] = NAMES, sampling: Sampling | None = None
) -> dict[str, tuple[Pick, ...]]:
    """Picks among readable rows; none that a takedown list names or that may hold private data."""
    sampling = sampling or Sampling()
    places = Places.of(rows, sampling)
    shown = (_bits(rows) & np.uint64(_HIDDEN)) == 0
    kept = verdicts == VERDICTS.index(Verdict.KEPT)
    order = places.order()
    picks: dict[str, tuple[Pick, ...]] = {}
    for name, mask, values in _marks(rows, verdicts, names):
        chosen = np.flatnonzero(mask & shown)
        chosen = _lowest(chosen, order, _EXAMPLES)
        picks |= {name: tuple(_read(rows, chosen, order, values))} if len(chosen) else {}
    sizes = read_numbers(rows["cluster_size"])
    large = np.flatnonzero(kept & (sizes > 1) & shown)
    large = _lowest(large, -sizes, _LIMITS[CLUSTERS])
    read = np.flatnonzero(places.near & shown & below(places.hashes, sampling.texts))
    lists = {CLUSTERS: _read(rows, large, -sizes, sizes), TEXTS: _read(rows, read, places.hashes, kept)}
    return merge_picks(picks, {name: found for name, found in lists.items() if found})


def _lowest(rows: np.ndarray, keys: np.ndarray, limit: int) -> np.ndarray:
    """Rows of the lowest keys, with all that tie with the last."""
    if len(rows) <= limit:
        return rows
    chosen: np.ndarray = rows[keys[rows] <= np.partition(keys[rows], limit - 1)[limit - 1]]
    return chosen


def _bits(rows: pa.Table) -> np.ndarray:
    return read_numbers(rows["reason_bits"]) | read_numbers(rows["flag_bits"])


def _marks(
    rows: pa.Table, verdicts: np.ndarray, names: Sequence[str]
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name and mask of each mark that a row can have, and the similarity of each row."""
    bits, exact = _bits(rows), read_numbers(rows["exact"])
    similar = np.nan_to_num(rows["similarity"].to_numpy())
    for at, name in enumerate(names):
        mask = (bits & np.uint64(1 << at)) != 0
        if name and mask.any():
            yield name, mask, similar
    duplicate = verdicts == VERDICTS.index(Verdict.DUPLICATE)
    yield "exact_duplicate", duplicate & exact, similar
    yield "near_duplicate", duplicate & ~exact, similar


def _read(rows: pa.Table, chosen: np.ndarray, keys: np.ndarray, values: np.ndarray) -> list[Pick]:
    columns = ("source", "file", "row_group", "row", "record_id", *_OTHER)
    lines = rows.select(columns).take(pa.array(chosen)).to_pylist()
    return [
        Pick(
            int(keys[at]), line["source"], line["file"], _or(line["row_group"]), _or(line["row"]),
            line["record_id"] or "", round(float(values[at]), 6), line["survivor_source"] or "",
            line["survivor_file"] or "", _or(line["survivor_row"]), line["survivor_id"] or "",
        )
        for at, line in zip(chosen.tolist(), lines, strict=True)
    ]  # fmt: skip


_OTHER = ("survivor_source", "survivor_file", "survivor_row", "survivor_id")


def _or(number: Any) -> int:
    return -1 if number is None else int(number)
