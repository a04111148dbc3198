"""Resolving the units: the one final verdict of every row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput

from transforms.kernels.tally import Tally
from transforms.shuffle import JoinByUnit, Met, Several, Tables, receive_unit
from transforms.steps.job import Job
from transforms.steps.resolve import fates_of, resolve_unit

COUNTS, TALLIES = "counts", "tallies"


def _resolve(met: Met, job: Job) -> Iterator[TaggedOutput]:
    for unit, judged, found in receive_unit(met):
        counts, tally = resolve_unit(unit, judged, fates_of(found), job)
        yield TaggedOutput(COUNTS, counts)
        yield TaggedOutput(TALLIES, tally.to_bytes())


@dataclass(eq=False)
class ResolveUnits(beam.PTransform):
    """Counts and tally of each unit; its verdicts are written to the staging area."""

    job: Job

    def expand(self, inputs: dict[str, Tables | Several]) -> beam.pvalue.DoOutputsTuple:
        """Join each unit with what was found of its rows."""
        return (
            inputs
            | "Join fates" >> JoinByUnit()
            | "Resolve" >> beam.FlatMap(_resolve, self.job).with_outputs(COUNTS, TALLIES)
        )


class AddTallies(beam.CombineFn):
    """Sum of packed tallies, packed; zero of none."""

    def create_accumulator(self) -> Tally:
        """Tally of nothing."""
        return Tally()

    def add_input(self, total: Tally, tally: bytes) -> Tally:
        """Tally of both."""
        return total + Tally.from_bytes(tally)

    def merge_accumulators(self, totals: Iterable[Tally]) -> Tally:
        """Tally of all."""
        return sum(totals, Tally())

    def extract_output(self, total: Tally) -> bytes:
        """Pack the sum."""
        return total.to_bytes()
