"""Rows of the ledger, found without loading the rest of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipelines.releases.parts import open_part, open_table
from pipelines.releases.release import Release
from schemas.verdict import LEDGER, Verdict
from transforms.steps.write import VERDICTS

_THREADS = 16
_FORMAT = ds.ParquetFileFormat(
    default_fragment_scan_options=ds.ParquetFragmentScanOptions(page_checksum_verification=True)
)


@dataclass(frozen=True, kw_only=True)
class RowKey:
    """A row of the input: where it is, and what its text hashes to."""

    source: str
    file: str
    row: int
    record_id: str
    kept: bool


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the ledger; the names are those of its columns."""

    source: str
    file: str
    row_group: int | None
    row: int | None
    record_id: str | None
    verdict: Verdict
    reasons: list[str]
    flags: list[str]
    language: str | None
    language_score: float | None
    output_language: str | None
    verb: str | None
    category: str | None
    survivor_source: str | None
    survivor_file: str | None
    survivor_row: int | None
    survivor_id: str | None
    similarity: float | None
    exact: bool | None
    cluster: str | None
    won_by: str | None
    match_source: str | None
    match_file: str | None
    match_row: int | None
    match_score: float | None
    rows_lost: int | None
    error: str | None
    noun: str | None = None
    difficulty: str | None = None
    domain: str | None = None
    score: int | None = None

    @property
    def key(self) -> RowKey | None:
        """The row it is about; None where it is about what cannot be read."""
        kept = self.verdict is Verdict.KEPT
        return _key(self.source, self.file, self.row, self.record_id, kept=kept)

    @property
    def survivor(self) -> RowKey | None:
        """The row it falls to, if it does."""
        return _key(self.survivor_source, self.survivor_file, self.survivor_row, self.survivor_id, kept=True)


def _key(
    source: str | None, file: str | None, row: int | None, record_id: str | None, *, kept: bool
) -> RowKey | None:
    if source is None or file is None or row is None or record_id is None:
        return None
    return RowKey(source=source, file=file, row=row, record_id=record_id, kept=kept)


def entries_of(table: pa.Table) -> list[Entry]:
    """The lines of a table with the ledger's columns."""
    names = [field.name for field in fields(Entry)]
    return [
        Entry(**{**line, "verdict": Verdict(line["verdict"])}) for line in table.select(names).to_pylist()
    ]


def scan(
    paths: Sequence[str], wanted: pc.Expression, columns: Sequence[str] | None = None
) -> Iterator[pa.Table]:
    """The wanted rows of some Parquet files, with all columns or some, from each row group that has any."""
    for path in paths:
        yield from _scan_file(path, wanted, columns)


def _scan_file(path: str, wanted: pc.Expression, columns: Sequence[str] | None) -> Iterator[pa.Table]:
    with open_part(path) as file:
        for group in _FORMAT.make_fragment(file).split_by_row_group(wanted):
            # Counting reads only the columns that `wanted` names.
            if group.count_rows(filter=wanted):
                yield group.to_table(columns=columns and list(columns), filter=wanted)


def read_ledger(release: Release, wanted: pc.Expression) -> pa.Table:
    """The lines of the ledger that an expression wants, in order."""
    found = [table.select(LEDGER.names) for table in scan(release.parts(VERDICTS), wanted)]
    return pa.concat_tables([LEDGER.empty_table(), *found], promote_options="permissive")


def parts_by_file(release: Release) -> dict[tuple[str, str], list[str]]:
    """The parts of the ledger with lines of each input file, by source and name.

    Ledger and manifest are in input order, so a part has all files between those of its ends.
    """
    names = [(record.source, record.file) for record in release.manifest.inputs if record.role == "input"]
    places = {name: at for at, name in enumerate(names)}
    found: dict[tuple[str, str], list[str]] = {name: [] for name in names}
    paths = release.parts(VERDICTS)
    with ThreadPoolExecutor(_THREADS) as pool:
        for path, ends in zip(paths, pool.map(_ends, paths), strict=True):
            for name in names[places[ends[0]] : places[ends[-1]] + 1] if ends else ():
                found[name].append(path)
    return found


def _ends(path: str) -> list[tuple[str, str]]:
    """Source and name of the files of the first and of the last line of a part; nothing of an empty one."""
    with open_table(path) as parquet:
        if parquet.metadata.num_rows == 0:
            return []
        groups = [
            parquet.read_row_group(at, ["source", "file"], use_threads=False)
            for at in (0, parquet.num_row_groups - 1)
        ]
    lines = pa.concat_tables([groups[0].slice(0, 1), groups[1].slice(len(groups[1]) - 1)]).to_pylist()
    return [(line["source"], line["file"]) for line in lines]


def matching(**values: Any) -> pc.Expression:
    """An expression that wants the rows with these values in these columns."""
    first, *others = [pc.field(name) == value for name, value in values.items()]
    for other in others:
        first &= other
    return first


def beginning(name: str, digits: str) -> pc.Expression:
    """An expression that wants the rows where a column of hex digits begins with some."""
    return (pc.field(name) >= digits) & (pc.field(name) < digits + "g")


def falls_to(key: RowKey) -> pc.Expression:
    """An expression that wants the ledger lines of the rows that fall to a kept one."""
    return matching(survivor_source=key.source, survivor_file=key.file, survivor_row=key.row)
