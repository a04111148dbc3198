"""The whole rule of duplicates in plain Python: every row in turn, against every row before it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from math import inf, isnan
from typing import NamedTuple

import pyarrow as pa

from tests.reference import Shingle, list_shingles, normalise
from tests.releases import Release, Row
from tests.rows import CROWD
from transforms.kernels.rows import (
    as_words,
    content_hashes,
    encode_named,
    encode_rows,
    record_ids,
    sum_up_rows,
)

Place = tuple[str, str, int]
"""Source, file and row of the file."""

Likeness = Callable[["Line", "Line"], float]
REFERENCE, RELEASED, INPUT = "reference", "released", "input"
_TIERS = (REFERENCE, RELEASED, INPUT)
_TEXTS = ("instruction", "input", "output")


@dataclass(frozen=True)
class Line:
    """A row as the rule sees it; of two rows the one with the lesser `order` outranks the other."""

    place: Place
    record_id: str
    parts: tuple[str, str]
    tier: str
    order: tuple[object, ...]

    @property
    def text(self) -> str:
        """Both parts as one."""
        return "\n".join(self.parts)


class Fate(NamedTuple):
    """What becomes of a row: where it is a duplicate, of which row, how similar and why that one won."""

    verdict: str
    survivor: Place | None = None
    similarity: float | None = None
    won_by: str | None = None


@dataclass(frozen=True)
class Ranking:
    """What a row's priority is made of, beside its source and its place; `whole` if parts are joined."""

    quality: Callable[[Row], float] = lambda row: -len(row["output"])
    released: Collection[str] = ()
    whole: bool = False


def highest(row: Row) -> float:
    """Quality where the highest score survives."""
    return inf if row["score"] is None or isnan(row["score"]) else -row["score"]


def lowest(row: Row) -> float:
    """Quality where the lowest score survives."""
    return inf if row["score"] is None or isnan(row["score"]) else row["score"]


def first_seen(_: Row) -> float:
    """Quality where only the place counts; `lines_of` puts it there."""
    return 0


def lines_of(
    rows: Sequence[Row],
    ranking: Ranking,
    cuts: Sequence[int] = (),
    *,
    source: str = "input",
    rank: int = 0,
) -> list[Line]:
    """Rows of a crowd as `write_files` wrote them with some cuts, of a source or of the set `reference`."""
    places = list(_places(len(rows), cuts))
    found = []
    for at, (row, ties) in enumerate(zip(rows, _ties(rows, whole=ranking.whole), strict=True)):
        record = ties[1].to_bytes(16, "big").hex()
        tier = REFERENCE if source == REFERENCE else RELEASED if record in ranking.released else INPUT
        quality = at if ranking.quality is first_seen else ranking.quality(row)
        order = (_TIERS.index(tier), rank, quality, *ties, at)
        found.append(Line((source, *places[at]), record, parts_of(row), tier, order))
    return found


def _places(size: int, cuts: Sequence[int]) -> Iterator[tuple[str, int]]:
    for file, (low, high) in enumerate(pairwise([0, *cuts, size])):
        yield from ((f"part-{file}.parquet", row) for row in range(high - low))


def _ties(rows: Sequence[Row], *, whole: bool) -> Iterator[tuple[int, int, int]]:
    """Hashes of each row's content, of its raw fields, and of all its columns."""
    table = pa.Table.from_pylist(list(rows), schema=CROWD)
    fields = {name: table[name].combine_chunks() for name in table.column_names}
    texts = [("\n".join(parts),) if whole else parts for parts in map(parts_of, rows)]
    parts = [pa.array(part, pa.large_string()) for part in zip(*texts, strict=True)]
    ids = record_ids({name: fields[name] for name in _TEXTS})
    there = {name: pa.array([None if row[name] is None else "" for row in rows]) for name in _TEXTS}
    rest = as_words(sum_up_rows(encode_rows([ids, encode_named(fields | there)])))[:, 0]
    for content, record, last in zip(content_hashes(parts).to_pylist(), ids.to_pylist(), rest, strict=True):
        yield int.from_bytes(content, "big"), int.from_bytes(record, "big"), int(last)


def parts_of(row: Row) -> tuple[str, str]:
    """Normalised prompt and output."""
    prompt = "\n".join(text for text in (row["instruction"], row["input"]) if text)
    return normalise(prompt), normalise(row["output"])


@cache
def _shingles(part: str) -> frozenset[Shingle]:
    return frozenset(list_shingles(part))


@cache
def _jaccard(part: str, other: str) -> float:
    ours, theirs = _shingles(part), _shingles(other)
    return len(ours & theirs) / len(ours | theirs)


def by_parts(line: Line, other: Line) -> float:
    """Similarity of the parts that are least alike."""
    return min(map(_jaccard, line.parts, other.parts))


def joined(line: Line, other: Line) -> float:
    """Similarity of both parts as one text."""
    return _jaccard(line.text, other.text)


def decide(
    lines: Sequence[Line],
    threshold: float,
    *,
    most: int | None = None,
    likeness: Likeness = by_parts,
) -> dict[Place, Fate]:
    """What becomes of each row, but for those of a reference set."""
    ranked = sorted(lines, key=lambda line: line.order)
    heads = _heads(ranked, likeness)
    capped = _capped([line for line in ranked if heads[line] is line], most)
    fates: dict[Line, Fate] = {}
    kept: list[Line] = []
    for line in ranked:
        head = heads[line]
        if head in capped:
            fates[line] = Fate("rejected")
        elif head is not line:
            above = fates[head]
            over = next(one for one in ranked if one.place == (above.survivor or head.place))
            similarity = 1.0 if over is head else above.similarity
            fates[line] = Fate("duplicate", over.place, similarity, _why(over, line))
        else:
            fates[line] = _fall(line, kept, threshold, likeness)
            kept += [line] if fates[line].verdict == "kept" else []
    return {line.place: fates[line] for line in lines if line.tier != REFERENCE}


def _heads(ranked: Sequence[Line], likeness: Likeness) -> dict[Line, Line]:
    """For each row the first in rank of its content."""
    first: dict[object, Line] = {}
    content = (lambda line: line.text) if likeness is joined else (lambda line: line.parts)
    return {line: first.setdefault(content(line), line) for line in ranked}


def _capped(heads: Sequence[Line], most: int | None) -> set[Line]:
    """Rows that too many other answers to their prompts outrank."""
    answers: dict[str, int] = {}
    found = set()
    for line in heads:
        if line.tier != REFERENCE:
            answers[line.parts[0]] = answers.get(line.parts[0], 0) + 1
            if most is not None and answers[line.parts[0]] > most:
                found.add(line)
    return found


def _fall(line: Line, kept: Sequence[Line], threshold: float, likeness: Likeness) -> Fate:
    """The first kept row that a row is alike."""
    above = [] if line.tier == REFERENCE else kept
    for other in above:
        similarity = likeness(line, other)
        if similarity >= threshold:
            return Fate("duplicate", other.place, similarity, _why(other, line))
    return Fate("kept")


def _why(winner: Line, loser: Line) -> str:
    """What the winner outranks the loser by."""
    if winner.tier == REFERENCE:
        return REFERENCE
    if winner.tier != loser.tier and winner.order[1:] > loser.order[1:]:
        return RELEASED
    same = [one == other for one, other in zip(winner.order, loser.order, strict=True)]
    return "content" if same[1] and same[2] else "quality" if same[1] else "source"


def alike(
    lines: Sequence[Line], threshold: float, likeness: Likeness = by_parts
) -> dict[tuple[Line, Line], float]:
    """All pairs of distinct contents at or above a threshold, the row that ranks higher first."""
    ranked = sorted(lines, key=lambda line: line.order)
    heads = _heads(ranked, likeness)
    pairs = combinations([line for line in ranked if heads[line] is line], 2)
    found = {pair: likeness(*pair) for pair in pairs if pair[1].tier != REFERENCE}
    return {pair: similarity for pair, similarity in found.items() if similarity >= threshold}


def fates_of(release: Release) -> dict[Place, Fate]:
    """What a release says became of each row."""
    return {_place(line, ""): _fate(line) for line in release.lines()}


def _place(line: Row, whose: str) -> Place:
    return line[f"{whose}source"], line[f"{whose}file"], line[f"{whose}row"]


def _fate(line: Row) -> Fate:
    survivor = None if line["survivor_row"] is None else _place(line, "survivor_")
    return Fate(line["verdict"], survivor, line["similarity"], line["won_by"])


def pairs_of(release: Release) -> dict[tuple[Place, Place], float]:
    """The pairs that a release stores, the row that ranks higher first, and how similar they are."""
    files = [(record.source, record.file) for record in release.manifest.inputs]
    found = {}
    for pair in release.read("duplicates").to_pylist():
        above, below = ((*files[pair[f"{end}_file"]], pair[f"{end}_row"]) for end in ("above", "below"))
        found[above, below] = pair["similarity"]
    return found
