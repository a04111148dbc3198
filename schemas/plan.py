"""The plan of a run: its input files, the units they are read in, and how the work is split."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

REF_BITS = 32
"""A row is referred to by `unit << REF_BITS | row in the unit`, which sorts as the input order does."""

TRAIN = "train"
"""The split of rows that nothing else is said of."""

_FIRST = ("test", "validation")


def split_rank(split: str | None) -> int:
    """Sort key of a split, and its priority where splits are deduplicated together: `train` is last.

    >>> [split_rank(split) for split in ("test", "validation", "extra", "train", None)]
    [0, 1, 2, 3, 3]
    """
    if split in {None, TRAIN}:
        return len(_FIRST) + 1
    return _FIRST.index(split) if split in _FIRST else len(_FIRST)


DRAWING = ("vl-convert-python",)
"""Packages whose version changes the looks of the report and nothing that is found of a row."""

CROWD_ROWS = 250_000
"""Rows of a component from which it is split over workers, unless a run says otherwise."""


@dataclass(frozen=True, kw_only=True)
class InputFile:
    """One file of the input; `rows` is None and `error` says why where it cannot be read.

    `digest` is of the lines of JSON Lines, which were read when the run was planned; `footer` is that of
    the footer of Parquet.
    """

    source: str
    path: str
    name: str
    bytes: int
    rows: int | None
    error: str | None = None
    digest: str | None = None
    footer: str | None = None


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Consecutive row groups of one file, or a part of a large one: `rows` rows after `skip` of the first.

    Of a file of JSON Lines it is a span of bytes, which begins and ends with a line, or the whole of a
    compressed one; such a file counts as one row group.
    """

    index: int
    file: int
    groups: tuple[int, int]
    skip: int
    first_row: int
    rows: int
    span: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Source:
    """A named set of files: its format, the columns that hold what, and its rank as a survivor (0 first).

    `schema` is that of its files of JSON Lines; `fractions` says whether the column that duplicates rank by
    may have any in one of its files. Rows of a reference set outrank all others and are in no part of the
    release.
    """

    name: str
    rank: int
    format: str = "alpaca"
    columns: dict[str, str] = field(default_factory=dict)
    reference: bool = False
    schema: str | None = None
    split: str = TRAIN
    fractions: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything the steps of a run need to know, the same on every worker."""

    release: str
    sources: dict[str, Source]
    files: list[InputFile]
    units: list[Unit]
    schema: str
    recipe: dict[str, Any]
    model: str | None
    model_digest: str | None
    buckets: int
    parts: dict[str, int]
    group_rows: int
    shards: dict[str, int] = field(default_factory=dict)
    crowd_rows: int = CROWD_ROWS
    released: str | None = None
    previous: str | None = None
    removals: str | None = None
    keep: int | None = None
    tokenizer: str | None = None
    benchmarks: str | None = None
    benchmark_files: list[InputFile] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    @cached_property
    def may_crowd(self) -> bool:
        """Whether there are rows enough for a component to be split."""
        return sum(unit.rows for unit in self.units) > self.crowd_rows

    @cached_property
    def rows_and_groups(self) -> tuple[int, int]:
        """Rows of the input that are to be read, and row groups they are in."""
        units = [unit for unit in self.units if not self.source_of(unit.index).reference]
        groups = len({(unit.file, group) for unit in units for group in range(*unit.groups)})
        return sum(unit.rows for unit in units), groups

    @cached_property
    def unit_files(self) -> np.ndarray:
        """Number of the file of each unit."""
        return np.array([unit.file for unit in self.units], np.int64)

    @cached_property
    def first_rows(self) -> np.ndarray:
        """Row in its file of the first row of each unit."""
        return np.array([unit.first_row for unit in self.units], np.int64)

    @cached_property
    def file_names(self) -> pa.Table:
        """Source and name of each file: string columns `source` and `name`."""
        return _name_files(self.files)

    @cached_property
    def benchmark_names(self) -> pa.Table:
        """Source and name of each file of the benchmarks: string columns `source` and `name`."""
        return _name_files(self.benchmark_files)

    @cached_property
    def benchmark_lines(self) -> np.ndarray:
        """Line in the benchmarks' index of the first row of each of their files, and of the end."""
        return np.cumsum([0, *(file.rows or 0 for file in self.benchmark_files)])

    @cached_property
    def mixed(self) -> bool:
        """Whether examples stand in other columns in one source than in another."""
        sources = [source for source in self.sources.values() if not source.reference and source.columns]
        columns = [(source.format, role, name) for source in sources for role, name in source.columns.items()]
        places = {(role, name) for _, role, name in columns}
        return len({one for one, _, _ in columns}) > 1 or len(places) > len({role for role, _ in places})

    def split_of(self, unit: int) -> str:
        """The split that a unit is of."""
        return self.source_of(unit).split

    @property
    def inputs(self) -> list[InputFile]:
        """The files that are no references."""
        return [file for file in self.files if not self.sources[file.source].reference]

    def source_of(self, unit: int) -> Source:
        """The set of files that a unit is of."""
        return self.sources[self.files[self.units[unit].file].source]

    def parts_of(self, unit: Unit) -> list[Unit]:
        """The units that read parts of the same row group, this one among them."""
        same = [unit]
        if unit.span is not None:
            return same
        for step in (-1, 1):
            at = unit.index + step
            while (
                0 <= at < len(self.units)
                and self.units[at].groups == unit.groups
                and self.units[at].file == unit.file
            ):
                same.append(self.units[at])
                at += step
        return same

    def to_json(self) -> str:
        """The plan as JSON text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """The plan that `to_json` wrote."""
        raw = json.loads(text)
        raw["sources"] = {name: Source(**source) for name, source in raw["sources"].items()}
        for files in ("files", "benchmark_files"):
            raw[files] = [InputFile(**file) for file in raw[files]]
        raw["units"] = [_unit(unit) for unit in raw["units"]]
        return cls(**raw)


def _unit(raw: dict[str, Any]) -> Unit:
    span = raw["span"] and tuple(raw["span"])
    return Unit(**{**raw, "groups": tuple(raw["groups"]), "span": span})


def _name_files(files: list[InputFile]) -> pa.Table:
    return pa.table({key: [getattr(file, key) for file in files] for key in ("source", "name")})
