"""Judging the units of the input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import apache_beam as beam
from apache_beam.pvalue import AsList

from transforms.shuffle import UNIT, Sent
from transforms.steps.job import Job
from transforms.steps.judge import Judged, LostGroup, judge_unit, lost_group, settle


def _settle(element: tuple[int, Judged], lost: Sequence[LostGroup], job: Job) -> Sent:
    unit, judged = settle(element, lost, job)
    return unit, (UNIT, judged)


@dataclass(eq=False)
class JudgeUnits(beam.PTransform):
    """What is found of each unit, by unit: one pass over its rows, or the cache's entry."""

    job: Job
    units: int

    def expand(self, start: beam.PCollection[None]) -> beam.PCollection[Sent]:
        """List the units, spread them over the workers, judge each."""
        judged = (
            start
            | "List units" >> beam.Create(range(self.units), reshuffle=False)
            | "Spread units" >> beam.Reshuffle()
            | "Judge" >> beam.Map(judge_unit, self.job)
        )
        lost = judged | "Find lost groups" >> beam.FlatMap(lost_group, self.job)
        return judged | "Settle" >> beam.Map(_settle, AsList(lost), self.job).with_output_types(Sent)
