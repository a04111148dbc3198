"""The card's picture: each step a bar from where it begins to where it ends, names as they are written."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from pipelines.report import draw_funnel
from pipelines.report.picture import render_funnel
from schemas.report import Report

SVG = "{http://www.w3.org/2000/svg}"
PNG = b"\x89PNG\r\n\x1a\n"


def steps(svg: str) -> list[tuple[str, float, float, str]]:
    """Name, begin and end of each bar, and what stands beside it."""
    found = []
    for group in ET.fromstring(svg).iter(f"{SVG}g"):  # noqa: S314 — our own
        name, rows = group.findall(f"{SVG}text")
        bar = group.find(f"{SVG}rect")
        assert bar is not None
        begin = float(bar.get("x", ""))
        found.append((name.text or "", begin, begin + float(bar.get("width", "")), rows.text or ""))
    return found


def test_each_bar_ends_where_the_next_begins(mixed: Report) -> None:
    found = steps(render_funnel(mixed))
    assert [name for name, *_ in found] == [step.name for step in mixed.funnel]
    (_, left, right, whole), *removed, (_, first, last, kept) = found
    assert first == left
    assert (whole, kept) == (str(mixed.funnel[0].left), str(mixed.funnel[-1].left))
    edge = right
    for _, begin, end, _rows in removed:
        assert abs(end - edge) < 0.11
        edge = begin
    assert abs(last - edge) < 0.11
    assert abs((last - left) / (right - left) - mixed.funnel[-1].left / mixed.funnel[0].left) < 0.001


def test_names_are_data(mixed: Report) -> None:
    step = mixed.funnel[1].model_copy(update={"name": "</text><script>'\u202e" + "x" * 60})
    funnel = (mixed.funnel[0], step, *mixed.funnel[2:])
    name = steps(render_funnel(mixed.model_copy(update={"funnel": funnel})))[1][0]
    assert name.startswith("</text><script>'")
    assert "\u202e" not in name
    assert len(name) < 60


def test_a_picture_of_no_rows(empty: Report) -> None:
    assert draw_funnel(empty).startswith(PNG)


def test_a_picture_is_the_same_each_time(mixed: Report) -> None:
    assert draw_funnel(mixed) == draw_funnel(mixed)
