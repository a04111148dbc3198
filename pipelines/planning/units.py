"""Cutting the input files into units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipelines.planning.footers import Footer
from schemas.plan import Unit
from schemas.recipe import Recipe
from transforms.steps.lines import Content

_PIECES = 8
"""A row group is read in so many pieces at most: each decodes again what comes before it."""


class _Piece(NamedTuple):
    """A range of row groups, how many rows of the first to skip, its first row in the file, and its rows.

    Of JSON Lines also a span of bytes.
    """

    groups: tuple[int, int]
    skip: int
    first_row: int
    rows: int
    span: tuple[int, int] | None = None


def cut_units(footers: Sequence[Footer], recipe: Recipe, unit_bytes: int) -> list[Unit]:
    """Consecutive row groups of each file up to a size; a file that cannot be read is a unit too."""
    left: dict[str, int | None] = dict.fromkeys(one.name for one in recipe.references)
    left |= {source.name: source.max_rows for source in recipe.sources}
    units: list[Unit] = []
    for at, footer in enumerate(footers):
        pieces = [_Piece((0, 0), 0, 0, 0)]
        if footer.file.rows is not None:
            cap = left[footer.file.source]
            most = footer.file.rows if cap is None else min(cap, footer.file.rows)
            pieces = list(_cut(footer, unit_bytes, most))
            left[footer.file.source] = None if cap is None else cap - most
        units += [Unit(index=len(units) + k, file=at, **piece._asdict()) for k, piece in enumerate(pieces)]
    return units


def _cut(footer: Footer, unit_bytes: int, most: int) -> Iterator[_Piece]:
    if footer.groups is not None:
        yield from _cut_file(footer.groups, unit_bytes, most)
    if footer.content is not None:
        yield from _cut_lines(footer.content, unit_bytes, most)


def _cut_lines(content: Content, unit_bytes: int, most: int) -> Iterator[_Piece]:
    """Spans of a file's first lines."""
    first, rows, span = 0, 0, (0, 0)
    for start, stop, held in content.pieces:
        if rows and stop - span[0] > unit_bytes:
            yield _Piece((0, 1), 0, first, rows, span)
            first, rows = first + rows, 0
        span = (span[0] if rows else start, stop)
        rows += min(held, most - first - rows)
    if rows:
        yield _Piece((0, 1), 0, first, rows, span)


def _cut_file(groups: np.ndarray, unit_bytes: int, most: int) -> Iterator[_Piece]:
    """Pieces of a file's first rows: whole row groups together, or parts of a large one."""
    pack = _Pack()
    first = 0
    for group, (held, size) in enumerate(groups.tolist()):
        rows = min(held, most - first)
        if rows == 0:
            continue
        if pack.rows and pack.bytes + size > unit_bytes:
            yield pack.piece()
            pack = _Pack()
        if size > 2 * unit_bytes:
            yield from _cut_group(group, first, rows, -(-size // unit_bytes))
        else:
            pack.add(group, first, rows, size)
        first += rows
    if pack.rows:
        yield pack.piece()


def _cut_group(group: int, first: int, rows: int, pieces: int) -> Iterator[_Piece]:
    """Even parts of one large row group."""
    pieces = min(pieces, _PIECES, rows)
    for k in range(pieces):
        start, stop = k * rows // pieces, (k + 1) * rows // pieces
        yield _Piece((group, group + 1), start, first + start, stop - start)


@dataclass
class _Pack:
    """Row groups that are put together."""

    start: int = 0
    stop: int = 0
    first_row: int = 0
    rows: int = 0
    bytes: int = 0

    def add(self, group: int, first: int, rows: int, size: int) -> None:
        """Put one more row group in."""
        if self.rows == 0:
            self.start, self.first_row = group, first
        self.stop, self.rows, self.bytes = group + 1, self.rows + rows, self.bytes + size

    def piece(self) -> _Piece:
        """What was put together."""
        return _Piece((self.start, self.stop), 0, self.first_row, self.rows)
