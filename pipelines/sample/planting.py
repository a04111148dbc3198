"""Planting: rows that nobody planted become the hosts of faults and of duplicates."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from pipelines.sample.banks import edit_phrases
from pipelines.sample.disguises import disguise
from pipelines.sample.edits import drop_head, drop_tail, reword
from pipelines.sample.grammar import expand, stream
from pipelines.sample.likeness import offspring, similarity
from pipelines.sample.rows import Row

Grow = Callable[[Row, Random], list[Row]]
"""What stands in the sample in place of a host; nothing if the host does not suit."""

NEAR_DUPLICATE = (0.82, 0.97)
NEAR_MISS = (0.60, 0.78)
EMPTY = (None, "", " ", "\n\n", "\t \n", "\xa0")

_LONG = 55
_LINK = 0.145
_CODE = "workshop"
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
_FINAL = ".?!:\u3002\uff1f\uff01\u061f"


def repeat(row: Row, rng: Random) -> list[Row]:
    """The row and one to three copies of it."""
    copies = range(1, rng.choice([1, 1, 1, 2, 3]) + 1)
    return [row, *(offspring(row, row, "exact_duplicate", n) for n in copies)]


def vary(row: Row, rng: Random) -> list[Row]:
    """The row and another spelling of it."""
    other = disguise(row, rng)
    return [] if other is None or row.collection == _CODE else [row, offspring(other, row, "exact_variant")]


def resemble(row: Row, rng: Random) -> list[Row]:
    """The row and a near duplicate."""
    other = reword(row, *NEAR_DUPLICATE, rng) if _is_long_prose(row) else None
    return [] if other is None else [row, offspring(other, row, "near_duplicate")]


def miss(row: Row, rng: Random) -> list[Row]:
    """The row and one that is a little too unlike."""
    other = reword(row, *NEAR_MISS, rng) if _is_long_prose(row) else None
    return [] if other is None else [row, offspring(other, row, "near_miss")]


def link(row: Row, _: Random) -> list[Row]:
    """The row, the row without its tail, and that one without its head."""
    if not _is_long_prose(row):
        return []
    second = offspring(drop_tail(row, _LINK), row, "chain", 1)
    third = offspring(drop_head(second, _LINK), second, "chain", 2)
    links_hold = min(second.similarity or 0, third.similarity or 0) >= NEAR_DUPLICATE[0]
    return [row, second, third] if links_hold and similarity(row, third) <= NEAR_MISS[1] else []


def empty(row: Row, rng: Random) -> list[Row]:
    """The row without an output."""
    return [replace(row, output=rng.choice(EMPTY), plant="output_empty")]


def forget(row: Row, _: Random) -> list[Row]:
    """The row without an instruction."""
    return [replace(row, instruction=None, plant="instruction_null")]


def leave_open(row: Row, _: Random) -> list[Row]:
    """The row without the final punctuation of its instruction."""
    bare = (row.instruction or "").rstrip(_FINAL)
    return [] if bare == row.instruction else [replace(row, instruction=bare, plant="no_end_punctuation")]


def leave_blank(row: Row, rng: Random) -> list[Row]:
    """The row with a placeholder for the better part of its output."""
    return _say(row, "placeholders", "placeholder", rng)


def pause(row: Row, rng: Random) -> list[Row]:
    """The row with three dots in its output."""
    return _say(row, "pauses", "ellipsis", rng)


@dataclass(frozen=True)
class Planting:
    """How many hosts to plant, and what grows from each."""

    hosts: int
    grow: Grow

    def plant(self, pool: list[Row], rng: Random) -> tuple[list[Row], list[Row]]:
        """The rows left over, and what grew in place of the hosts."""
        left, grown, hosts = [], [], 0
        for row in pool:
            found = self.grow(row, rng) if hosts < self.hosts else []
            grown += found
            hosts += bool(found)
            if not found:
                left.append(row)
        if hosts < self.hosts:
            raise ValueError(f"{self.grow.__name__}: {self.hosts} hosts wanted, {hosts} found")
        return left, grown


PLANTINGS = (
    Planting(8, link),
    Planting(150, resemble),
    Planting(60, miss),
    Planting(80, repeat),
    Planting(60, vary),
    Planting(60, leave_blank),
    Planting(25, pause),
    Planting(30, empty),
    Planting(6, forget),
    Planting(60, leave_open),
)
"""Plantings in order, those that suit the fewest hosts first."""


def plant_rows(rows: list[Row], seed: int) -> list[Row]:
    """The rows with plants among them, in random order."""
    rng = stream(seed, "plants")
    taken = {row.plant_of for row in rows} | {row.id for row in rows if row.plant}
    pool = [row for row in rows if row.id not in taken]
    planted = [row for row in rows if row.id in taken]
    rng.shuffle(pool)
    for planting in PLANTINGS:
        pool, grown = planting.plant(pool, rng)
        planted += grown
    planted += pool
    rng.shuffle(planted)
    return planted


def _say(row: Row, phrases: str, kind: str, rng: Random) -> list[Row]:
    if row.language != "en" or row.collection == _CODE or not row.output:
        return []
    scope = {"answer": row.output, "head": _SENTENCE_END.split(row.output)[0]}
    return [replace(row, output=expand(edit_phrases()[phrases], scope, rng), plant=kind)]


def _is_long_prose(row: Row) -> bool:
    return row.language == "en" and row.collection != _CODE and len((row.output or "").split()) >= _LONG
