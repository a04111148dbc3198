"""Finding exact and near-duplicates, by keys, never by text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import apache_beam as beam
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput

from transforms.crowds import SplitCrowds
from transforms.shuffle import GroupTables, JoinByUnit
from transforms.steps import bands, contents, prompts, verify
from transforms.steps.job import Job
from transforms.steps.judge import Judged
from transforms.steps.keyed import Keyed
from transforms.steps.unit_rows import OpenRows, UnitRows

Tables: TypeAlias = beam.PCollection[tuple[int, pa.Table]]
Several: TypeAlias = tuple[Tables, ...]
"""Collections of tables that `JoinByUnit` puts together."""

TALLIES = verify.TALLIES
CANDIDATES, CROWDS = bands.CANDIDATES, bands.CROWDS
COPIES, COPIED, CAPPED = contents.COPIES, contents.COPIED, prompts.CAPPED


def _tagged(found: Iterator[tuple[str, Any]]) -> Iterator[TaggedOutput]:
    for name, value in found:
        yield TaggedOutput(name, value)


@dataclass(frozen=True)
class Steps:
    """The steps of a job, each as a function of one element."""

    job: Job
    open_rows: OpenRows = UnitRows

    def content_keys(self, element: tuple[int, Judged]) -> Iterator[Keyed]:
        """Keys of a unit's contents."""
        return contents.content_keys(self.open_rows(*element, self.job))

    def collapse(self, element: Keyed) -> Iterator[TaggedOutput]:
        """Copies among the contents of a bucket."""
        return _tagged(contents.collapse(element, self.job))

    def cap(self, element: Keyed) -> Iterator[Keyed]:
        """Rows of a bucket's prompts that are over the recipe's cap."""
        return prompts.cap(element, self.job.recipe.dedup.max_answers_per_prompt or 0)

    def band_keys(self, element: Any) -> Iterator[Keyed]:
        """Keys of the bands of a unit's rows."""
        unit, judged, found = element
        return bands.band_keys(self.open_rows(unit, judged, self.job), *found.values())

    def divide(self, element: Keyed) -> Iterator[TaggedOutput]:
        """Candidates and the rows of crowds."""
        return _tagged(bands.divide(element, self.job.plan.crowd_rows))

    def shingle_sets(self, element: Any) -> Iterator[Keyed]:
        """Shingles of a unit's candidates."""
        unit, judged, found = element
        rows = self.open_rows(unit, judged, self.job)
        return verify.shingle_sets(rows, found[CANDIDATES], found[COPIED])

    def verify(self, element: Keyed) -> Iterator[TaggedOutput]:
        """Near-duplicates of a partition."""
        return _tagged(verify.verify(element, self.job.recipe.dedup))


@dataclass(eq=False)
class FindCopies(beam.PTransform):
    """For each unit the rows that are exact copies, and those that have copies; the prompts of the others."""

    steps: Steps

    def expand(self, judged: beam.PCollection[Any]) -> beam.pvalue.DoOutputsTuple:
        """Bring equal contents together."""
        return (
            judged
            | "Content keys" >> beam.FlatMap(self.steps.content_keys)
            | "Group contents" >> GroupTables()
            | "Collapse"
            >> beam.FlatMap(self.steps.collapse).with_outputs(COPIES, COPIED, prompts.PROMPTS, CAPPED)
        )


@dataclass(eq=False)
class CapPrompts(beam.PTransform):
    """For each unit the rows that too many answers to their prompts outrank, and the copies of these."""

    steps: Steps

    def expand(self, inputs: dict[str, Any]) -> Several:
        """Rank the answers to each prompt, then tell the copies of those that are capped."""
        over = inputs[prompts.PROMPTS] | "Cap" >> beam.FlatMap(self.steps.cap)
        capped = (inputs[CAPPED], over)
        joined = {"unit": inputs["unit"], CAPPED: capped, COPIED: inputs[COPIED]}
        copies = (
            joined | "Join capped" >> JoinByUnit((CAPPED, COPIED)) | "Spread cap" >> beam.FlatMap(_spread)
        )
        return (*capped, copies)


def _spread(element: Any) -> Iterator[Keyed]:
    found = element[2]
    return iter(()) if found[CAPPED] is None else prompts.spread(found[CAPPED], found[COPIED])


@dataclass(eq=False)
class FindCandidates(beam.PTransform):
    """For each unit the rows that share a band with others, and their components."""

    steps: Steps

    def expand(self, inputs: dict[str, Any]) -> Several:
        """Bring equal bands together, then all links."""
        links = (
            inputs
            | "Join copies" >> JoinByUnit(tuple(name for name in inputs if name != "unit"))
            | "Band keys" >> beam.FlatMap(self.steps.band_keys)
            | "Group bands" >> GroupTables()
            | "Link" >> beam.Map(bands.link)
            | "Gather links" >> GroupTables()
        )
        if not self.steps.job.plan.may_crowd:
            return (links | "Candidates" >> beam.FlatMap(bands.candidates),)
        found = links | "Candidates" >> beam.FlatMap(self.steps.divide).with_outputs(CANDIDATES, CROWDS)
        crowded = {"unit": inputs["unit"], CROWDS: found[CROWDS]}
        split = crowded | "Split crowds" >> SplitCrowds(self.steps.job, self.steps.open_rows)
        return found[CANDIDATES], split


@dataclass(eq=False)
class VerifyCandidates(beam.PTransform):
    """For each unit the rows that fall to a similar one, those that rows fell to, and the edges between."""

    steps: Steps

    def expand(self, inputs: dict[str, Any]) -> beam.pvalue.DoOutputsTuple:
        """Bring the shingle sets of each component together and compare them."""
        outputs = (verify.FATES, verify.GAINED, verify.EDGES, TALLIES)
        return (
            inputs
            | "Join candidates" >> JoinByUnit((CANDIDATES, COPIED))
            | "Shingle sets" >> beam.FlatMap(self.steps.shingle_sets)
            | "Group sets" >> GroupTables()
            | "Verify" >> beam.FlatMap(self.steps.verify).with_outputs(*outputs)
        )


@dataclass(eq=False)
class FindDuplicates(beam.PTransform):
    """For each unit, by name, the tables `resolve` asks for, as far as the recipe looks for duplicates.

    Under `TALLIES` there are tallies to add to the report's.
    """

    steps: Steps

    def expand(self, judged: beam.PCollection[Any]) -> dict[str, Any]:
        """Exact copies first, then prompts, then near-duplicates among the rest."""
        dedup = self.steps.job.recipe.dedup
        if not (dedup.exact or dedup.near):
            return {}
        copies = judged | "Find copies" >> FindCopies(self.steps)
        found = {name: copies[name] for name in (COPIES, COPIED)}
        asked = copies[prompts.PROMPTS] | "Group prompts" >> GroupTables()
        tallies = asked | "Count prompts" >> beam.Map(prompts.count)
        if dedup.max_answers_per_prompt is not None:
            inputs = {"unit": judged, prompts.PROMPTS: asked, CAPPED: copies[CAPPED], COPIED: found[COPIED]}
            found[CAPPED] = inputs | "Cap prompts" >> CapPrompts(self.steps)
        if not dedup.near:
            return {**found, TALLIES: tallies}
        removed = {name: found[name] for name in (COPIES, CAPPED) if name in found}
        near = {"unit": judged, **removed} | FindCandidates(self.steps)
        inputs = {"unit": judged, CANDIDATES: near, COPIED: found[COPIED]}
        fates = inputs | VerifyCandidates(self.steps)
        found |= {name: fates[name] for name in (verify.FATES, verify.GAINED, verify.EDGES)}
        return {**found, TALLIES: [tallies, fates[TALLIES]] | "All tallies" >> beam.Flatten()}
