"""The pages of `tamis duplicates`: clusters, and what other thresholds would keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.duplicates.difference import difference, marked
from pipelines.duplicates.listing import Cluster, Listing, Summary
from pipelines.duplicates.texts import Fields, Library
from pipelines.duplicates.what_if import Level
from pipelines.escapes import one_line
from pipelines.explain.likeness import number
from pipelines.explain.spans import draw
from pipelines.explain.wins import tell_win
from pipelines.releases.ledger import RowKey
from pipelines.releases.release import Release
from schemas.example import FIELDS, INSTRUCTION, OUTPUT
from schemas.recipe import Recipe

_LEGEND = "[-only the duplicate has this-] {+only the survivor has this+}"
_COPIES = "\nCopies equal a row that outranks them, whether it falls or not; near-duplicates are the others."
_NO_TEXT = "text not available"


def show_listing(release: Release, listing: Listing) -> Iterator[RenderableType]:
    """A line on all clusters, then the largest ones."""
    summary = listing.summary
    yield _summary(release, summary)
    for cluster in listing.clusters:
        yield ""
        yield _cluster(release, cluster, listing.library)
    if listing.clusters:
        yield ""
    left = summary.clusters - len(listing.clusters)
    if left:
        yield Text(
            f"and {_count(left, 'cluster')} more; --limit shows more, --parquet FILE writes all", "dim"
        )
    if any(_differ(cluster, listing.library) for cluster in listing.clusters):
        yield Text(_LEGEND, "dim")
    yield from (Text(one_line(note), "yellow") for note in listing.library.notes)


def _differ(cluster: Cluster, library: Library) -> bool:
    """Whether what differs is shown of any of its duplicates."""
    texts = [library.find(key) for key in (cluster.survivor, *(member.key for member in cluster.members))]
    return texts[0] is not None and any(found and found != texts[0] for found in texts)


def _summary(release: Release, summary: Summary) -> Text:
    text = Text(f"Release {one_line(release.name)}", "bold").append("  ", "default")
    if not summary.clusters:
        return text.append(f"no duplicates{_unasked(release.recipe)}", "not bold")
    kinds = f"{summary.exact:,} exact and {summary.near:,} near-duplicates"
    outside = f", {summary.to_references:,} of them to references" if summary.to_references else ""
    told = f"{_count(summary.clusters, 'cluster')} of {summary.rows:,} rows; {kinds} fall{outside}"
    return text.append(told, "not bold")


def _unasked(recipe: Recipe) -> str:
    return "" if recipe.dedup.near or recipe.dedup.exact else "; its recipe does not look for them"


def _count(times: int, noun: str) -> str:
    return f"{times:,} {noun}" + ("" if times == 1 else "s")


def _cluster(release: Release, cluster: Cluster, library: Library) -> RenderableType:
    survivor, whose = cluster.survivor, ", a reference" if cluster.reference else ""
    size = _count(cluster.size, "row")
    head = Text(f"{cluster.number}. {size}  {_place(release, survivor)}", "bold")
    about = Text(f"record {survivor.record_id}, source {one_line(survivor.source)}{whose}", "dim")
    return Group(head, *(_indent(block) for block in (about, _rows(release, cluster, library))))


def _indent(block: RenderableType) -> RenderableType:
    return Padding(block, (0, 0, 0, 3), expand=False)


def _rows(release: Release, cluster: Cluster, library: Library) -> Table:
    """The survivor's text, why it won, and the duplicates."""
    fields = library.find(cluster.survivor)
    table = _grid()
    for role in (INSTRUCTION, OUTPUT):
        table.add_row(Text(role, "bold"), _first_line(fields[role]) if fields else Text(_NO_TEXT, "dim"))
    wins = [f"{tell_win(name, release.recipe)} ({times:,})" for name, times in cluster.won_by.items()]
    table.add_row(Text("won by", "bold"), Text(", ".join(wins) or "not known", overflow="fold"))
    for member in cluster.members:
        alike = "exact" if member.exact else number(member.similarity)
        table.add_row(Text(alike), _member(_place(release, member.key), library.find(member.key), fields))
    left = cluster.size - 1 - len(cluster.members)
    if left:
        table.add_row("", Text(f"and {left:,} more", "dim"))
    return table


def _grid() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column()
    return table


def _place(release: Release, key: RowKey) -> str:
    return one_line(release.address(key.source, key.file, key.row))


def _first_line(text: str) -> Text:
    lines = text.strip().splitlines() or [""]
    more = " …" if len(lines) > 1 else ""
    return Text(one_line(lines[0]) + more, no_wrap=True, overflow="ellipsis")


def _member(place: str, own: Fields | None, survivors: Fields | None) -> RenderableType:
    """Where a duplicate is and, on a line of its own, what it differs in."""
    at = Text(place, overflow="fold")
    if own is None:
        return at.append(f"  {_NO_TEXT}", "dim")
    if own == survivors:
        return at.append("  the same text", "dim")
    return Group(at, _first_line(own[INSTRUCTION]) if survivors is None else _differing(own, survivors))


def _differing(own: Fields, survivors: Fields) -> Text:
    """The field that differs most, with what differs."""
    found = {role: difference(own[role], survivors[role]) for role in FIELDS if own[role] != survivors[role]}
    role = max(found, key=lambda role: marked(found[role]))
    text = Text(f"{role}: ", "dim", no_wrap=True, overflow="ellipsis")
    return text.append_text(draw(found[role]))


def show_levels(release: Release, levels: Sequence[Level]) -> Iterator[RenderableType]:
    """A table of what other thresholds would keep."""
    dedup = release.recipe.dedup
    told = f"threshold {dedup.threshold:g}; pairs are stored from {dedup.stored_from:g}"
    yield Text(f"Release {one_line(release.name)}", "bold").append(f"  {told}", "not bold")
    yield ""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in ("threshold", "near-duplicates", "clusters", "copies", "kept", "against the release"):
        table.add_column(name, justify="right")
    for level in levels:
        figures = (level.distinct_near_duplicates, level.near_clusters, level.copies, level.kept)
        more = f"{level.kept_more:+,}" if level.kept_more else "the same"
        table.add_row(f"{level.threshold:g}", *(f"{figure:,}" for figure in figures), more)
    yield table
    yield Text(_COPIES, "dim")
