"""Choosing among the rows that would be kept: no kind over its share, then the rows that score best.

What is chosen by is one line a row that stands, gathered in one step: some 12 bytes each. The worker that
cuts them needs 40 bytes of memory for each, or 60 where kinds are balanced.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias, TypedDict

import numpy as np
import pyarrow as pa

from schemas.reason import Reason
from schemas.recipe import Recipe
from transforms.kernels.shingles import scramble
from transforms.steps.keyed import Keyed, numbers, to_units, words
from transforms.steps.resolve import Fates, falls
from transforms.steps.unit_rows import UnitRows

ASKED, DROPPED = "asked", "dropped"


Last: TypeAlias = tuple[int, int, int]
"""The last key that stays, -1 for none; and, as equal rows have one key, the unit of the last row of this key
that stays, and how many of the unit's do."""


class Cuts(TypedDict):
    """Where the choice cuts: by kind the last that stays, and the last score with the last of it."""

    kinds: list[tuple[str | None, Last]]
    top: tuple[int, Last] | None


def chooses(recipe: Recipe) -> bool:
    """Whether a recipe chooses at all."""
    return recipe.balance is not None or recipe.top is not None


def lines(rows: UnitRows, fates: Fates) -> Iterator[Keyed]:
    """Kind, score and key of the unit's rows that would be kept, all to one place."""
    if not rows.job.plan.source_of(rows.unit).reference:
        yield 0, _lines(rows, _kept(rows, fates, falls(rows, fates)))


def _kept(rows: UnitRows, fates: Fates, fallen: pa.Table) -> np.ndarray:
    """Positions of the rows that nothing removes so far."""
    kept = numbers(rows.judgement, "reasons") == 0
    kept &= fallen["survivor"].is_null().to_numpy()
    if fates.capped is not None:
        kept[rows.at(numbers(fates.capped, "row"))] = False
    return np.flatnonzero(kept)


def _lines(rows: UnitRows, positions: np.ndarray) -> pa.Table:
    recipe, at = rows.job.recipe, pa.array(positions)
    balance = recipe.balance
    kinds = rows.judgement[balance.by].take(at) if balance else pa.nulls(len(at), pa.string())
    content = words(rows.identity, "content_hash")[positions]
    whole = numbers(rows.identity, "row_hash")[positions]
    seed = scramble(np.array([balance.seed if balance else 0], np.uint64))
    columns = {
        "kind": kinds,
        "score": numbers(rows.judgement, "score")[positions],
        "key": scramble(content[:, 0] ^ scramble(content[:, 1] ^ scramble(whole ^ seed))),
    }
    return pa.table(columns).cast(
        pa.schema([("kind", pa.string()), ("score", pa.int16()), ("key", pa.uint64())])
    )


def cut(table: pa.Table, rows: Mapping[int, int], recipe: Recipe) -> str:
    """Where the choice cuts the lines of all units, in their order, with `rows` of each; as JSON."""
    units, ends = [*rows], np.cumsum([*rows.values()])
    key, score = numbers(table, "key"), numbers(table, "score")
    cuts: Cuts = {"kinds": [], "top": None}
    standing = np.ones(len(key), bool)
    if recipe.balance is not None:
        coded = table["kind"].combine_chunks().dictionary_encode("encode")
        kind, names = coded.indices.to_numpy(), coded.dictionary.to_pylist()
        most = int(recipe.balance.max_share * len(key))
        for number in np.flatnonzero(np.bincount(kind) > most).tolist():
            last, stay = _last(key, kind == number, most)
            cuts["kinds"].append((names[number], _place(last, stay, units, ends)))
            over = (kind == number) & (key >= np.uint64(max(last, 0)))
            over[stay] = False
            standing &= ~over
    if recipe.top is not None and recipe.top < standing.sum():
        least, better = _least(score, standing, recipe.top)
        last, stay = _last(key, standing & (score == least), recipe.top - better)
        cuts["top"] = least, _place(last, stay, units, ends)
    return json.dumps(cuts)


def _least(score: np.ndarray, standing: np.ndarray, most: int) -> tuple[int, int]:
    """Score of the last of the `most` best rows that stand, and how many have a better one."""
    values, rows = np.unique(score[standing], return_counts=True)
    best_first = np.cumsum(rows[::-1])
    at = int(np.searchsorted(best_first, most))
    return int(values[::-1][at]), int(best_first[at] - rows[::-1][at])


def _last(key: np.ndarray, among: np.ndarray, most: int) -> tuple[int, np.ndarray]:
    """The greatest of the `most` least keys among some lines, and the lines of it that stay: the first ones.

    -1 for none.
    """
    if not most:
        return -1, np.zeros(0, np.int64)
    keys = key[among]
    last = np.partition(keys, most - 1)[most - 1]
    tied = np.flatnonzero(among & (key == last))
    return int(last), tied[: most - np.count_nonzero(keys < last)]


def _place(last: int, stay: np.ndarray, units: Sequence[int], ends: np.ndarray) -> Last:
    """The last key, and where the last of its lines that stay is; `ends` is where those of each unit end."""
    if last < 0:
        return last, 0, 0
    at = int(np.searchsorted(ends, stay[-1], "right"))
    before = np.searchsorted(stay, ends[at - 1]) if at else 0
    return last, units[at], int(len(stay) - before)


def _over(key: np.ndarray, among: np.ndarray, last: Last, unit: int) -> np.ndarray:
    """Mask of those among some rows of a unit that are past the last one that stays."""
    at, of, rows = last
    if at < 0:
        return among
    over = among & (key > np.uint64(at))
    if unit >= of:
        tied = np.flatnonzero(among & (key == np.uint64(at)))
        over[tied[rows if unit == of else 0 :]] = True
    return over


def drop(rows: UnitRows, fates: Fates, cuts: Sequence[str]) -> Iterator[tuple[str, Keyed]]:
    """Rows of the unit that are not chosen; and to the units of survivors, which rows fall to them."""
    fallen = falls(rows, fates)
    gone = np.flatnonzero(fallen["survivor"].is_valid())
    for keyed in to_units(fallen["survivor"].drop_null().to_numpy(), {"asker": _refs(rows, gone)}):
        yield ASKED, keyed
    if rows.job.plan.source_of(rows.unit).reference or not cuts:
        return
    where: Cuts = json.loads(cuts[0])
    positions = _kept(rows, fates, fallen)
    table = _lines(rows, positions)
    key, score = numbers(table, "key"), numbers(table, "score").astype(np.int64)
    kinds = np.array(table["kind"].to_pylist(), object)
    bits = np.zeros(len(key), np.uint64)
    for kind, last in where["kinds"]:
        bits[_over(key, kinds == kind, last, rows.unit)] = Reason.BALANCE.bit
    if where["top"] is not None:
        least, last = where["top"]
        standing = bits == 0
        below = standing & (score < least) | _over(key, standing & (score == least), last, rows.unit)
        bits[below] = Reason.BELOW_TOP.bit
    some = bits > 0
    if some.any():
        row = pa.array(rows.row[positions[some]].astype(np.uint32))
        yield DROPPED, (rows.unit, pa.table({"row": row, "bit": bits[some]}))


def _refs(rows: UnitRows, positions: np.ndarray) -> np.ndarray:
    return np.asarray(rows.contenders(positions)["ref"])


def tell_duplicates(dropped: pa.Table | None, asked: pa.Table | None) -> Iterator[Keyed]:
    """Rows that fall to one that is not chosen fall with it: their reasons, to their units."""
    if dropped is None or asked is None:
        return
    row, bit = numbers(dropped, "row"), numbers(dropped, "bit")
    order = np.argsort(row)
    row, bit = row[order], bit[order]
    wanted = numbers(asked, "row")
    at = np.minimum(np.searchsorted(row, wanted), len(row) - 1)
    found = row[at] == wanted
    yield from to_units(numbers(asked, "asker")[found], {"bit": bit[at[found]]})
