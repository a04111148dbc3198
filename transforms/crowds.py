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


def _crowd_bands(met: Met, job: Job, open_rows: OpenRows) -> Iterator[Sent]:
    """Keys of the bands of a unit's rows that are in crowds."""
    for unit, judged, found in receive_unit(met):
        rows = open_rows(unit, judged, job)
        yield from send(_BANDS, crowds.crowd_bands(rows, found.get(bands.CROWDS)))


def _company(met: Met) -> Iterator[Sent]:
    """Groups of the rows that share a band in a bucket, to their units."""
    yield from send(_GROUPS, crowds.company(receive(met)))


def _crowd_sets(met: Met, job: Job, open_rows: OpenRows) -> Iterator[Sent]:
    """Shingles of a unit's rows, to the groups that they are in."""
    for unit, judged, found in receive_unit(met):
        rows = open_rows(unit, judged, job)
        yield from send(_SETS, crowds.crowd_sets(rows, found.get(_GROUPS)))


def _link_similar(met: Met, least: float) -> Iterator[Sent]:
    """Links between the similar rows of a group."""
    yield from send(_LINKS, [crowds.link_similar(receive(met), least)])


@dataclass(eq=False)
class SplitCrowds(beam.PTransform):
    """For each unit the rows of its crowds that similar pairs connect with others, and their components."""

    job: Job
    open_rows: OpenRows

    def expand(self, inputs: dict[str, Tables | Several]) -> Tables:
        """Bring rows that share a band together, then what similar pairs among them connect."""
        given, least = (self.job, self.open_rows), self.job.recipe.dedup.stored_from
        groups = (
            inputs
            | "Join crowds" >> JoinByUnit()
            | "Crowd bands" >> beam.FlatMap(_crowd_bands, *given).with_output_types(Sent)
            | "Group crowd bands" >> beam.GroupByKey()
            | "Company" >> beam.FlatMap(_company).with_output_types(Sent)
        )
        return (
            {UNIT: inputs[UNIT], _GROUPS: groups}
            | "Join groups" >> JoinByUnit()
            | "Crowd sets" >> beam.FlatMap(_crowd_sets, *given).with_output_types(Sent)
            | "Group crowd sets" >> beam.GroupByKey()
            | "Link similar" >> beam.FlatMap(_link_similar, least).with_output_types(Sent)
            | "Gather similar" >> beam.GroupByKey()
            | "Components" >> beam.FlatMap(send_candidates).with_output_types(Sent)
        )
