"""Edits that make near duplicates: the text changes, what it says does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import cast

from pipelines.sample.banks import edit_phrases
from pipelines.sample.likeness import WIDTH, similarity
from pipelines.sample.rows import Row

Edit = Callable[[Row, Random], Row]

_WORD = re.compile(r"[A-Za-z]+")
_LONG_WORD = 6
_STEP = 0.04
_STARTS, _EDITS_EACH = 20, 25


def substitute(row: Row, rng: Random) -> Row:
    """The row with one word of its output exchanged for another of like meaning."""
    synonyms = cast("Mapping[str, str]", edit_phrases()["synonyms"])
    return _change_word(row, rng, lambda word: synonyms.get(word, word))


def misspell(row: Row, rng: Random) -> Row:
    """The row with two letters of one long word of its output swapped."""
    at = rng.randrange(1, 4)

    def swap(word: str) -> str:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :] if len(word) >= _LONG_WORD else word

    return _change_word(row, rng, swap)


def greet(row: Row, rng: Random) -> Row:
    """The row with a polite opening of its output."""
    return replace(row, output=f"{_choose('openers', rng)} {row.output}")


def part(row: Row, rng: Random) -> Row:
    """The row with a polite closing of its output."""
    return replace(row, output=f"{row.output} {_choose('closers', rng)}")


def ask_kindly(row: Row, rng: Random) -> Row:
    """The row with a polite word in its instruction."""
    kindly = rng.choice(["Please: {}", "{} Thank you.", "Hello! {}"])
    return replace(row, instruction=kindly.format(row.instruction))


EDITS: tuple[Edit, ...] = (substitute, substitute, substitute, misspell, misspell, greet, part, ask_kindly)
"""Edits to choose from, the commoner ones more than once."""


def reword(row: Row, low: float, high: float, rng: Random) -> Row | None:
    """An edited row whose similarity with the given one lies in the band, if edits can get there.

    Within the band a random goal spreads the similarities of many rows.
    """
    goal = rng.uniform(low, high - _STEP)
    for _ in range(_STARTS):
        edited = row
        for _ in range(_EDITS_EACH):
            edited = rng.choice(EDITS)(edited, rng)
            reached = similarity(row, edited)
            if goal <= reached <= goal + _STEP:
                return edited
            if reached < goal:
                break
    return None


def drop_tail(row: Row, share: float) -> Row:
    """The row without the last words of its output."""
    words, cut = _cut(row, share)
    return replace(row, output=" ".join(words[: len(words) - cut]))


def drop_head(row: Row, share: float) -> Row:
    """The row without the first words of its output."""
    words, cut = _cut(row, share)
    return replace(row, output=" ".join(words[cut:]))


def _cut(row: Row, share: float) -> tuple[list[str], int]:
    """Words of the output, and how many are as large a share of its shingles."""
    words = (row.output or "").split()
    return words, round((len(words) - WIDTH + 1) * share)


def _change_word(row: Row, rng: Random, change: Callable[[str], str]) -> Row:
    text = row.output or ""
    spots = [spot for spot in _WORD.finditer(text) if change(spot[0]) != spot[0]]
    if not spots:
        return row
    spot = rng.choice(spots)
    return replace(row, output=text[: spot.start()] + change(spot[0]) + text[spot.end() :])


def _choose(name: str, rng: Random) -> str:
    return rng.choice(cast("list[str]", edit_phrases()[name]))
