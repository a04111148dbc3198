"""Finding exact and near-duplicates, by keys, never by text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput

from transforms.crowds import SplitCrowds, send_candidates
from transforms.shuffle import (
    UNIT,
    JoinByUnit,
    Met,
    Sent,
    Several,
    Tables,
    receive,
    receive_unit,
    send,
    send_by_name,
)
from transforms.steps import bands, contents, prompts, verify
from transforms.steps.bands import CANDIDATES, CROWDS
from transforms.steps.contents import COPIED, COPIES
from transforms.steps.job import Job
from transforms.steps.prompts import CAPPED, PROMPTS
from transforms.steps.unit_rows import OpenRows, UnitRows
from transforms.steps.verify import EDGES, FATES, GAINED, TALLIES

_CONTENTS, _BANDS, _LINKS, _SETS = "contents", "bands", "links", "sets"


def _content_keys(sent: Sent, job: Job, open_rows: OpenRows) -> Iterator[Sent]:
    """Keys of a unit's contents."""
    unit, (_, judged) = sent
    yield from send(_CONTENTS, contents.content_keys(open_rows(unit, judged, job)))


def _collapse(met: Met, job: Job) -> Iterator[TaggedOutput]:
    """Copies among the contents of a bucket, and the prompts of the others."""
    yield from send_by_name(contents.collapse(receive(met), job))


@dataclass(eq=False)
class FindCopies(beam.PTransform):
    """For each unit the rows that are exact copies, and those that have copies; the prompts of the others."""

    job: Job
    open_rows: OpenRows

    def expand(self, judged: Tables) -> beam.pvalue.DoOutputsTuple:
        """Bring equal contents together."""
        keys = beam.FlatMap(_content_keys, self.job, self.open_rows).with_output_types(Sent)
        outputs = dict.fromkeys((COPIES, COPIED, PROMPTS, CAPPED), Sent)
        collapse = beam.FlatMap(_collapse, self.job).with_output_types(Sent, **outputs)
        return (
            judged
            | "Content keys" >> keys
            | "Group contents" >> beam.GroupByKey()
            | "Collapse" >> collapse.with_outputs(*outputs)
        )


def _count_prompts(met: Met) -> bytes:
    """Tally of a bucket's prompts."""
    return prompts.count(receive(met))


def _cap(met: Met, most: int) -> Iterator[Sent]:
    """Rows of a bucket's prompts that are over the recipe's cap."""
    yield from send(CAPPED, prompts.cap(receive(met, again=True), most))


def _spread_cap(met: Met) -> Iterator[Sent]:
    """Copies of a unit's rows that are over the cap."""
    for _, _, found in receive_unit(met):
        if CAPPED in found:
            yield from send(CAPPED, prompts.tell_copies(found[CAPPED], found.get(COPIED)))


@dataclass(eq=False)
class CapPrompts(beam.PTransform):
    """For each unit the rows that too many answers to their prompts outrank, and the copies of these."""

    most: int

    def expand(self, inputs: dict[str, Any]) -> Several:
        """Rank the answers to each prompt, then tell the copies of those that are capped."""
        over = inputs[PROMPTS] | "Cap" >> beam.FlatMap(_cap, self.most).with_output_types(Sent)
        capped = (inputs[CAPPED], over)
        joined = {UNIT: inputs[UNIT], CAPPED: capped, COPIED: inputs[COPIED]}
        spread = "Spread cap" >> beam.FlatMap(_spread_cap).with_output_types(Sent)
        return (*capped, joined | "Join capped" >> JoinByUnit() | spread)


def _band_keys(met: Met, job: Job, open_rows: OpenRows) -> Iterator[Sent]:
    """Keys of the bands of a unit's rows."""
    for unit, judged, found in receive_unit(met):
        yield from send(_BANDS, bands.band_keys(open_rows(unit, judged, job), *found.values()))


def _link(met: Met) -> Iterator[Sent]:
    """Links between the rows of a bucket's bands."""
    yield from send(_LINKS, [bands.link(receive(met))])


def _divide(met: Met, most: int) -> Iterator[TaggedOutput]:
    """Candidates and the rows of crowds, by all links."""
    yield from send_by_name(bands.divide(receive(met), most))


@dataclass(eq=False)
class FindCandidates(beam.PTransform):
    """For each unit the rows that share a band with others, and their components."""

    job: Job
    open_rows: OpenRows

    def expand(self, inputs: dict[str, Tables | Several]) -> Several:
        """Bring equal bands together, then all links."""
        keys = beam.FlatMap(_band_keys, self.job, self.open_rows).with_output_types(Sent)
        links = (
            inputs
            | "Join copies" >> JoinByUnit()
            | "Band keys" >> keys
            | "Group bands" >> beam.GroupByKey()
            | "Link" >> beam.FlatMap(_link).with_output_types(Sent)
            | "Gather links" >> beam.GroupByKey()
        )
        if not self.job.plan.may_crowd:
            return (links | "Candidates" >> beam.FlatMap(send_candidates).with_output_types(Sent),)
        outputs = {CANDIDATES: Sent, CROWDS: Sent}
        divide = beam.FlatMap(_divide, self.job.plan.crowd_rows).with_output_types(Sent, **outputs)
        found = links | "Candidates" >> divide.with_outputs(*outputs)
        crowded = {UNIT: inputs[UNIT], CROWDS: found[CROWDS]}
        return found[CANDIDATES], crowded | "Split crowds" >> SplitCrowds(self.job, self.open_rows)


def _shingle_sets(met: Met, job: Job, open_rows: OpenRows) -> Iterator[Sent]:
    """Shingles of a unit's candidates."""
    for unit, judged, found in receive_unit(met):
        rows = open_rows(unit, judged, job)
        yield from send(_SETS, verify.shingle_sets(rows, found.get(CANDIDATES), found.get(COPIED)))


def _verify(met: Met, job: Job) -> Iterator[TaggedOutput]:
    """Near-duplicates of a partition, and a tally."""
    found, tally = verify.verify(receive(met), job.recipe.dedup)
    yield from send_by_name(found)
    yield TaggedOutput(TALLIES, tally.to_bytes())


@dataclass(eq=False)
class VerifyCandidates(beam.PTransform):
    """For each unit the rows that fall to a similar one, those that rows fell to, and the edges between."""

    job: Job
    open_rows: OpenRows

    def expand(self, inputs: dict[str, Tables | Several]) -> beam.pvalue.DoOutputsTuple:
        """Bring the shingle sets of each component together and compare them."""
        sets = beam.FlatMap(_shingle_sets, self.job, self.open_rows).with_output_types(Sent)
        outputs = {FATES: Sent, GAINED: Sent, EDGES: Sent, TALLIES: bytes}
        verify_all = beam.FlatMap(_verify, self.job).with_output_types(Sent, **outputs)
        return (
            inputs
            | "Join candidates" >> JoinByUnit()
            | "Shingle sets" >> sets
            | "Group sets" >> beam.GroupByKey()
            | "Verify" >> verify_all.with_outputs(*outputs)
        )


@dataclass(eq=False)
class FindDuplicates(beam.PTransform):
    """For each unit, by name, the tables `resolve` asks for, as far as the recipe looks for duplicates.

    Under `TALLIES` there are tallies to add to the report's.
    """

    job: Job
    open_rows: OpenRows = UnitRows

    def expand(self, judged: Tables) -> dict[str, Any]:
        """Exact copies first, then prompts, then near-duplicates among the rest."""
        given, dedup = (self.job, self.open_rows), self.job.recipe.dedup
        if not (dedup.exact or dedup.near):
            return {}
        copies = judged | "Find copies" >> FindCopies(*given)
        found: dict[str, Any] = {name: copies[name] for name in (COPIES, COPIED)}
        asked = copies[PROMPTS] | "Group prompts" >> beam.GroupByKey()
        tallies = asked | "Count prompts" >> beam.Map(_count_prompts).with_output_types(bytes)
        if dedup.max_answers_per_prompt is not None:
            inputs = {UNIT: judged, PROMPTS: asked, CAPPED: copies[CAPPED], COPIED: found[COPIED]}
            found[CAPPED] = inputs | "Cap prompts" >> CapPrompts(dedup.max_answers_per_prompt)
        if not dedup.near:
            return {**found, TALLIES: tallies}
        removed = {name: found[name] for name in (COPIES, CAPPED) if name in found}
        near = {UNIT: judged, **removed} | FindCandidates(*given)
        fates = {UNIT: judged, CANDIDATES: near, COPIED: found[COPIED]} | VerifyCandidates(*given)
        found |= {name: fates[name] for name in (FATES, GAINED, EDGES)}
        return {**found, TALLIES: [tallies, fates[TALLIES]] | "All tallies" >> beam.Flatten()}
