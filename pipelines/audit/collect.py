"""What each rule marks of the rows of an input: how many, and a few of them, chosen by a seed."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import UsageError
from pipelines.models import counter_for, find_language_model, try_rules
from pipelines.planning import UNIT_BYTES, plan_run
from pipelines.planning.benchmarks import read_benchmarks
from schemas.plan import Plan, Unit
from schemas.reason import Reason, names_by_bit
from schemas.recipe import Recipe
from transforms.kernels.containment import Index
from transforms.kernels.prompt_findings import Models
from transforms.kernels.shingles import scramble
from transforms.kernels.texts import Texts
from transforms.steps.judgement import judge
from transforms.steps.keyed import refs
from transforms.steps.reader import Reader, UnreadableError
from transforms.steps.units import open_unit

_OPENING = r"^\s*(?P<opening>\S+(?:\s+\S+){2})"
"""The first three words of an instruction."""


@dataclass(frozen=True, order=True)
class Sampled:
    """A row that a rule marks, after the number that its choice went by."""

    number: int
    place: str
    texts: dict[str, str] = field(compare=False)


@dataclass
class Marked:
    """Rows that a rule marks, how many of them it rejects, and the examples of the lowest numbers."""

    meaning: str
    rows: int = 0
    rejected: int = 0
    examples: list[Sampled] = field(default_factory=list)


@dataclass
class Audit:
    """What was found of the rows that were judged."""

    rows: int = 0
    rejected: int = 0
    unreadable: int = 0
    rules: dict[str, Marked] = field(default_factory=dict)
    openings: dict[str, Counter[str]] = field(default_factory=dict)
    categories: Counter[str] = field(default_factory=Counter)

    def commonest(self) -> Iterator[tuple[str, str, float]]:
        """Of each source the three words that most instructions begin with, and their share.

        A high share means that the instructions are of one rigid template.
        """
        for source, counts in sorted(self.openings.items()):
            opening, rows = min(counts.items(), key=lambda entry: (-entry[1], entry[0]))
            yield source, opening, rows / counts.total()

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        rules = {
            name: {
                "meaning": marked.meaning,
                "rows": marked.rows,
                "rejected": marked.rejected,
                "share": marked.rows / max(1, self.rows),
                "examples": [{"place": each.place, **each.texts} for each in sorted(marked.examples)],
            }
            for name, marked in self.rules.items()
        }
        openings = [
            {"source": source, "opening": opening, "share": share}
            for source, opening, share in self.commonest()
        ]
        return {
            "rows": self.rows,
            "rejected": self.rejected,
            "unreadable_row_groups": self.unreadable,
            "rules": rules,
            "commonest_openings": openings,
            "categories": dict(self.categories.most_common()),
        }


@dataclass(frozen=True)
class _Judging:
    """What the rows are judged by, and how examples are chosen."""

    plan: Plan
    recipe: Recipe
    models: Models
    benchmarks: Index | None
    share: float
    examples: int
    seed: int


def collect(recipe: Recipe, *, share: float = 1, examples: int = 3, seed: int = 0) -> Audit:
    """Judge every row of the input, or a share of them that a seed chooses."""
    try_rules(recipe)
    model, counter = find_language_model(recipe), counter_for(recipe)
    plan = plan_run(recipe, model, UNIT_BYTES, None)
    benchmarks = read_benchmarks(recipe)
    index = benchmarks.index if benchmarks else None
    models = Models(model[0] if model else None, counter)
    judging = _Judging(plan, recipe, models, index, share, examples, seed)
    found = Audit()
    for reason in Reason:
        found.rules[reason.value] = Marked(reason.meaning)
    for rule in recipe.own:
        found.rules[rule.name] = Marked(rule.meaning)
    for unit in plan.units:
        if not plan.source_of(unit.index).reference:
            _judge_unit(judging, unit, found)
    if found.rows == 0:
        raise UsageError("no row was judged; give more input or a larger --sample")
    found.rules = {name: marked for name, marked in found.rules.items() if marked.rows}
    return found


def _judge_unit(judging: _Judging, unit: Unit, found: Audit) -> None:
    reader = open_unit(judging.plan, unit)
    if reader.file.error is not None:
        found.unreadable += 1
        return
    columns = list(reader.columns.values())
    for group in range(*unit.groups):
        at = reader.rows_before(group)
        try:
            for batch in reader.slices(group, columns):
                _judge_slice(judging, reader, batch, at, found)
                at += len(batch)
            found.unreadable += len(reader.lost)
        except UnreadableError:
            found.unreadable += 1


def _judge_slice(judging: _Judging, reader: Reader, batch: pa.RecordBatch, at: int, found: Audit) -> None:
    rows, batch = reader.whole_rows(batch, at)
    numbers = scramble(refs(reader.unit.index, rows) ^ scramble(np.array([judging.seed], np.uint64)))
    chosen = np.flatnonzero(numbers <= np.uint64(judging.share * float(2**64 - 2**11)))
    if len(chosen) == 0:
        return
    rows, numbers, batch = rows[chosen], numbers[chosen], batch.take(pa.array(chosen))
    texts = reader.texts(batch)
    said = (texts, reader.adapter.spoken(batch))
    position = (np.zeros(len(rows), np.int32), rows)
    judged = judge(said, position, judging.recipe, judging.models, judging.benchmarks)
    places = [f"{reader.file.name}:{reader.unit.first_row + row}" for row in rows.tolist()]
    _add(found, judging, judged, texts, (numbers, places))
    found.categories.update(judged["category"].to_pylist())
    openings = pc.struct_field(pc.extract_regex(texts.instruction, _OPENING), "opening")
    counts = found.openings.setdefault(reader.file.source, Counter())
    counts.update((opening or "").lower() for opening in openings.to_pylist())


def _add(
    found: Audit, judging: _Judging, judged: pa.Table, texts: Texts, chosen: tuple[np.ndarray, list[str]]
) -> None:
    reasons, flags = (judged[name].to_numpy() for name in ("reasons", "flags"))
    found.rows += len(judged)
    found.rejected += int((reasons != 0).sum())
    numbers, places = chosen
    for bit, name in enumerate(names_by_bit([rule.name for rule in judging.recipe.own])):
        mask = ((reasons | flags) >> np.uint64(bit)) & np.uint64(1) == 1
        if not name or not mask.any():
            continue
        marked = found.rules[name]
        marked.rows += int(mask.sum())
        marked.rejected += int(((reasons >> np.uint64(bit)) & np.uint64(1)).sum())
        at = np.flatnonzero(mask)
        for row in at[np.argsort(numbers[at])][: judging.examples].tolist():
            shown = {role: text[row].as_py() for role, text in texts._asdict().items()}
            marked.examples.append(Sampled(int(numbers[row]), places[row], shown))
        marked.examples = heapq.nsmallest(judging.examples, marked.examples)
