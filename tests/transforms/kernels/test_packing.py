"""Packing counts what packing one example after another gives."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from transforms.kernels.packing import Packed, pack


def one_by_one(lengths: list[int], room: int) -> Packed:
    """Best-fit decreasing as it is told: the longest first, each where it leaves the least."""
    free: list[int] = []
    for length in sorted((min(length, room) for length in lengths if length), reverse=True):
        fitting = [left for left in free if left >= length]
        if fitting:
            free[free.index(min(fitting))] -= length
        else:
            free.append(room - length)
    tokens = sum(min(length, room) for length in lengths)
    return Packed(len(free), tokens, sum(length > room for length in lengths))


@given(lengths=st.lists(st.integers(0, 25), max_size=60), room=st.integers(1, 20))
def test_packing_by_lengths_is_packing_one_by_one(lengths: list[int], room: int) -> None:
    assert pack(Counter(lengths), room) == one_by_one(lengths, room)
