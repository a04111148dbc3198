"""Whether a file holds a whole model of fastText's, which reads one that is cut for ever, or as zeros."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_MAGIC = 793712314
_SETTINGS = "12id"
_CENTROIDS = 256


def is_cut(data: bytes) -> bool:
    """Whether a file of fastText's is another length than what is in it says.

    >>> is_cut(b"of another kind"), is_cut(struct.pack("<2i", _MAGIC, 12))
    (False, True)
    """
    if data[:4] != struct.pack("<i", _MAGIC):
        return False
    walk = _Walk(data)
    try:
        walk.read(f"2i{_SETTINGS}")
        walk.pass_words()
        (quantised,) = walk.read("?")
        walk.pass_matrix(quantised=quantised)
        (also,) = walk.read("?")
        walk.pass_matrix(quantised=quantised and also)
    except (struct.error, ValueError):
        return True
    return walk.at != len(data)


@dataclass
class _Walk:
    """A place in a file."""

    data: bytes
    at: int = 0

    def read(self, layout: str) -> tuple[int, ...]:
        """The next values, packed without gaps."""
        start, self.at = self.at, self.at + struct.calcsize(f"<{layout}")
        return struct.unpack_from(f"<{layout}", self.data, start)

    def pass_words(self) -> None:
        """Go past the dictionary: each word ends with a zero byte, its count and its kind."""
        size, _, _, _, pruned = self.read("3i2q")
        for _ in range(size):
            self.at = self.data.index(b"\0", self.at) + 1 + struct.calcsize("<qb")
        self.at += max(0, pruned) * struct.calcsize("<2i")

    def pass_matrix(self, *, quantised: bool | int) -> None:
        """Go past a matrix of floats, or of codes with their centroids."""
        if not quantised:
            rows, columns = self.read("2q")
            self.at += rows * columns * struct.calcsize("<f")
            return
        normed, rows, _, codes = self.read("?2qi")
        self.at += codes
        self._pass_centroids()
        if normed:
            self.at += rows
            self._pass_centroids()

    def _pass_centroids(self) -> None:
        dimensions, *_ = self.read("4i")
        self.at += dimensions * _CENTROIDS * struct.calcsize("<f")
