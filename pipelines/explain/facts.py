"""Why a row has its verdict, fact by fact."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pipelines.escapes import one_line
from pipelines.explain.likeness import number
from pipelines.explain.marks import Case, tell
from pipelines.explain.wins import tell_win
from pipelines.releases.ledger import Entry, RowKey, falls_to, scan
from pipelines.releases.release import Release
from schemas.example import INPUT, INSTRUCTION
from schemas.recipe import Recipe
from schemas.verdict import Verdict
from transforms.kernels.scores import BEST
from transforms.kernels.tagger import tell as tell_task
from transforms.steps.write import VERDICTS

_FIRST_FEW = 5


class Fact(NamedTuple):
    """A label, a sentence, and what more there is to say of it."""

    label: str
    sentence: str
    detail: str = ""


def facts_of(release: Release, case: Case, alike: str) -> Iterator[Fact]:
    """Facts on a row; `alike` says what it has in common with the row it falls to."""
    entry = case.entry
    if entry.verdict is Verdict.UNREADABLE:
        yield from _of_damage(release, entry)
        return
    if entry.verdict is Verdict.KEPT:
        yield Fact("kept", _no_objection(release.recipe))
    if entry.survivor is not None:
        yield from _of_survivor(release, entry, entry.survivor, alike)
    yield from (Fact("rejected", *tell(reason, case)) for reason in entry.reasons)
    yield from (Fact("flagged", *tell(flag, case)) for flag in entry.flags)
    yield Fact("language", _languages(entry))
    yield Fact("task", _task(entry), _told(case))
    if entry.score is not None:
        yield Fact("score", f"{entry.score:,} of {BEST:,}")
    if entry.verdict is Verdict.KEPT and entry.cluster is not None and entry.key is not None:
        yield from _of_cluster(release, entry.key)


def _of_damage(release: Release, entry: Entry) -> Iterator[Fact]:
    yield Fact("file", one_line(release.input_of(entry.source, entry.file).path))
    yield Fact("row group", "all of them" if entry.row_group is None else f"{entry.row_group}")
    yield Fact("error", one_line(entry.error or "not known"))
    yield Fact("rows lost", "not known" if entry.rows_lost is None else f"{entry.rows_lost:,}")


def _no_objection(recipe: Recipe) -> str:
    """Why a row is kept."""
    if recipe.dedup.near or recipe.dedup.exact:
        return "No rule rejects it, and it is no duplicate of a row that outranks it."
    return "No rule rejects it; the recipe does not look for duplicates."


def _of_survivor(release: Release, entry: Entry, survivor: RowKey, alike: str) -> Iterator[Fact]:
    similarity, threshold = number(entry.similarity or 0), release.recipe.dedup.threshold
    outside = release.is_reference(survivor.source)
    other = f"a row of the reference set {one_line(survivor.source)}" if outside else "a row that is kept"
    yield Fact("duplicate", f"Similarity {similarity} with {other}; the threshold is {threshold:g}.", alike)
    place = one_line(release.address(survivor.source, survivor.file, survivor.row))
    yield Fact("falls to", place, f"record {survivor.record_id}, source {one_line(survivor.source)}")
    if entry.won_by is not None:
        yield Fact("won by", tell_win(entry.won_by, release.recipe))


def _languages(entry: Entry) -> str:
    if entry.language is None:
        return "not identified; the recipe leaves it out"
    score = "" if entry.language_score is None else f" ({entry.language_score:.2f})"
    return f"{_language(entry.language)}{score}, output {_language(entry.output_language)}"


def _task(entry: Entry) -> str:
    """Verb, noun and category, difficulty and domain, as far as the tagger tells them."""
    verb = " ".join(filter(None, (entry.verb, entry.noun)))
    category = "" if entry.verb == entry.category else f" ({entry.category})"
    more = [f"{entry.difficulty}, {entry.domain}"] if entry.difficulty else []
    return ": ".join([f"{verb}{category}", *more])


def _told(case: Case) -> str:
    """Which pattern spoke for the task."""
    if case.row is None or case.recipe.tagger != "phrases":
        return ""
    told = tell_task(case.text(INSTRUCTION), case.text(INPUT))
    words = f"the words “{told.words}”" if told.words else ""
    return ", ".join(filter(None, (told.decision and f"told by: {told.decision}", words)))


def _language(code: str | None) -> str:
    return "undetermined" if code == "und" else code or "not identified"


def _of_cluster(release: Release, key: RowKey) -> Iterator[Fact]:
    """How many rows fall to a kept one, and the first few of them."""
    total, first = 0, list[dict[str, Any]]()
    for table in scan(release.parts(VERDICTS), falls_to(key), ["source", "file", "row", "similarity"]):
        total += len(table)
        first += table.slice(0, _FIRST_FEW - len(first)).to_pylist()
    rows = "row falls" if total == 1 else "rows fall"
    yield Fact("cluster", f"{total:,} {rows} to it:" if total else "No row falls to it.")
    for line in first:
        place = one_line(release.address(line["source"], line["file"], line["row"]))
        yield Fact("", f"{number(line['similarity'] or 0)}  {place}")
    if total > _FIRST_FEW:
        yield Fact("", f"and {total - _FIRST_FEW:,} more")
