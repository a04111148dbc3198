"""The lines of the ledger that answer a question."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import UsageError
from pipelines.explain.question import ById, ByPlace, list_some, parse_record
from pipelines.releases.ledger import Entry, beginning, entries_of, matching, read_ledger
from pipelines.releases.release import Release
from schemas.verdict import Verdict

IN_FULL = 10


@dataclass(frozen=True)
class Answer:
    """Lines of the ledger, at most `IN_FULL` of `total`, and what to say before them."""

    entries: list[Entry]
    total: int
    note: str = ""


def look_up(release: Release, record: str) -> Answer:
    """What the ledger says of a record."""
    question = parse_record(record, release)
    if isinstance(question, ById):
        return _by_id(release, question)
    if release.is_reference(question.file.source):
        raise UsageError(
            f"{question.file.file} is of the reference set {question.file.source}, "
            "whose rows are compared with and get no verdict"
        )
    if question.row is None:
        return _damage(release, question)
    return _by_place(release, question, question.row)


def _by_id(release: Release, question: ById) -> Answer:
    table = read_ledger(release, beginning("record_id", question.digits))
    ids = table["record_id"].unique().to_pylist()
    if not ids:
        how = "is" if question.is_whole else "begins with"
        raise UsageError(f"release {release.name} has no row whose record id {how} {question.digits}")
    if len(ids) > 1:
        raise UsageError(
            f"{len(ids)} record ids begin with {question.digits}: {list_some(ids)}; give more digits"
        )
    more = f", the first {IN_FULL} of them here" if len(table) > IN_FULL else ""
    note = f"{len(table):,} rows have the record id {ids[0]}{more}." if len(table) > 1 else ""
    return Answer(entries_of(table[:IN_FULL]), len(table), note)


def _of_file(question: ByPlace) -> pc.Expression:
    return matching(source=question.file.source, file=question.file.file)


def _damage(release: Release, question: ByPlace) -> Answer:
    """What of a file cannot be read."""
    file = question.file
    table = read_ledger(release, _of_file(question) & matching(verdict=Verdict.UNREADABLE.value))
    if not len(table):
        first = release.address(file.source, file.file, 0)
        raise UsageError(f"{file.file} has {file.rows:,} rows; say which one is meant, as in {first}")
    return Answer(entries_of(table[:IN_FULL]), len(table))


def _by_place(release: Release, question: ByPlace, row: int) -> Answer:
    table = read_ledger(release, _of_file(question) & matching(row=row))
    if len(table):
        return Answer(entries_of(table), len(table))
    lost = _lost_with(release, question, row)
    if lost is None:
        raise UsageError(_absent(release, question, row))
    return Answer([lost], 1, f"Row {row:,} is among the rows that cannot be read.")


def _lost_with(release: Release, question: ByPlace, row: int) -> Entry | None:
    """The line of the unreadable file or row group that a row is in."""
    lost = entries_of(read_ledger(release, _of_file(question) & matching(verdict=Verdict.UNREADABLE.value)))
    if not lost or lost[0].row_group is None:
        return lost[0] if lost else None
    group = _group_of(read_ledger(release, _of_file(question)), row)
    return next((entry for entry in lost if entry.row_group == group), None)


def _group_of(table: pa.Table, row: int) -> int | None:
    """The row group that holds a row of a file, by the ledger lines of the file."""
    sizes = table.group_by("row_group").aggregate([("row", "count"), ("rows_lost", "sum")])
    end = 0
    for line in sizes.sort_by("row_group").to_pylist():
        end += line["row_count"] + (line["rows_lost_sum"] or 0)
        if row < end:
            return int(line["row_group"])
    return None


def _absent(release: Release, question: ByPlace, row: int) -> str:
    """Why a row of a file that can be read is not in the ledger."""
    file = question.file
    if file.rows is None or row >= file.rows:
        return f"{file.file} has {file.rows or 0:,} rows, counted from 0; there is no row {row}"
    (cap,) = [source.max_rows for source in release.recipe.sources if source.name == file.source]
    limit = f"the recipe reads {cap or 0:,} rows of the source {file.source} (max_rows)"
    return f"row {row} of {file.file} was not read: {limit}"
