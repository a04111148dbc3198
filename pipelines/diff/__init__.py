"""What moved from one release to another: rows, by their ledgers, and distributions, by their reports."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from pipelines.diff.document import document_of
from pipelines.diff.page import print_page
from pipelines.diff.rows import find_moves
from pipelines.new_parquet import check_target
from pipelines.releases.release import open_to_look, read_report
from pipelines.report import measure_all
from pipelines.terminal import open_console, to_json
from transforms.steps import storage


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which releases are compared, and what is to be shown of it."""

    before: str
    after: str
    limit: int = 0
    parquet: str | None = None
    json: bool = False


def compare_releases(question: Question) -> None:
    """Print what moved between two releases."""
    before, after = (open_to_look(storage.absolute(path)) for path in (question.before, question.after))
    if question.parquet is not None:
        check_target(question.parquet)
    drift = measure_all(read_report(before), read_report(after))
    moves = find_moves(before, after, limit=question.limit, parquet=question.parquet)
    document = document_of(before, after, moves, drift)
    if question.json:
        sys.stdout.write(to_json(document))
    else:
        print_page(open_console(), document, drift)
