"""Jobs that the launcher does not wait for: templates, jars, and runs that are told not to be waited for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.paths import OUTCOME, Places
from schemas.release import Outcome

WRITTEN = {"template_location": "template", "output_executable_path": "jar"}
"""Beam's options that write a job down instead of starting it, and what they write."""


def is_detached(given: Mapping[str, Any]) -> bool:
    """Whether Beam's options, by name, ask for a job that runs after the launcher has ended."""
    return any(given.get(name) for name in (*WRITTEN, "no_wait_until_finish"))


def waits(given: Mapping[str, Any]) -> bool:
    """Whether the launcher waits: for the job, or for its jar, which is put together by the job server."""
    return not is_detached(given) or bool(given.get("output_executable_path"))


def handed_over(places: Places, given: Mapping[str, Any]) -> Outcome:
    """What there is to say once the job has been handed over."""
    written = [f"the job's {what} is {given[name]}" for name, what in WRITTEN.items() if given.get(name)]
    what = written[0] if written else "the job has been started"
    message = (
        f"{what}; the job itself will publish the release {places.release}, "
        f"and then say how it ended in {places.runs}/{OUTCOME}"
    )
    return Outcome(status="handed over", message=message, release=places.release)
