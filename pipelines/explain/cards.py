"""Rows as cards: one, or two beside each other with what differs marked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.escapes import one_line
from pipelines.explain.compare import compare
from pipelines.explain.spans import Span, draw, find, fold
from pipelines.releases.rows import Row
from schemas.example import FIELDS, OUTPUT

_WIDE = 100
_VALUE = 160


@dataclass(frozen=True)
class Card:
    """A row under a title: what is shown of each field, by its name."""

    title: Text
    cells: dict[str, RenderableType]


@dataclass(frozen=True)
class Cards:
    """Cards beside each other where there is room, else one under the other."""

    cards: list[Card]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Lay them out over the width there is."""
        if options.max_width >= _WIDE:
            yield _table(self.cards)
        else:
            yield from (_table([card]) for card in self.cards)


def _table(cards: list[Card]) -> Table:
    table = Table(box=box.ROUNDED, expand=True, show_lines=True, border_style="dim", header_style="default")
    for card in cards:
        table.add_column(card.title, ratio=1, overflow="fold")
    names = dict.fromkeys(name for card in cards for name in card.cells)
    for name in names:
        table.add_row(*(card.cells.get(name, Text("-", style="dim")) for card in cards))
    return table


def card(title: Text, row: Row, patterns: Iterable[str] = ()) -> Card:
    """A row on its own, with the places marked where its output has one of the patterns."""
    marked = {OUTPUT: list(patterns)}
    cells = {
        role: _field(role, row, find(row.fields[role] or "", marked.get(role, ())))
        for role in FIELDS
        if role in row.fields
    }
    return Card(title, cells | _others(row))


def pair(titles: tuple[Text, Text], row: Row, survivor: Row) -> list[Card]:
    """A row and the one it falls to, with the words marked that only one of them has."""
    cells: tuple[dict[str, RenderableType], dict[str, RenderableType]] = ({}, {})
    for role in FIELDS:
        old, new = compare(row.fields.get(role) or "", survivor.fields.get(role) or "")
        for side, whose, spans in zip(cells, (row, survivor), (old, new), strict=True):
            if role in whose.fields:
                side[role] = _field(role, whose, spans)
    sides = zip(titles, cells, (row, survivor), strict=True)
    return [Card(title, side | _others(whose)) for title, side, whose in sides]


def _field(role: str, row: Row, spans: list[Span]) -> RenderableType:
    text, column = row.fields[role], row.columns.get(role, row.columns.get("turns", role))
    label = Text(role, style="bold")
    label.append("" if column == role else f" (column {one_line(column)})", style="default")
    label.append(f"  {_size(text)}", style="not bold dim")
    return Group(label, Padding(draw(fold(spans)), (0, 0, 0, 2))) if text else label


def _size(text: str | None) -> str:
    if not text:
        return "null" if text is None else "empty"
    return "1 character" if len(text) == 1 else f"{len(text):,} characters"


def _others(row: Row) -> dict[str, RenderableType]:
    """The other columns as a compact table, a line for each."""
    if not row.others:
        return {}
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", overflow="fold")
    table.add_column(overflow="fold")
    for name, value in row.others.items():
        table.add_row(Text(one_line(name)), _value(value))
    return {"others": table}


def _value(value: Any) -> Text:
    if value is None:
        return Text("null", style="dim")
    if isinstance(value, bytes):
        return Text(f"{len(value):,} bytes", style="dim")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return draw(fold([Span(one_line(text))], _VALUE))
