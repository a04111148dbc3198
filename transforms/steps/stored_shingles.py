"""Shingles of a unit's candidates as the cache stores them: most in one file, later ones in one beside it."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.paths import Places
from transforms.steps import tables
from transforms.steps.cache import find_entry

_NONE = pa.table({"key": pa.array([], pa.binary(16))})
_WORTH = 1 / 8
"""Share of later ones from which both files are written as one."""


def later(path: str) -> str:
    """The file beside another that holds what was stored later."""
    return f"{path}.later"


@dataclass(frozen=True)
class StoredShingles:
    """Key and shingles of candidates, from a file and from the one beside it."""

    path: str
    most: pa.Table
    rest: pa.Table

    @classmethod
    def load(cls, path: str, places: Places) -> StoredShingles:
        """What is stored; nothing where no file is, or a damaged one, which is noted."""
        most, rest = (find_entry(file, places) for file in (path, later(path)))
        return cls(path, _NONE if most is None else most, _NONE if rest is None else rest)

    @property
    def table(self) -> pa.Table:
        """All of them, those stored later last; without columns of shingles where there are none."""
        return _join(self.most, self.rest)

    def add(self, fresh: pa.Table) -> StoredShingles:
        """Store some more: few are written beside many, so that the many need not be written for them."""
        rest = _join(self.rest, fresh)
        if len(rest) < _WORTH * len(self.most):
            tables.store(later(self.path), rest)
            return StoredShingles(self.path, self.most, rest)
        most = _join(self.most, rest)
        tables.store(self.path, most)
        if len(self.most) or len(self.rest):  # there may be a file beside, and a damaged one, too
            tables.store(later(self.path), rest[:0])
        return StoredShingles(self.path, most, rest[:0])


def _join(first: pa.Table, second: pa.Table) -> pa.Table:
    held = [table for table in (first, second) if len(table)]
    return pa.concat_tables(held) if held else _NONE
