"""The report as a summary on the terminal, 80 columns wide and clear without colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from pipelines.report.words import fold, group, percent, show, tell_unreadable
from schemas.example import FIELDS
from schemas.report import Lengths, Moved, Report, Share

_LISTED, _NAMED = 6, 3
_SHOWN_BITS = 0.0005
_BAR_WIDTH = 24


@dataclass(frozen=True)
class Bar:
    """Horizontal bar that runs from one share of the width to another; hashes where there are no blocks."""

    begin: float
    end: float
    style: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """Draw it over the width there is; what is not nothing is at least one mark."""
        width = options.max_width
        before = min(round(self.begin * width), width - 1)
        marks = max(round(self.end * width) - before, 1) if self.end > self.begin else 0
        yield Segment(" " * before)
        yield Segment(("#" if options.ascii_only else "█") * marks, console.get_style(self.style))
        yield Segment(" " * (width - before - marks))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Give way to names and numbers where the terminal is narrow."""
        return Measurement(min(4, options.max_width), min(_BAR_WIDTH, options.max_width))


def summarise(report: Report) -> RenderableType:
    """Funnel, flags, tasks, languages and lengths of a report."""
    sides = Table.grid(expand=True, padding=(0, 4, 0, 0), pad_edge=False)
    sides.add_column(ratio=1)
    sides.add_column(ratio=1)
    sides.add_row(_mix("task", report.verbs, report), _mix("language", report.languages, report))
    return Group(_title(report), "", _funnel(report), "", *_notes(report), sides, "", _lengths(report))


def _title(report: Report) -> Text:
    kept = f"{group(report.rows.kept)} of {group(report.rows.found)} rows kept"
    name = Text(f"Release {show(report.release)}", style="bold")
    return name.append(f"  {show(report.profile)} profile, {kept}", style=Style(bold=False))


def _table(columns: Sequence[str]) -> Table:
    """Table without borders: the first column for names, the others for numbers."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(columns[0], no_wrap=True, overflow="crop")
    for column in columns[1:]:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _funnel(report: Report) -> Table:
    table = _table(["funnel", "", "rows", "of all", "left"])
    whole = report.rows.found
    last = len(report.funnel) - 1
    for place, step in enumerate(report.funnel):
        left = group(step.left)
        if place in {0, last}:
            bar = Bar(0, step.left / whole if whole else 0, "green" if place else "default")
            table.add_row(step.name, bar, left, percent(step.left, whole), left, style="bold")
        else:
            begin, end = (rows / whole if whole else 0 for rows in (step.left, step.left + step.removed))
            rows = f"-{group(step.removed)}" if step.removed else "0"
            table.add_row(step.name, Bar(begin, end, "red"), rows, percent(step.removed, whole), left)
    return table


def _notes(report: Report) -> Iterator[RenderableType]:
    """Lines on unreadable entries and on flags, where there are any."""
    rows = report.rows
    if rows.unreadable:
        text, unknown = tell_unreadable(rows.unreadable), rows.unreadable_of_unknown_size
        yield Text(f"{text}; of {group(unknown)} the rows are not known" if unknown else text, style="yellow")
        for entry in report.unreadable[:_NAMED]:
            yield Text(
                f"  {show(entry.file)}: {show(entry.error)}",
                style="yellow",
                no_wrap=True,
                overflow="ellipsis",
            )
    if report.flags:
        marks = ", ".join(f"{flag.name} {group(flag.kept)}" for flag in report.flags if flag.kept)
        yield Text(f"Flags on kept rows: {marks or 'none'}")
    prompts = report.prompts
    if prompts is not None and prompts.conflicting:
        text = f"{group(prompts.conflicting)} of {group(prompts.all)} prompts have several answers"
        yield Text(f"Prompts: {text} ({group(prompts.answers)})")
    moved = report.moved
    if moved is not None:
        yield Text(_since(moved))
    if rows.unreadable or report.flags or moved or (prompts is not None and prompts.conflicting):
        yield ""


def _since(moved: Moved) -> str:
    """What moved since the release before, in a line."""
    if moved.entered is None:
        rows = f"{group(moved.kept_before)} rows were kept"
    else:
        rows = f"{group(moved.entered)} rows entered, {group(moved.left)} left"
    farthest = max(moved.drift, key=lambda drift: drift.jensen_shannon_divergence)
    if farthest.jensen_shannon_divergence == 0:
        return f"Since {show(moved.release)}: {rows}"
    bits = farthest.jensen_shannon_divergence
    told = f"{bits:.3f} bits" if bits >= _SHOWN_BITS else "under 0.001 bits"
    drift = f"{farthest.measure} moved most ({told})"
    return f"Since {show(moved.release)}: {rows}; {drift}"


def _mix(kind: str, shares: Sequence[Share], report: Report) -> Table:
    table = _table([kind, "read", "kept", "rows kept"])
    if not shares:
        table.add_row("none", "-", "-", "0")
    for share in fold(shares, _LISTED):
        read, kept = percent(share.input, report.input.rows), percent(share.curated, report.curated.rows)
        table.add_row(Text(show(share.name)), read, kept, group(share.curated))
    return table


def _lengths(report: Report) -> Table:
    table = _table(["characters", "rows", "min", "median", "mean", "95%", "max"])
    for field in FIELDS:
        for scope, corpus in (("read", report.input), ("kept", report.curated)):
            _add_lengths(table, f"{field}, {scope}", getattr(corpus, field))
    about = "tokens" if report.tokenizer else "tokens, about"
    for scope, corpus in (("read", report.input), ("kept", report.curated)):
        if corpus.token_lengths is not None:
            _add_lengths(table, f"{about}, {scope}", corpus.token_lengths.whole)
    return table


def _add_lengths(table: Table, name: str, lengths: Lengths) -> None:
    figures = (lengths.rows, lengths.min, lengths.p50, lengths.mean, lengths.p95, lengths.max)
    table.add_row(name, *map(group, figures))
