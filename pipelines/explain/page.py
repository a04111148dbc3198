"""The pages of `tamis explain`: for each row its verdict, why, and the row itself."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.escapes import one_line
from pipelines.explain.cards import Cards, card, pair
from pipelines.explain.facts import facts_of
from pipelines.explain.likeness import how_alike
from pipelines.explain.lookup import Answer
from pipelines.explain.marks import Case, found_placeholders
from pipelines.releases.ledger import Entry
from pipelines.releases.release import Release
from pipelines.releases.rows import Missing, Row, read_row
from schemas.reason import Reason
from schemas.verdict import Verdict

_LOOKS = {
    Verdict.KEPT: "bold black on green",
    Verdict.REJECTED: "bold white on red",
    Verdict.DUPLICATE: "bold black on yellow",
    Verdict.UNREADABLE: "bold white on magenta",
}

_SLOTS = {Reason.PLACEHOLDER.value, Reason.SLOT_EXPECTED.value}
_THIS, _OTHER = "this row", "the row it falls to"


def show(release: Release, answer: Answer) -> Iterator[RenderableType]:
    """All that is known of the rows of an answer."""
    if answer.note:
        yield Text(answer.note)
        yield ""
    for entry in answer.entries:
        yield from _page(release, entry)
    if answer.total > len(answer.entries):
        yield Text(f"And {answer.total - len(answer.entries):,} more; name one as FILE:ROW to see it.")


def _page(release: Release, entry: Entry) -> Iterator[RenderableType]:
    key, other = entry.key, entry.survivor
    row = read_row(release, key) if key else None
    survivor = read_row(release, other) if other else None
    alike = ""
    if isinstance(row, Row) and isinstance(survivor, Row):
        alike = how_alike(row, survivor, release.recipe)
    case = Case(entry, row if isinstance(row, Row) else None, release.recipe)
    yield _headline(release, entry)
    yield ""
    yield _facts(release, case, alike)
    yield ""
    if row is not None:
        yield from _rows(release, case, survivor)
        yield from _notes(row, survivor)
        yield ""


def _headline(release: Release, entry: Entry) -> Text:
    place = one_line(release.address(entry.source, entry.file, entry.row))
    text = Text.assemble((f" {entry.verdict.value.upper()} ", _LOOKS[entry.verdict]), "  ", (place, "bold"))
    about = [f"record {entry.record_id}"] if entry.record_id else []
    about.append(f"source {one_line(entry.source)}")
    about += [] if entry.row_group is None else [f"row group {entry.row_group}"]
    return text.append(f"\n{', '.join(about)}, release {one_line(release.name)}", "dim")


def _facts(release: Release, case: Case, alike: str) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, sentence, detail in facts_of(release, case, alike):
        table.add_row(Text(label), Text(sentence))
        if detail:
            table.add_row("", Text(detail, style="dim"))
    return Padding(table, (0, 0, 0, 1), expand=False)


def _rows(release: Release, case: Case, survivor: Row | Missing | None) -> Iterator[RenderableType]:
    outside = release.is_reference(case.entry.survivor_source or "")
    other = "reference" if outside else Verdict.KEPT.value
    titles = (_title(_THIS, case.entry.verdict.value), _title(_OTHER, other))
    if case.row and isinstance(survivor, Row):
        yield Cards(pair(titles, case.row, survivor))
        return
    marks = {*case.entry.reasons, *case.entry.flags}
    patterns = found_placeholders(case) if marks & _SLOTS else []
    if case.row:
        yield Cards([card(titles[0], case.row, patterns)])
    if isinstance(survivor, Row):
        yield Cards([card(titles[1], survivor)])


def _title(whose: str, what: str) -> Text:
    return Text(f"{whose}: {what}", style="bold")


def _notes(row: Row | Missing, survivor: Row | Missing | None) -> Iterator[RenderableType]:
    """Where a text is from, if it is not from the input."""
    for whose, found in ((_THIS, row), (_OTHER, survivor)):
        if found is not None and found.note:
            yield Text(f"{whose}: {one_line(found.note)}", style="yellow")
