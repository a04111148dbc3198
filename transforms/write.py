"""Writing the parts of a release."""

from __future__ import annotations

from dataclasses import dataclass

import apache_beam as beam
from apache_beam.pvalue import AsList

from transforms.steps.job import Job
from transforms.steps.resolve import Resolved
from transforms.steps.write import Part, write_part


@dataclass(eq=False)
class WriteParts(beam.PTransform):
    """Every part of the release, written: each reads again the rows that are its share."""

    job: Job
    parts: dict[str, int]

    def expand(self, resolved: beam.PCollection[Resolved]) -> beam.PCollection[Part | None]:
        """List the parts, spread them over the workers, write each."""
        tasks = [(kind, index) for kind, count in self.parts.items() for index in range(count)]
        return (
            resolved.pipeline
            | "List parts" >> beam.Create(tasks, reshuffle=False)
            | "Spread parts" >> beam.Reshuffle()
            | "Write" >> beam.Map(write_part, AsList(resolved), self.job)
        )
