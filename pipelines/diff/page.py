"""What moved between two releases, on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipelines.report.words import group, show
from schemas.report import Drift

_LISTED = 15


def render(document: dict[str, Any], drift: tuple[Drift, ...]) -> RenderableType:
    """Counts, moves and drift of two releases."""
    return Group(_title(document), "", *_rows(document), "", tabulate_drift(drift), *_examples(document))


def _title(document: dict[str, Any]) -> Text:
    before, after = document["before"], document["after"]
    name = Text(f"Release {show(before['release'])} to {show(after['release'])}", style="bold")
    same = "the same rows in the same order" if before["digest"] == after["digest"] else "they differ"
    return name.append(f"  {same}", style="not bold")


def _rows(document: dict[str, Any]) -> Iterator[RenderableType]:
    rows, verdicts = document["rows"], [document[side]["verdicts"] for side in ("before", "after")]
    yield Text(
        f"{group(verdicts[0]['kept'])} rows were kept, {group(verdicts[1]['kept'])} are: "
        f"{group(rows['kept_entered'])} came, {group(rows['kept_left'])} went"
    )
    yield Text(
        f"of the input's rows {group(rows['entered'])} entered, {group(rows['left'])} left, "
        f"{group(rows['changed'])} changed ({group(rows['changed_verdict'])} their verdict), "
        f"{group(rows['same'])} are as they were"
    )
    if not document["moves"]:
        return
    table = _table("before", "after", "rows")
    for move in document["moves"][:_LISTED]:
        table.add_row(_name(move["before"]), _name(move["after"]), group(move["rows"]))
    rest = document["moves"][_LISTED:]
    if rest:
        table.add_row(f"{len(rest)} others", "", group(sum(move["rows"] for move in rest)))
    yield ""
    yield table


def _name(outcome: str | None) -> str:
    return "-" if outcome is None else show(outcome)


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for column in columns:
        left = column in {"before", "after", "drift"}
        table.add_column(
            column, justify="left" if left else "right", no_wrap=column == "drift", overflow="fold"
        )
    return table


def tabulate_drift(drift: Iterable[Drift]) -> Table:
    """A line for each measure: its statistics, and the value whose share moved most."""
    table = _table("drift", "JS\ndivergence", "L-infinity", "PSI", "moved most", "was", "is")
    for entry in drift:
        table.add_row(
            entry.measure,
            f"{entry.jensen_shannon_divergence:.4f}",
            f"{entry.infinity_norm:.4f}",
            f"{entry.population_stability_index:.4f}",
            Text(show(entry.value or "-")),
            "-" if entry.before is None else f"{100 * entry.before:.1f}%",
            "-" if entry.after is None else f"{100 * entry.after:.1f}%",
        )
    return table


def _examples(document: dict[str, Any]) -> Iterator[RenderableType]:
    if document["examples"]:
        yield ""
    for line in document["examples"]:
        ends = [f"{_name(line[side])}{_place(line, side)}" for side in ("before", "after")]
        yield Text(f"{line['record_id']}  {line['change']}: {ends[0]} -> {ends[1]}")


def _place(line: dict[str, Any], side: str) -> str:
    if line[side] is None:
        return ""
    return f" at {show(line[f'{side}_source'])}/{show(line[f'{side}_file'])}:{line[f'{side}_row']}"


def print_page(console: Console, document: dict[str, Any], drift: tuple[Drift, ...]) -> None:
    """Print the page."""
    console.print(render(document, drift), soft_wrap=False)
