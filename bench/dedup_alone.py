"""The deduplication stage alone, on rows that are nothing but keys: one run, its figures as JSON.

python bench/dedup_alone.py --rows N [--workers W] [--buckets B] [--crowd-rows C] [--to FILE]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.metrics import Metrics, MetricsFilter
from apache_beam.options.pipeline_options import PipelineOptions
from keys import TILE, KeyRows, truth

from pipelines.engines import Asked, choose_engine
from schemas.paths import Places
from schemas.plan import CROWD_ROWS, InputFile, Plan, Source, Unit
from schemas.recipe import Recipe, to_dict
from transforms.dedup import FindDuplicates
from transforms.kernels.tally import Tally
from transforms.resolve import AddTallies
from transforms.shuffle import COUNTER, UNIT, Sent
from transforms.steps import storage, tables
from transforms.steps.job import Job
from transforms.steps.judge import Judged
from transforms.steps.verify import TALLIES

UNIT_ROWS, BUCKET_ROWS = 50_000, 500_000


def main() -> None:
    """Run the stage and print what was found, what was to be found, and the bytes shuffled."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, required=True, metavar="N", help="how many, whole thousands")
    parser.add_argument("--workers", type=int, default=1, metavar="W", help="local processes")
    parser.add_argument("--buckets", type=int, metavar="B", help="buckets of the shuffles")
    parser.add_argument(
        "--crowd-rows",
        type=int,
        default=CROWD_ROWS,
        metavar="C",
        help="rows of a component from which it is split over workers",
    )
    parser.add_argument("--to", type=Path, metavar="FILE", help="where to write (default: the terminal)")
    asked = parser.parse_args()
    if asked.rows % TILE or asked.rows < TILE:
        parser.error(f"--rows takes whole thousands, found {asked.rows}")
    folder = str(Path(__file__).parent)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH"))))
    with tempfile.TemporaryDirectory(prefix="tamis-bench-") as root:
        buckets = asked.buckets or max(8, math.ceil(asked.rows / BUCKET_ROWS))
        places = Places(root=root, release="bench", cache=f"{root}/cache")
        plan = replace(plan_rows(asked.rows, buckets), crowd_rows=asked.crowd_rows)
        found = _run(Job.start(places, plan), asked.workers)
    text = json.dumps({**found, "expected": truth(asked.rows)._asdict()})
    _ = asked.to.write_text(text) if asked.to else sys.stdout.write(f"{text}\n")


def plan_rows(rows: int, buckets: int) -> Plan:
    """A plan of one file that nobody reads."""
    starts = range(0, rows, UNIT_ROWS)
    return Plan(
        release="bench",
        sources={"keys": Source(name="keys", columns={}, rank=0)},
        files=[InputFile(source="keys", path="", name="keys", bytes=0, rows=rows)],
        units=[
            Unit(
                index=at,
                file=0,
                groups=(at, at + 1),
                skip=0,
                first_row=start,
                rows=min(UNIT_ROWS, rows - start),
            )
            for at, start in enumerate(starts)
        ],
        schema="",
        recipe=to_dict(Recipe()),
        model=None,
        model_digest=None,
        buckets=buckets,
        parts={},
        group_rows=1,
    )


def _run(job: Job, workers: int) -> dict[str, Any]:
    asked = Asked(root="", workers=workers)
    pipeline = beam.Pipeline(options=PipelineOptions(choose_engine(None, asked).arguments(asked)))
    judged = (
        pipeline
        | "List units" >> beam.Create(range(len(job.plan.units)), reshuffle=False)
        | "Spread units" >> beam.Reshuffle()
        | "Units" >> beam.Map(_unit).with_output_types(Sent)
    )
    found = judged | "Find duplicates" >> FindDuplicates(job, KeyRows)
    for name, sent in found.items():
        if name != TALLIES:
            _ = sent | f"Count {name}" >> beam.Map(_count, name)
    tally = found[TALLIES] | "Add tallies" >> beam.CombineGlobally(AddTallies())
    _ = tally | "Keep tally" >> beam.Map(_keep, job.places.outcome)
    result = pipeline.run()
    result.wait_until_finish()
    counters = result.metrics().query(MetricsFilter().with_namespace("tamis"))["counters"]
    figures: dict[str, int] = {}
    for counter in counters:
        name = counter.key.metric.name
        figures[name] = figures.get(name, 0) + int(counter.attempted)
    what_if = Tally.from_bytes(storage.read_bytes(job.places.outcome)).table("what_if")
    figures["fallen"] = what_if[f"{job.recipe.dedup.threshold:g}"]["fallen"]
    return {"shuffled": figures.pop(COUNTER), "found": figures}


def _unit(index: int) -> Sent:
    return index, (UNIT, Judged("", "", "", "", ()))


def _count(sent: Sent, name: str) -> None:
    Metrics.counter("tamis", name).inc(len(tables.unpack(sent[1][1])))


def _keep(tally: bytes, path: str) -> None:
    storage.write_bytes(path, tally)


if __name__ == "__main__":
    main()
