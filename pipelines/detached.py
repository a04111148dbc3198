"""Jobs that the launcher does not wait for: templates, and runs that are told not to be waited for."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.plan import Places
from schemas.release import Outcome


def _template(beam: Sequence[str]) -> str | None:
    from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

    location: str | None = PipelineOptions(list(beam)).view_as(GoogleCloudOptions).template_location
    return location


def is_detached(beam: Sequence[str]) -> bool:
    """Whether Beam's options ask for a job that runs after the launcher has ended."""
    from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

    options = PipelineOptions(list(beam)).view_as(StandardOptions)
    return bool(_template(beam) or options.no_wait_until_finish)


def handed_over(places: Places, beam: Sequence[str]) -> Outcome:
    """What there is to say once the job has been handed over."""
    template = _template(beam)
    what = f"the job's template is {template}" if template else "the job has been started"
    message = (
        f"{what}; the job itself will publish the release {places.release}, "
        f"and then say how it ended in {places.runs}/outcome.json"
    )
    return Outcome(status="handed over", message=message, release=places.release)
