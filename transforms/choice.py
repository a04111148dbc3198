"""Choosing among the rows that would be kept, as far as the recipe asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import apache_beam as beam
from apache_beam.pvalue import AsList, TaggedOutput

from transforms.shuffle import (
    UNIT,
    JoinByUnit,
    Met,
    Sent,
    Several,
    Tables,
    receive_in_order,
    receive_unit,
    send,
    send_by_name,
)
from transforms.steps import choice
from transforms.steps.choice import ASKED, DROPPED
from transforms.steps.job import Job
from transforms.steps.resolve import fates_of
from transforms.steps.unit_rows import UnitRows


def _lines(met: Met, job: Job) -> Iterator[Sent]:
    for unit, judged, found in receive_unit(met):
        yield from send(str(unit), choice.lines(UnitRows(unit, judged, job), fates_of(found)))


def _cut(met: Met, job: Job) -> str:
    return choice.cut(*receive_in_order(met), job.recipe)


def _drop(met: Met, cuts: Sequence[str], job: Job) -> Iterator[TaggedOutput]:
    for unit, judged, found in receive_unit(met, again=True):
        yield from send_by_name(choice.drop(UnitRows(unit, judged, job), fates_of(found), cuts))


def _spread(met: Met) -> Iterator[Sent]:
    for _, _, found in receive_unit(met):
        yield from send(DROPPED, choice.tell_duplicates(found.get(DROPPED), found.get(ASKED)))


@dataclass(eq=False)
class ChooseRows(beam.PTransform):
    """For each unit the rows that are not chosen, and those that fall to such a row."""

    job: Job

    def expand(self, inputs: dict[str, Tables | Several]) -> Several:
        """Gather what rows are chosen by, cut it, and let duplicates share their survivors' lot."""
        joined = inputs | "Join findings" >> JoinByUnit()
        lines = joined | "Lines" >> beam.FlatMap(_lines, self.job).with_output_types(Sent)
        cuts = lines | "Gather lines" >> beam.GroupByKey() | "Cut" >> beam.Map(_cut, self.job)
        outputs = {DROPPED: Sent, ASKED: Sent}
        drop = beam.FlatMap(_drop, AsList(cuts), self.job).with_output_types(Sent, **outputs)
        found = joined | "Drop" >> drop.with_outputs(*outputs)
        both = {UNIT: inputs[UNIT], DROPPED: found[DROPPED], ASKED: found[ASKED]}
        spread = "Spread drop" >> beam.FlatMap(_spread).with_output_types(Sent)
        return found[DROPPED], both | "Join dropped" >> JoinByUnit() | spread
