"""How many sequences of one length some examples fill, packed best-fit decreasing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Packed(NamedTuple):
    """Sequences that were filled, tokens in them, and examples that were longer and lose their ends."""

    sequences: int
    tokens: int
    cut: int


def pack(lengths: Mapping[int, int], room: int) -> Packed:
    """Sequences of length `room` that examples fill, given how many examples there are of each length.

    The longest goes first, each into the sequence with the least room that it fits in, as TRL's `bfd` does;
    one that is longer than a sequence fills it. It takes as long as there are lengths, not examples.

    >>> pack({5: 2, 3: 2, 2: 1, 12: 1}, 10)
    Packed(sequences=3, tokens=28, cut=1)
    """
    free: dict[int, int] = {}
    sequences = tokens = 0
    for length in sorted((length for length in lengths if length), reverse=True):
        size, left = min(length, room), lengths[length]
        tokens += size * left
        left = _fill(free, size, left)
        full, rest = divmod(left, room // size)
        sequences += full + (rest > 0)
        _add(free, room - size * (room // size), full)
        if rest:
            _add(free, room - size * rest, 1)
    return Packed(sequences, tokens, sum(many for length, many in lengths.items() if length > room))


def _fill(free: dict[int, int], size: int, left: int) -> int:
    """Put examples of a size where there is room, the least first; give how many are left over."""
    for room in sorted(room for room in free if room >= size):
        fit = room // size
        full = min(free[room], left // fit)
        _move(free, room, room - size * fit, full)
        left -= full * fit
        if left and free.get(room):
            _move(free, room, room - size * left, 1)
            return 0
        if not left:
            return 0
    return left


def _move(free: dict[int, int], room: int, to: int, many: int) -> None:
    """Move some sequences from one amount of free room to another."""
    free[room] -= many
    if not free[room]:
        del free[room]
    _add(free, to, many)


def _add(free: dict[int, int], room: int, many: int) -> None:
    if room and many:
        free[room] = free.get(room, 0) + many
