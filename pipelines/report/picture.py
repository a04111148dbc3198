"""The dataset card's picture: the funnel, as a PNG image."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from jinja2 import Environment

from pipelines.report.templating import open_templates
from pipelines.report.words import shorten, show
from schemas.report import Report

_FONT = "Liberation Sans"  # comes with the library, so that no machine's fonts change the picture
_NAME, _BARS, _NUMBERS, _LETTER, _WIDE_LETTER, _MARGIN = 40, 500, 84, 6.8, 12, 18


class Bar(NamedTuple):
    """A step of the funnel: what kind it is, where its bar begins and ends in pixels, and its rows."""

    name: str
    kind: str
    begin: float
    end: float
    rows: int


def draw_funnel(report: Report) -> bytes:
    """PNG image of the funnel, twice as fine as it is shown."""
    import vl_convert

    return bytes(vl_convert.svg_to_png(render_funnel(report), scale=2))


def render_funnel(report: Report) -> str:
    """The picture as SVG."""
    bars = list(_bars(report))
    left = _MARGIN + round(max(_width(bar.name) for bar in bars))
    names = {"bars": bars, "left": left, "width": left + _BARS + _NUMBERS, "font": _FONT}
    return _environment().get_template("funnel.svg.j2").render(names)


def _bars(report: Report) -> Iterator[Bar]:
    widest = max(report.funnel[0].left, 1)
    last = len(report.funnel) - 1
    for at, step in enumerate(report.funnel):
        whole = at in {0, last}
        begin, end = (0, step.left) if whole else (step.left, step.left + step.removed)
        yield Bar(
            name=name if len(name := show(step.name)) <= _NAME else f"{name[:_NAME]}…",
            kind="kept" if at == last else "removed" if at else "read",
            begin=round(begin * _BARS / widest, 1),
            end=round(end * _BARS / widest, 1),
            rows=step.left if whole else step.removed,
        )


def _width(text: str) -> float:
    """About how many pixels a text takes."""
    return sum(_LETTER if letter.isascii() else _WIDE_LETTER for letter in text)


@cache
def _environment() -> Environment:
    environment = open_templates(autoescape=True)
    environment.filters["shorten"] = shorten
    return environment
