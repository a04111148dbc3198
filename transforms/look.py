"""Looking at the units of the input before any work."""

from __future__ import annotations

from dataclasses import dataclass

import apache_beam as beam

from transforms.steps.job import Job
from transforms.steps.look import look_there


@dataclass(eq=False)
class LookAtUnits(beam.PTransform):
    """Nothing: the digests of each unit's row groups are written to the staging area."""

    job: Job
    units: int

    def expand(self, start: beam.Pipeline) -> beam.PCollection[None]:
        """List the units, spread them over the workers, look at each."""
        return (
            start
            | "List units" >> beam.Create(range(self.units), reshuffle=False)
            | "Spread units" >> beam.Reshuffle()
            | "Look" >> beam.Map(look_there, self.job)
        )
