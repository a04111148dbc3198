"""What the page says holds for what it shows, at any width and with a filter; and nothing is cut unseen."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from pipelines.report import render_comparison
from schemas.report import Report
from tests.browser.conftest import Open
from tests.releases import Sampled

PAGES = ["sample_page", "real_page"]
WIDTHS = [400, 1300]

FIGURES_UNSAID = r"""() => [...document.querySelectorAll('.lead, main p, h3, dd.small')]
  .filter((node) => !node.closest('.excerpt') && /\d/.test(node.textContent))
  .filter((node) => !/of all rows/i.test(node.textContent + getComputedStyle(node, '::after').content))
  .map((node) => node.dataset.share || node.textContent)"""
CUT_TEXTS = """() => [...document.querySelectorAll('.chart svg')].flatMap((svg) => {
  const room = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter((text) => text.textContent).filter((text) => {
    const box = text.getBoundingClientRect();
    return box.right > room.right + 2 || box.left < room.left - 2;
  }).map((text) => svg.closest('.chart').dataset.chart + ': ' + text.textContent);
})"""
GAPS = """(name) => {
  const labels = [...document.querySelectorAll(`[data-chart=${name}] .role-legend-label text`)];
  const boxes = labels.filter((text) => text.textContent).map((text) => text.getBoundingClientRect());
  boxes.sort((a, b) => a.left - b.left);
  return boxes.slice(1).map((box, at) => box.left - boxes[at].right);
}"""
OPEN = "document.querySelectorAll('details').forEach((node) => { node.open = true; })"


@pytest.fixture
def path(request: pytest.FixtureRequest) -> Path:
    """Page of the name that the test is given."""
    found: Path = request.getfixturevalue(request.param)
    return found


def labels(page: Page, chart: str) -> list[str]:
    return page.locator(f"[data-chart={chart}] .role-axis-label text").all_text_contents()


def test_what_a_filter_does_not_change_says_so(open_page: Open, sample_page: Path) -> None:
    page = open_page(sample_page, 1300).page
    small = page.locator("[data-share=input]")
    files = small.inner_text()
    page.select_option("select[name=language]", label="ja")
    page.wait_for_function("pending.size === 0")
    assert page.evaluate(FIGURES_UNSAID) == ["curated", "rejected", "duplicate"]
    assert re.fullmatch(r"\d+\.\d% of all rows", small.inner_text())
    assert page.locator("#sources td").last.text_content() == "-"
    assert [name for name in labels(page, "languages") if "%" not in name] == ["ja"]
    page.select_option("select[name=language]", value="")
    assert small.inner_text() == files
    assert page.locator("#sources td").last.text_content() == "0"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES, indirect=True)
def test_what_is_not_drawn_is_told(open_page: Open, path: Path, width: int) -> None:
    page = open_page(path, width).page
    said = page.locator("#figure-costs figcaption").inner_text()
    marked = page.locator("#costs tr.marked").count()
    assert f"{marked} stand out" in said
    dots = page.locator("[data-chart=costs] .mark-symbol path").count()
    assert dots == marked or f"{dots} of {marked} dots" in said
    tasks = page.locator("#verbs tbody tr").count()
    drawn = len([name for name in labels(page, "verbs") if "%" not in name])
    note = page.locator("#note-verbs").inner_text()
    assert note == ("" if drawn == tasks else f"Drawn: {drawn} of {tasks} tasks. The table has more.")


@pytest.mark.parametrize("width", WIDTHS)
def test_every_language_of_the_sample_meets_its_tasks(
    open_page: Open, sample_page: Path, sampled: Sampled, width: int
) -> None:
    page = open_page(sample_page, width).page
    kept = {share.name for share in sampled.release.report.languages if share.curated}
    assert {*labels(page, "task-language")} >= kept
    assert "a stronger colour has more" in page.locator("#figure-task-language figcaption").inner_text()


@pytest.mark.parametrize("width", [*WIDTHS, 640])
@pytest.mark.parametrize("path", PAGES, indirect=True)
def test_no_text_of_a_picture_is_cut_or_covered(open_page: Open, path: Path, width: int) -> None:
    page = open_page(path, width).page
    assert page.evaluate(CUT_TEXTS) == []
    for chart in ("task-language", "task-source", "costs"):
        gaps = page.evaluate(GAPS, chart)
        assert gaps
        assert min(gaps) >= 4, chart


def test_the_middle_of_a_logarithmic_scale_is_far_from_its_ends(open_page: Open, sample_page: Path) -> None:
    page = open_page(sample_page).page
    for most in (2, 9, 10, 14, 31, 32, 600, 10**4, 3 * 10**7):
        none, middle, last = page.evaluate("(most) => decades([0, most])", most)
        assert (none, last) == (0, most)
        assert 0.15 < math.log1p(middle) / math.log1p(most) < 0.75
    assert page.evaluate("decades([])") == [0, 1]


@pytest.mark.parametrize("path", PAGES, indirect=True)
def test_no_column_is_cut_on_a_wide_page(open_page: Open, path: Path) -> None:
    page = open_page(path, 1300).page
    page.evaluate(OPEN)
    cut = "[...document.querySelectorAll('.scroll')].filter((node) => node.scrollWidth > node.clientWidth)"
    assert page.evaluate(f"{cut}.map((node) => node.firstElementChild.id)") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_table_that_goes_on_has_a_shade_at_its_edge(
    open_page: Open, sampled: Sampled, tmp_path: Path, scheme: str
) -> None:
    report: Report = sampled.release.report
    path = tmp_path / "both.html"
    path.write_text(render_comparison(report, report), "utf-8")
    page = open_page(path, 1300, scheme).page
    box = page.locator("#figure-beside-lengths .scroll")
    assert box.evaluate("(node) => node.scrollHeight > node.clientHeight")
    box.locator("table").evaluate("(node) => { node.style.visibility = 'hidden'; }")
    above = box.screenshot()
    box.evaluate("(node) => { node.scrollTop = (node.scrollHeight - node.clientHeight) / 2; }")
    between = box.screenshot()
    box.evaluate("(node) => { node.scrollTop = node.scrollHeight; }")
    below = box.screenshot()
    box.evaluate("(node) => { node.style.background = 'none'; }")
    assert len({above, between, below, box.screenshot()}) == 4
