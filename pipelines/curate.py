"""The whole pipeline on one screen."""

from __future__ import annotations

import apache_beam as beam
from apache_beam.pvalue import AsList, AsSingleton

from pipelines.finish import finish
from transforms.choice import ChooseRows
from transforms.dedup import FindDuplicates
from transforms.judge import JudgeUnits
from transforms.resolve import COUNTS, TALLIES, AddTallies, ResolveUnits
from transforms.shuffle import UNIT
from transforms.steps.choice import DROPPED, chooses
from transforms.steps.job import Job
from transforms.write import WriteParts


def curate(pipeline: beam.Pipeline, job: Job) -> None:
    """Build the pipeline that reads the plan's units and ends in a release."""
    plan = job.plan

    judged = pipeline | "Judge units" >> JudgeUnits(job, len(plan.units))
    found = judged | "Find duplicates" >> FindDuplicates(job)
    tallies = [found.pop(TALLIES)] if TALLIES in found else []
    if chooses(job.recipe):
        found[DROPPED] = {UNIT: judged, **found} | "Choose rows" >> ChooseRows(job)
    resolved = {UNIT: judged, **found} | "Resolve units" >> ResolveUnits(job)
    counts = resolved[COUNTS]
    tallies = [resolved[TALLIES], *tallies] | "All tallies" >> beam.Flatten()
    tally = tallies | "Add tallies" >> beam.CombineGlobally(AddTallies())
    parts = counts | "Write parts" >> WriteParts(job, plan.parts)
    _ = (
        pipeline
        | "End" >> beam.Create([None])
        | "Publish" >> beam.Map(finish, AsList(counts), AsList(parts), AsSingleton(tally), job)
    )
