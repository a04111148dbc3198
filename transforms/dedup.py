"""Finding exact and near-duplicates, by keys, never by text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import apache_beam as beam
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput

from transforms.shuffle import GroupTables, JoinByUnit
from transforms.steps import bands, contents, verify
from transforms.steps.job import Job
from transforms.steps.keyed import Keyed

Tables: TypeAlias = beam.PCollection[tuple[int, pa.Table]]


def _tagged(found: Iterator[tuple[str, Keyed]]) -> Iterator[TaggedOutput]:
    for name, keyed in found:
        yield TaggedOutput(name, keyed)


def _collapse(element: Keyed) -> Iterator[TaggedOutput]:
    return _tagged(contents.collapse(element))


def _verify(element: Keyed, job: Job) -> Iterator[TaggedOutput]:
    return _tagged(verify.verify(element, job.recipe))


def _band_keys(element: Any, job: Job) -> Iterator[Keyed]:
    unit, judged, found = element
    return bands.band_keys(unit, judged, found[contents.COPIES], job)


def _shingle_sets(element: Any, job: Job) -> Iterator[Keyed]:
    unit, judged, found = element
    return verify.shingle_sets(unit, judged, found["candidates"], found[contents.COPIED], job)


@dataclass(eq=False)
class FindCopies(beam.PTransform):
    """For each unit the rows that are exact copies, and those that have copies."""

    job: Job

    def expand(self, judged: beam.PCollection[Any]) -> beam.pvalue.DoOutputsTuple:
        """Bring equal contents together."""
        return (
            judged
            | "Content keys" >> beam.FlatMap(contents.content_keys, self.job)
            | "Group contents" >> GroupTables()
            | "Collapse" >> beam.FlatMap(_collapse).with_outputs(contents.COPIES, contents.COPIED)
        )


@dataclass(eq=False)
class FindCandidates(beam.PTransform):
    """For each unit the rows that share a band with others, and their components."""

    job: Job

    def expand(self, inputs: dict[str, Any]) -> Tables:
        """Bring equal bands together, then all links."""
        return (
            inputs
            | "Join copies" >> JoinByUnit((contents.COPIES,))
            | "Band keys" >> beam.FlatMap(_band_keys, self.job)
            | "Group bands" >> GroupTables()
            | "Link" >> beam.Map(bands.link)
            | "Gather links" >> GroupTables()
            | "Candidates" >> beam.FlatMap(bands.candidates)
        )


@dataclass(eq=False)
class VerifyCandidates(beam.PTransform):
    """For each unit the rows that fall to a similar one, and those that rows fell to."""

    job: Job

    def expand(self, inputs: dict[str, Any]) -> beam.pvalue.DoOutputsTuple:
        """Bring the shingle sets of each component together and compare them."""
        return (
            inputs
            | "Join candidates" >> JoinByUnit(("candidates", contents.COPIED))
            | "Shingle sets" >> beam.FlatMap(_shingle_sets, self.job)
            | "Group sets" >> GroupTables()
            | "Verify" >> beam.FlatMap(_verify, self.job).with_outputs(verify.FATES, verify.GAINED)
        )


@dataclass(eq=False)
class FindDuplicates(beam.PTransform):
    """For each unit, by name, the tables `resolve` asks for, as far as the recipe looks for duplicates."""

    job: Job
    exact: bool
    near: bool

    def expand(self, judged: beam.PCollection[Any]) -> dict[str, Tables]:
        """Exact copies first, then near-duplicates among the rest."""
        if not self.exact:
            return {}
        copies = judged | "Find copies" >> FindCopies(self.job)
        found = {name: copies[name] for name in (contents.COPIES, contents.COPIED)}
        if not self.near:
            return found
        near = {"unit": judged, contents.COPIES: found[contents.COPIES]} | FindCandidates(self.job)
        inputs = {"unit": judged, "candidates": near, contents.COPIED: found[contents.COPIED]}
        fates = inputs | VerifyCandidates(self.job)
        return {**found, verify.FATES: fates[verify.FATES], verify.GAINED: fates[verify.GAINED]}
