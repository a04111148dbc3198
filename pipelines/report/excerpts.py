"""The parts of the report that show text: how instructions are worded, and rows as examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from schemas.diversity import Cluster, Example, Excerpt, Opening, Phrasing, Unreadable
from schemas.reason import REASONS, Reason
from schemas.report import Report
from transforms.kernels.phrasing import count_openings, distinct, split_tokens, vendi_score
from transforms.kernels.picks import CLUSTERS, TEXTS, UNREADABLE, Pick, Picks
from transforms.kernels.quality_marks import find_signal
from transforms.kernels.slots import find_slots
from transforms.steps.excerpts import Place, Texts

_CHARS, _AROUND, _PHRASED, _COMPARED, _OPENINGS, _DECIMALS = 320, 80, 1_000, 400, 24, 4

DUPLICATES = ("exact_duplicate", "near_duplicate")
"""Marks of rows that fell, whose survivor is shown beside them."""

Found = Mapping[Place, Texts]


def places_of(picks: Picks) -> list[Place]:
    """Where the rows lie whose texts the report shows or looks at."""
    rows = [pick for name, listed in picks.items() if name != UNREADABLE for pick in listed]
    fallen = [pick for mark in DUPLICATES for pick in picks.get(mark, ())]
    return [*map(_place, rows), *map(_other_place, fallen)]


def add_excerpts(report: Report, picks: Picks, found: Found) -> Report:
    """The report with what is to be said of some rows' texts."""
    names = [mark for mark in picks if mark not in {CLUSTERS, TEXTS, UNREADABLE}]
    order = [*(rule.name for rule in report.rules), *(flag.name for flag in report.flags)]
    order += DUPLICATES
    examples = [
        _example(name, pick, found)
        for name in sorted(names, key=lambda name: (order.index(name), name) if name in order else (99, name))
        for pick in picks[name]
    ]
    clusters = tuple(
        Cluster(rows=int(pick.value), kept=_excerpt(pick, found)) for pick in picks.get(CLUSTERS, ())
    )
    return report.model_copy(
        update={
            "examples": tuple(examples),
            "duplicates": report.duplicates.model_copy(update={"largest": clusters}),
            "phrasing": tuple(_phrase(picks.get(TEXTS, ()), found)),
        }
    )


def describe_unreadable(picks: Picks) -> tuple[Unreadable, ...]:
    """Files and row groups that cannot be read, the first ones in order."""
    return tuple(
        Unreadable(
            source=pick.source,
            file=pick.file,
            row_group=None if pick.group < 0 else pick.group,
            rows=None if pick.value < 0 else int(pick.value),
            error=_shorten(pick.note),
        )
        for pick in picks.get(UNREADABLE, ())
    )


def _place(pick: Pick) -> Place:
    return Place(pick.source, pick.file, pick.row)


def _other_place(pick: Pick) -> Place:
    return Place(pick.other_source, pick.other_file, pick.other_row)


def _example(mark: str, pick: Pick, found: Found) -> Example:
    falls = mark in DUPLICATES
    return Example(
        mark=mark,
        shown=_show(_place(pick), pick.record_id, found, mark),
        survivor=_show(_other_place(pick), pick.other_id, found) if falls else None,
        similarity=pick.value if falls else None,
    )


def _excerpt(pick: Pick, found: Found) -> Excerpt:
    return _show(_place(pick), pick.record_id, found)


def _show(place: Place, record_id: str, found: Found, mark: str = "") -> Excerpt:
    texts = found.get(place, Texts("", "", ""))
    field, at = _spot(mark, texts) or ("", 0)
    return Excerpt(**place._asdict(), record_id=record_id, **{
        name: _shorten(text, at if name == field else 0) for name, text in texts._asdict().items()
    })  # fmt: skip


def _spot(mark: str, texts: Texts) -> tuple[str, int] | None:
    """In which text, and where, what a mark tells of stands; None where that cannot be told."""
    reason = REASONS.get(mark)
    if reason in {Reason.PLACEHOLDER, Reason.SLOT_EXPECTED}:
        slots = find_slots(f"{texts.instruction}\n{texts.input}", texts.output)
        wanted = [slot for slot in slots if slot.defect] or slots
        return ("output", wanted[0].start) if wanted else None
    if reason is Reason.UNFINISHED:
        return "output", len(texts.output)
    return find_signal(reason, texts) if reason else None


def _shorten(text: str, at: int = 0) -> str:
    """The beginning of a text or, where a place lies beyond or near its end, what is around it.

    >>> _shorten("x" * 800, 500) == "…" + "x" * 318 + "…", len(_shorten("x" * 800, 800))
    (True, 320)
    """
    begin = 0 if at < _CHARS - _AROUND else max(0, min(at - _CHARS // 2, len(text) - _CHARS))
    cut = text[begin : begin + _CHARS]
    cut = f"…{cut[1:]}" if begin else cut
    return cut if begin + _CHARS >= len(text) else f"{cut[:-1]}…"


def _phrase(picks: Sequence[Pick], found: Found) -> list[Phrasing]:
    """Wording of the rows read and of the rows kept, equally many of each."""
    kept = [pick for pick in picks if pick.value]
    rows = min(len(kept), _PHRASED)
    return [_measure(scope, chosen[:rows], found) for scope, chosen in (("input", picks), ("curated", kept))]


def _measure(scope: str, picks: Sequence[Pick], found: Found) -> Phrasing:
    texts = [split_tokens(found[_place(pick)].instruction) for pick in picks]
    ratios = [distinct(texts, width) for width in (1, 2, 3)]
    one, two, three = (None if ratio is None else round(ratio, _DECIMALS) for ratio in ratios)
    compared = texts[:_COMPARED]
    return Phrasing(
        scope=scope,
        rows=len(texts),
        tokens=sum(map(len, texts)),
        type_token_ratio=one,
        distinct_2=two,
        distinct_3=three,
        vendi=vendi_score(compared),
        vendi_rows=len(compared),
        openings=tuple(Opening(words=words, rows=rows) for words, rows in count_openings(texts, _OPENINGS)),
    )
