"""The report as one HTML page that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from pipelines.report.compare import compare, say
from pipelines.report.library import allow, embed_json, library_script, own_script
from pipelines.report.sentences import difference, sentences
from pipelines.report.templating import open_templates
from pipelines.report.words import (
    decimals,
    fold,
    group,
    measure,
    percent,
    shorten,
    show,
    show_lines,
    tell_tokens,
)
from schemas.diversity import Example
from schemas.report import Flag, Report, Rule, Step


def render_html(report: Report) -> str:
    """HTML text of a report; names in it are escaped, and nothing in it is fetched."""
    marks: list[Step | Rule | Flag] = [*report.funnel, *report.rules, *report.flags]
    meanings = {mark.name: mark.meaning for mark in marks}
    names = {"report": report, "said": sentences(report), "meanings": meanings}
    return _render("page.html.j2", data=embed_json(_data(report)), **names)


def render_comparison(before: Report, after: Report) -> str:
    """HTML text of two reports side by side."""
    sides = [_data(before), _data(after)]
    tables = list(compare(before, after))
    names = {"a": before, "b": after, "tables": tables, "said": say(before, after)}
    return _render("compare.html.j2", data=embed_json({"sides": sides}), **names)


def by_mark(examples: Sequence[Example]) -> list[tuple[str, list[Example]]]:
    """Examples of each mark, in their order."""
    return [(mark, list(listed)) for mark, listed in groupby(examples, attrgetter("mark"))]


def _data(report: Report) -> Any:
    """What the page's pictures are drawn from: the report, with names as they are shown."""
    return _shown(report.model_dump(mode="json", exclude={"examples"}))


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shown(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shown(inner) for inner in value]
    return show(value) if isinstance(value, str) else value


def _render(template: str, **names: Any) -> str:
    scripts = (library_script(), "\n" + own_script() + "\n")
    page = _environment().get_template(template)
    return (
        page.render(
            **{name: Markup(value) if name == "data" else value for name, value in names.items()},  # noqa: S704 — JSON without <
            library=Markup(scripts[0]),  # noqa: S704 — of a package
            own=Markup(scripts[1]),  # noqa: S704 — of this one
            policy=allow(*scripts),
        )
        + "\n"
    )


@cache
def _environment() -> Environment:
    environment = open_templates(autoescape=True)
    environment.filters |= {
        "group": group,
        "measure": measure,
        "shorten": shorten,
        "show": show,
        "lines": show_lines,
        "fold": fold,
        "by_mark": by_mark,
        "tokens": tell_tokens,
    }
    environment.globals |= {"percent": percent, "difference": difference, "decimals": decimals}
    return environment
