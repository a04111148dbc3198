"""Reading a file of a store by ranges, none of them twice while it is kept."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cached_property

from transforms.steps.stores.errors import not_found
from transforms.steps.stores.store import Store

_KEPT_BYTES = 64 << 20
_GAP_BYTES = 1 << 20
Range = tuple[int, int]


def merge(ranges: Sequence[Range], gap: int = _GAP_BYTES) -> list[Range]:
    """The same ranges in order, those joined that have no more than a gap between them.

    >>> merge([(60, 70), (0, 10), (12, 20)], gap=5)
    [(0, 20), (60, 70)]
    """
    merged: list[Range] = []
    for start, stop in sorted(ranges):
        if merged and start - merged[-1][1] <= gap:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


class RangeFile(io.RawIOBase):
    """A readable file of a store: a read is one request, unless the bytes were fetched ahead."""

    def __init__(self, store: Store, path: str) -> None:
        """Open nothing yet."""
        super().__init__()
        self.store = store
        self.path = path
        self.at = 0
        self.kept: list[tuple[int, bytes]] = []

    @cached_property
    def size(self) -> int:
        """Size in bytes, asked for once."""
        size = self.store.size(self.path)
        if size is None:
            raise not_found(self.path)
        return size

    def fetch(self, ranges: Sequence[Range]) -> None:
        """Fetch ranges ahead, merged, and keep them in place of older ones; not where they are too large."""
        wanted = [part for part in merge(ranges) if self._find(*part) is None]
        if sum(stop - start for start, stop in wanted) > _KEPT_BYTES:
            return
        for start, stop in wanted:
            self.kept.append((start, self.store.read(self.path, start, stop)))
        while sum(len(data) for _, data in self.kept) > _KEPT_BYTES:
            self.kept.pop(0)

    def _find(self, start: int, stop: int) -> bytes | None:
        for first, data in self.kept:
            if first <= start and stop <= first + len(data):
                return data[start - first : stop - first]
        return None

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def seekable(self) -> bool:
        """Whether it can be read at any position: yes."""
        return True

    def tell(self) -> int:
        """The position."""
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position; give it."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self.at}
        self.at = offset + (self.size if whence == io.SEEK_END else origin[whence])
        return self.at

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes, so many or all."""
        stop = self.size if size is None or size < 0 else min(self.at + size, self.size)
        if stop <= self.at:
            return b""
        kept = self._find(self.at, stop)
        data = self.store.read(self.path, self.at, stop) if kept is None else kept
        self.at += len(data)
        return data
