"""The report as one HTML page that needs nothing beside it."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipelines.report.words import fold, group, measure, percent, shorten, show
from schemas.report import Report


def render_html(report: Report) -> str:
    """HTML text of a report; names in it are escaped, and nothing in it is fetched."""
    return _environment().get_template("page.html.j2").render(report=report) + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipelines.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "group": group,
        "measure": measure,
        "shorten": shorten,
        "show": show,
        "fold": fold,
    }
    environment.globals |= {"percent": percent}
    return environment
