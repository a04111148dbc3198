"""Choosing among the rows that would be kept, as far as the recipe asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsList, TaggedOutput

from transforms.shuffle import GroupTables, JoinByUnit
from transforms.steps import choice
from transforms.steps.job import Job
from transforms.steps.keyed import Keyed
from transforms.steps.resolve import fates_of
from transforms.steps.unit_rows import UnitRows


def _lines(element: Any, job: Job) -> Iterator[Keyed]:
    unit, judged, found = element
    return choice.lines(UnitRows(unit, judged, job), fates_of(found))


def _cut(element: Keyed, job: Job) -> str:
    return choice.cut(element, job.recipe)


def _drop(element: Any, cuts: Sequence[str], job: Job) -> Iterator[TaggedOutput]:
    unit, judged, found = element
    for name, keyed in choice.drop(UnitRows(unit, judged, job), fates_of(found), cuts):
        yield TaggedOutput(name, keyed)


def _spread(element: Any) -> Iterator[Keyed]:
    found = element[2]
    return choice.spread(found[choice.DROPPED], found[choice.ASKED])


@dataclass(eq=False)
class ChooseRows(beam.PTransform):
    """For each unit the rows that are not chosen, and those that fall to such a row."""

    job: Job

    def expand(self, inputs: dict[str, Any]) -> tuple[beam.PCollection[Keyed], ...]:
        """Gather what rows are chosen by, cut it, and let duplicates share their survivors' lot."""
        names = tuple(name for name in inputs if name != "unit")
        joined = inputs | "Join findings" >> JoinByUnit(names)
        gathered = joined | "Lines" >> beam.FlatMap(_lines, self.job) | "Gather lines" >> GroupTables()
        cuts = gathered | "Cut" >> beam.Map(_cut, self.job)
        found = joined | "Drop" >> beam.FlatMap(_drop, AsList(cuts), self.job).with_outputs(
            choice.DROPPED, choice.ASKED
        )
        both = {"unit": inputs["unit"], **{name: found[name] for name in (choice.DROPPED, choice.ASKED)}}
        fallen = both | "Join dropped" >> JoinByUnit((choice.DROPPED, choice.ASKED))
        return found[choice.DROPPED], fallen | "Spread drop" >> beam.FlatMap(_spread)
