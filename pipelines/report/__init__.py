"""The report of a release: built from its tally, shown as JSON, HTML, a dataset card and a summary."""

from __future__ import annotations

from pipelines.report.build import Context, build, to_json
from pipelines.report.card import name_files, render_card
from pipelines.report.moved import describe_moves, measure_all
from pipelines.report.page import render_html
from pipelines.report.summary import summarise

__all__ = [
    "Context",
    "build",
    "describe_moves",
    "measure_all",
    "name_files",
    "render_card",
    "render_html",
    "summarise",
    "to_json",
]
