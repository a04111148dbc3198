"""Runners that do not run: they keep the pipeline for a later time, as a template is kept."""

from __future__ import annotations

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.runner import PipelineResult, PipelineRunner, PipelineState

KEPT: list[beam.Pipeline] = []


class TemplateRunner(PipelineRunner):
    """Keeps each pipeline; its result says DONE at once, as Dataflow's does for a template."""

    def run_pipeline(self, pipeline: beam.Pipeline, options: PipelineOptions) -> PipelineResult:
        """Keep the pipeline."""
        del options
        KEPT.append(pipeline)
        return PipelineResult(PipelineState.DONE)


def start_kept(options: list[str]) -> None:
    """Run the pipeline that was kept last, as the engine does that is handed its template."""
    FnApiRunner().run_pipeline(KEPT[-1], PipelineOptions(options)).wait_until_finish()
