"""Shingles of a unit's candidates as the cache stores them: most in one file, later ones in one beside it."""

from __future__ import annotations

import pyarrow as pa

from transforms.steps import tables

_NONE = pa.table({"key": pa.array([], pa.binary(16))})
_WORTH = 1 / 8
"""Share of later ones from which both files are written as one."""


def later(path: str) -> str:
    """The file beside another that holds what was stored later."""
    return f"{path}.later"


def load(path: str) -> pa.Table:
    """Key and shingles of all candidates; of none but the key where none are stored or they are damaged."""
    return _join(_load(path), _load(later(path)))


def keep(path: str, fresh: pa.Table) -> None:
    """Store some more: few are written beside many, so that the many need not be written for them."""
    first, before = _load(path), _load(later(path))
    second = _join(before, fresh)
    if len(second) < _WORTH * len(first):
        tables.store(later(path), second)
        return
    tables.store(path, _join(first, second))
    if len(before):
        tables.store(later(path), before[:0])


def _load(path: str) -> pa.Table:
    try:
        return tables.load(path)
    except (FileNotFoundError, tables.DamagedError):
        return _NONE


def _join(first: pa.Table, second: pa.Table) -> pa.Table:
    held = [table for table in (first, second) if len(table)]
    return pa.concat_tables(held) if held else _NONE
