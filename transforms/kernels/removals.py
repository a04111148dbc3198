"""Takedown lists: rows that must go, by record id or by where they stand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import escape
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from transforms.kernels.rows import as_words, from_hex, holds_words

_ID = re.compile(r"[0-9a-fA-F]{32}")
_ROWS = re.compile(r"([0-9]{1,15})(?:-([0-9]{1,15}))?")
_IDS = re.compile(rf"{_ID.pattern}(?:,{_ID.pattern})*")
_KEYS = ("source", "file", "row", "id")
_LINE_END = re.compile(r"\r\n|\r|\n")
"""What ends a line. Names may hold all else that Python splits lines at, such as U+2028."""


def glob_of(name: str) -> str:
    r"""The glob of one name; an end of line in it, which no line of a list can hold, is any character.

    >>> glob_of("a[1]\n.parquet")
    'a[[]1]?.parquet'
    """
    return re.sub(r"[\r\n]", "?", escape(name))


class Pattern(NamedTuple):
    """Rows by their place: globs of source and file, and the first and last row of the file.

    `ids` are the record ids of the rows that were there when the place was looked up; from then on these
    are named, not the place.
    """

    source: str = "*"
    file: str = "*"
    first: int = 0
    last: int | None = None
    ids: frozenset[str] = frozenset()

    def is_of(self, source: str, file: str) -> bool:
        """Whether a file is one of those that are named."""
        return fnmatchcase(source, self.source) and fnmatchcase(file, self.file)

    @property
    def place(self) -> Pattern:
        """The pattern as it was before anything was looked up."""
        return self._replace(ids=frozenset())

    def __str__(self) -> str:
        """The line of a list that says the same."""
        terms = [f"{key}={value}" for key, value in (("source", self.source), ("file", self.file))]
        if self.last is not None:
            terms.append(f"row={self.first}-{self.last}")
        if self.ids:
            terms.append(f"id={','.join(sorted(self.ids))}")
        return shlex.join(terms)


@dataclass(frozen=True)
class Removals:
    """Rows that must go: those with one of the record ids (32 hex digits), and those of the patterns."""

    ids: frozenset[str] = frozenset()
    patterns: frozenset[Pattern] = frozenset()

    def __or__(self, other: Removals) -> Removals:
        """What either list names."""
        return Removals(self.ids | other.ids, self.patterns | other.patterns)

    def __sub__(self, other: Removals) -> Removals:
        """What this list names and the other does not."""
        return Removals(self.ids - other.ids, self.patterns - other.patterns)

    def __len__(self) -> int:
        """Number of ids and patterns."""
        return len(self.ids) + len(self.patterns)

    def __str__(self) -> str:
        """The list as text, the same for equal lists; `read_removals` reads it."""
        lines = [*sorted(self.ids), *sorted(map(str, self.patterns))]
        return "".join(f"{line}\n" for line in lines)


def read_removals(text: str) -> Removals:
    r"""The list in a text: a record id a line, or terms `source=GLOB`, `file=GLOB`, `row=N` or `row=N-M`.

    A row must match all terms of a line. What follows `#` at the beginning of a line is left out. A term
    `id=ID,ID` behind a row says which texts were found there.

    >>> found = read_removals("# asked for by mail\nsource=web file='part 1*' row=7")
    >>> found.patterns
    frozenset({Pattern(source='web', file='part 1*', first=7, last=7, ids=frozenset())})

    Raises:
        ValueError: a line is neither; the message names it.
    """
    ids, patterns = set(), set()
    for number, line in enumerate(map(str.strip, _LINE_END.split(text)), 1):
        if _ID.fullmatch(line):
            ids.add(line.lower())
        elif line and not line.startswith("#"):
            try:
                patterns.add(_pattern(line))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}, found {line!r}") from None
    return Removals(frozenset(ids), frozenset(patterns))


def _pattern(line: str) -> Pattern:
    terms = [term.partition("=") for term in shlex.split(line)]
    found = {key: value for key, _, value in terms}
    if len(found) < len(terms) or not found.keys() <= set(_KEYS) or "" in found.values():
        raise ValueError(f"takes a record id of 32 hex digits, or {', '.join(_KEYS)} once each with a value")
    place = Pattern(found.get("source", "*"), found.get("file", "*"))
    rows, ids = found.get("row"), found.get("id", "")
    if ids and (rows is None or not _IDS.fullmatch(ids)):
        raise ValueError("id takes the record ids of the rows that row names")
    if rows is None:
        return place
    match = _ROWS.fullmatch(rows)
    if match is None:
        raise ValueError("row takes a number or a range such as 10-19")
    first, last = int(match[1]), int(match[2] or match[1])
    if last < first:
        raise ValueError("row takes a range that does not run backwards")
    return place._replace(first=first, last=last, ids=frozenset(_ID.findall(ids.lower())))


class Marker:
    """Marks the rows that a list names."""

    def __init__(self, removals: Removals) -> None:
        """Sort the ids."""
        self.patterns = sorted((pattern for pattern in removals.patterns if not pattern.ids), key=str)
        ids = removals.ids.union(*(pattern.ids for pattern in removals.patterns))
        self.ids = as_words(from_hex(pa.array(sorted(ids), pa.string())))

    def __call__(self, source: str, file: str, rows: np.ndarray, ids: Callable[[], np.ndarray]) -> np.ndarray:
        """Mask of the marked ones among some rows of a file (bool); `ids` gives their record ids as words."""
        marked = holds_words(self.ids, ids()) if len(self.ids) else np.zeros(len(rows), bool)
        for pattern in self.patterns:
            if pattern.is_of(source, file):
                marked |= (rows >= pattern.first) & (rows <= (rows if pattern.last is None else pattern.last))
        return marked
