"""`tamis cache`: the size of a verdict cache, and less of it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.errors import PUBLISHED, UsageError
from pipelines.options import Commands, add_command

if TYPE_CHECKING:
    from pipelines.verdict_cache import Entry


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    command = add_command(
        commands,
        "cache",
        _cache,
        help="show the size of a verdict cache, check it, or delete what is no longer used",
    )
    flag = command.add_argument
    flag("folder", metavar="DIR", help="the cache, or an output folder for its own")
    flag("--check", action="store_true", help="read every entry, and delete those that are damaged")
    flag(
        "--unused-for",
        type=float,
        metavar="DAYS",
        help="delete what was not used for so many days, from 1",
    )
    flag(
        "--max-size",
        metavar="SIZE",
        help="delete what was unused longest, a day at least, down to a size: 10GB",
    )


def _cache(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines.reach import reach
    from pipelines.verdict_cache import choose_old, find_cache, find_damaged, list_entries, read_size
    from transforms.steps import storage

    reach(parsed, rest)
    days, most = parsed.unused_for, None if parsed.max_size is None else read_size(parsed.max_size)
    if days is not None and not days >= 1:
        raise UsageError(f"--unused-for takes a number of days from 1, found {days:g}")
    cache = find_cache(storage.folder(parsed.folder))
    entries = list_entries(cache)
    damaged = find_damaged(entries) if parsed.check else []
    gone = set(damaged)
    old = choose_old(
        [entry for entry in entries if entry not in gone], time.time(), unused_days=days, max_bytes=most
    )
    gone.update(old)
    storage.delete_files([entry.path for entry in gone])
    for entry in damaged:
        print(f"deleted {entry.path}: it was damaged")
    if days is not None or most is not None:
        print(f"deleted {_sum(old)}, unused for longest; what was used within a day stays")
    _show(cache, [entry for entry in entries if entry not in gone])
    return PUBLISHED


def _sum(entries: Sequence[Entry]) -> str:
    from pipelines.report.words import group, measure

    size = sum(entry.bytes for entry in entries)
    return f"{group(len(entries))} entries of {measure(size)}"


def _show(cache: str, entries: Sequence[Entry]) -> None:
    from rich.table import Table

    from pipelines.report.words import group, measure
    from pipelines.terminal import open_console

    print(f"{cache}: {_sum(entries)}")
    table = Table(box=None)
    for name in ("kind", "entries", "size", "last used"):
        table.add_column(name, justify="left" if name == "kind" else "right")
    for kind in sorted({entry.kind for entry in entries}):
        some = [entry for entry in entries if entry.kind == kind]
        last = time.strftime("%Y-%m-%d", time.localtime(max(entry.used for entry in some)))
        table.add_row(kind, group(len(some)), measure(sum(entry.bytes for entry in some)), last)
    open_console().print(table)
