"""An audit as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from pipelines.audit.collect import Audit
from pipelines.escapes import one_line
from pipelines.report.words import group, percent

_WIDTH = 220


def show(found: Audit) -> Iterator[RenderableType]:
    """The rules with their rates, then examples of each, then how sources begin."""
    rejected = percent(found.rejected, found.rows)
    yield f"{group(found.rows)} rows judged, {rejected} rejected; nothing was written\n"
    table = Table("rule", "does", "rows", "of all", "says", box=None, pad_edge=False)
    for name, marked in found.rules.items():
        does = "rejects" if marked.rejected == marked.rows else "flags" if not marked.rejected else "both"
        table.add_row(name, does, group(marked.rows), percent(marked.rows, found.rows), marked.meaning)
    yield table
    for name, marked in found.rules.items():
        yield Text(f"\n{name}", style="bold")
        for example in sorted(marked.examples):
            yield Text(f"  {one_line(example.place)}", style="dim")
            for role, text in example.texts.items():
                if text:
                    yield Text(f"    {role:<12}{_cut(text)}")
    yield "\nMost instructions of a source begin with"
    for source, opening, share in found.commonest():
        yield Text(f"  {one_line(source)}: {share:.1%} with \u201c{one_line(opening)}\u201d")


def _cut(text: str) -> str:
    """A text on one line, its middle left out where it is long."""
    if len(text) > _WIDTH:
        text = f"{text[: _WIDTH * 2 // 3]} \u2026 {text[-_WIDTH // 3 :]}"
    return one_line(text)
