"""Which rows of a release are duplicates of which, and what if it had asked for more: `tamis duplicates`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import RenderableType
from rich.text import Text

from pipelines.duplicates.document import listing_json, what_if_json
from pipelines.duplicates.export import write_groups
from pipelines.duplicates.groups import read_groups
from pipelines.duplicates.listing import make_listing
from pipelines.duplicates.page import show_levels, show_listing
from pipelines.duplicates.what_if import parse_thresholds, what_if
from pipelines.new_parquet import check_target
from pipelines.releases.release import Release, open_to_look
from pipelines.terminal import open_console

__all__ = ["Question", "list_duplicates"]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of a release: clusters and members to list, thresholds to try, and where to write."""

    release: str
    limit: int
    members: int
    what_if: str | None = None
    parquet: str | None = None
    json: bool = False


def list_duplicates(question: Question) -> None:
    """Print the duplicates of a release, or what other thresholds would keep; write them where asked to."""
    if question.parquet is not None:
        check_target(question.parquet)
    release = open_to_look(question.release)
    if question.what_if is not None:
        _print_levels(release, question.what_if, as_json=question.json)
    else:
        _print_groups(release, question)


def _print_levels(release: Release, text: str, *, as_json: bool) -> None:
    levels = what_if(release, parse_thresholds(text, release.recipe))
    if as_json:
        sys.stdout.write(what_if_json(release, levels))
    else:
        _print(show_levels(release, levels))


def _print_groups(release: Release, question: Question) -> None:
    groups = read_groups(release)
    listing = make_listing(release, groups, question.limit, question.members)
    if question.parquet is not None:
        write_groups(groups, question.parquet)
    if question.json:
        sys.stdout.write(listing_json(release, listing))
        return
    _print(show_listing(release, listing))
    if question.parquet is not None:
        _print([Text(f"all groups are in {question.parquet}", no_wrap=True, overflow="ignore")])


def _print(blocks: Iterable[RenderableType]) -> None:
    console = open_console()
    for block in blocks:
        console.print(block)
