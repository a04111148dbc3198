"""Splitting the components that no one worker could hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import apache_beam as beam

from transforms.shuffle import UNIT, JoinByUnit, Met, Sent, Several, Tables, receive, receive_unit, send
from transforms.steps import bands, crowds
from transforms.steps.job import Job
from transforms.steps.unit_rows import OpenRows

_BANDS, _GROUPS, _SETS, _LINKS = "bands", "groups", "sets", "links"


def send_candidates(met: Met) -> Iterator[Sent]:
    """The rows of every component of all links, to their units."""
    yield from send(bands.CANDIDATES, bands.candidates(receive(met)))


@dataclass(eq=False)
class SplitCrowds(beam.PTransform):
    """For each unit the rows of its crowds that similar pairs connect with others, and their components."""

    job: Job
    open_rows: OpenRows

    def expand(self, inputs: dict[str, Tables | Several]) -> Tables:
        """Bring rows that share a band together, then what similar pairs among them connect."""
        groups = (
            inputs
            | "Join crowds" >> JoinByUnit()
            | "Crowd bands" >> beam.FlatMap(self._bands).with_output_types(Sent)
            | "Group crowd bands" >> beam.GroupByKey()
            | "Company" >> beam.FlatMap(self._company).with_output_types(Sent)
        )
        return (
            {UNIT: inputs[UNIT], _GROUPS: groups}
            | "Join groups" >> JoinByUnit()
            | "Crowd sets" >> beam.FlatMap(self._sets).with_output_types(Sent)
            | "Group crowd sets" >> beam.GroupByKey()
            | "Link similar" >> beam.FlatMap(self._links).with_output_types(Sent)
            | "Gather similar" >> beam.GroupByKey()
            | "Components" >> beam.FlatMap(send_candidates).with_output_types(Sent)
        )

    def _bands(self, met: Met) -> Iterator[Sent]:
        for unit, judged, found in receive_unit(met):
            rows = self.open_rows(unit, judged, self.job)
            yield from send(_BANDS, crowds.crowd_bands(rows, found.get(bands.CROWDS)))

    def _company(self, met: Met) -> Iterator[Sent]:
        yield from send(_GROUPS, crowds.company(receive(met)))

    def _sets(self, met: Met) -> Iterator[Sent]:
        for unit, judged, found in receive_unit(met):
            rows = self.open_rows(unit, judged, self.job)
            yield from send(_SETS, crowds.crowd_sets(rows, found.get(_GROUPS)))

    def _links(self, met: Met) -> Iterator[Sent]:
        least = self.job.recipe.dedup.stored_from
        yield from send(_LINKS, [crowds.link_similar(receive(met), least)])
