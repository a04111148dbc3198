"""Splitting the components that no one worker could hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import pyarrow as pa

from transforms.shuffle import GroupTables, JoinByUnit
from transforms.steps import bands, crowds
from transforms.steps.job import Job
from transforms.steps.keyed import Keyed
from transforms.steps.unit_rows import OpenRows

_GROUPS = "groups"


@dataclass(eq=False)
class SplitCrowds(beam.PTransform):
    """For each unit the rows of its crowds that similar pairs connect with others, and their components."""

    job: Job
    open_rows: OpenRows

    def expand(self, inputs: dict[str, Any]) -> beam.PCollection[tuple[int, pa.Table]]:
        """Bring rows that share a band together, then what similar pairs among them connect."""
        groups = (
            inputs
            | "Join crowds" >> JoinByUnit((bands.CROWDS,))
            | "Crowd bands" >> beam.FlatMap(self._bands)
            | "Group crowd bands" >> GroupTables()
            | "Company" >> beam.FlatMap(crowds.company)
        )
        return (
            {"unit": inputs["unit"], _GROUPS: groups}
            | "Join groups" >> JoinByUnit((_GROUPS,))
            | "Crowd sets" >> beam.FlatMap(self._sets)
            | "Group crowd sets" >> GroupTables()
            | "Link similar" >> beam.Map(crowds.link_similar, self.job.recipe.dedup.stored_from)
            | "Gather similar" >> GroupTables()
            | "Components" >> beam.FlatMap(bands.candidates)
        )

    def _bands(self, element: Any) -> Iterator[Keyed]:
        unit, judged, found = element
        return crowds.crowd_bands(self.open_rows(unit, judged, self.job), found[bands.CROWDS])

    def _sets(self, element: Any) -> Iterator[Keyed]:
        unit, judged, found = element
        return crowds.crowd_sets(self.open_rows(unit, judged, self.job), found[_GROUPS])
