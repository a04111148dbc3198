"""The dataset card's picture: the funnel, as a PNG image."""

from __future__ import annotations

from typing import Any

from schemas.report import Report

_INK, _QUIET, _LINE = "#23211e", "#655f57", "#e5e1d9"
_COLOURS = {"read": "#c3bdb2", "removed": "#8a8277", "kept": "#1b7468"}
_FONT = "Liberation Sans"  # comes with the library, so that no machine's fonts change the picture


def draw_funnel(report: Report) -> bytes:
    """PNG image of the funnel, twice as fine as it is shown."""
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(describe_funnel(report), scale=2))


def describe_funnel(report: Report) -> dict[str, Any]:
    """The picture in Vega-Lite."""
    last = len(report.funnel) - 1
    values = [
        {
            "name": step.name,
            "begin": 0 if at in {0, last} else step.left,
            "end": step.left + (0 if at in {0, last} else step.removed),
            "rows": step.left if at in {0, last} else step.removed,
            "kind": "kept" if at == last else "removed" if at else "read",
        }
        for at, step in enumerate(report.funnel)
    ]
    y = {"field": "name", "type": "nominal", "sort": None, "title": None}
    widest = max(report.funnel[0].left, 1) * 1.15
    x = {"type": "quantitative", "title": None, "scale": {"nice": False, "domainMax": widest}}
    colour = {"domain": [*_COLOURS], "range": [*_COLOURS.values()]}
    bar = {
        "x": {"field": "begin", **x, "axis": {"tickCount": 5, "format": "~s"}},
        "x2": {"field": "end"},
        "color": {"field": "kind", "type": "nominal", "legend": None, "scale": colour},
    }
    text = {"x": {"field": "end", **x}, "text": {"field": "rows", "format": ","}}
    axis = {"domain": False, "ticks": False, "gridColor": _LINE, "labelColor": _QUIET, "labelFontSize": 12}
    return {
        "width": 560,
        "height": 26 * len(values),
        "background": "white",
        "padding": 12,
        "data": {"values": values},
        "encoding": {"y": y},
        "layer": [
            {"mark": {"type": "bar", "height": {"band": 0.65}}, "encoding": bar},
            {"mark": {"type": "text", "align": "left", "dx": 5, "color": _INK}, "encoding": text},
        ],
        "config": {"font": _FONT, "view": {"stroke": None}, "axis": axis, "axisY": {"grid": False}},
    }
