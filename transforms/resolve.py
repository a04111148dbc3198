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


def add_tallies(tallies: Iterable[bytes]) -> bytes:
    """Sum of packed tallies, packed: associative, commutative, and zero of none."""
    total = Tally.zero()
    for tally in tallies:
        total += Tally.from_bytes(tally)
    return total.to_bytes()
