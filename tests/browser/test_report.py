"""The report as a browser shows it: whole, silent, safe, and true to its numbers at any width."""

from __future__ import annotations

import csv
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from schemas.recipe import Measure
from tests.browser.conftest import Open
from tests.releases import Release, Sampled

PAGES = ["sample_page", "real_page", "refreshed_page", "counted_page", "hostile_page"]
WIDTHS = [390, 1440]
QUANTILES = ["p5", "p25", "p50", "p75", "p95", "p99"]
A4 = {"width": 688, "height": 1001}  # what is left of a sheet within the margins, at 96 dots an inch

EMPTY_CHARTS = """() => [...document.querySelectorAll('.chart')].filter((chart) => {
  const kinds = ["rect", "symbol", "area", "line"].map((kind) => `[class*="mark-${kind}"] path`);
  const boxes = [...chart.querySelectorAll(kinds)].map((mark) => mark.getBoundingClientRect());
  return !boxes.some((box) => box.width > 0 && box.height > 0);
}).map((chart) => chart.dataset.chart)"""
CUT_CHARTS = """() => [...document.querySelectorAll('.chart svg')].filter((svg) => {
  const box = svg.getBoundingClientRect(), room = svg.closest('.chart').getBoundingClientRect();
  return box.right > room.right + 1 || box.bottom > room.bottom + 1 || room.width === 0;
}).map((svg) => svg.closest('.chart').dataset.chart)"""
CHANGED = "(before) => document.querySelector('[data-chart=verbs]').innerHTML !== before"
NOTE_COPIES = "document.addEventListener('copy', () => { window.copied = document.activeElement.value; })"
CELLS = """() => Object.fromEntries([...document.querySelectorAll('table[id]')].map((table) => [table.id,
  [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()))]))"""


class Tables(HTMLParser):
    """Texts of the body cells of each table of a page, by its id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self._rows: list[list[str]] | None = None
        self._cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._id = str(dict(attrs)["id"])
        elif tag == "tbody":
            self._rows = self.tables[self._id] = []
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in {"td", "th"} and self._rows is not None:
            self._rows[-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "tbody":
            self._rows = None
        elif tag in {"td", "th"}:
            self._cell = False

    def handle_data(self, data: str) -> None:
        if self._cell and self._rows is not None:
            self._rows[-1][-1] += data


def tile(page: Page, name: str) -> int:
    return int(page.locator(f"[data-tile={name}] data").get_attribute("value") or -1)


@pytest.fixture
def path(request: pytest.FixtureRequest) -> Path:
    """Page of the name that the test is given."""
    found: Path = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES, indirect=True)
def test_it_is_whole_and_silent(open_page: Open, path: Path, width: int) -> None:
    opened = open_page(path, width)
    assert opened.said == []
    assert opened.asked == [path.as_uri()]
    assert opened.page.evaluate(EMPTY_CHARTS) == []
    assert opened.page.evaluate(CUT_CHARTS) == []
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.page.locator(".chart").count() >= 20


@pytest.mark.parametrize("path", ["old_page", "empty_page"], indirect=True)
def test_it_draws_what_there_is(open_page: Open, path: Path, request: pytest.FixtureRequest) -> None:
    opened = open_page(path)
    assert opened.said == []
    assert "rows" in opened.page.locator(".lead").inner_text()
    if "old" in request.node.name:
        assert opened.page.evaluate(EMPTY_CHARTS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES[:1], indirect=True)
def test_no_serious_violation_of_accessibility(open_page: Open, path: Path, scheme: str) -> None:
    page = open_page(path, 1440, scheme).page
    page.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    found = Axe().run(page).response["violations"]
    grave = [entry for entry in found if entry["impact"] in {"serious", "critical"}]
    assert [(entry["id"], entry["nodes"][0]["html"][:200]) for entry in grave] == []


def test_numbers_stay_those_of_the_page_as_it_was_written(open_page: Open, sample_page: Path) -> None:
    written = Tables(sample_page.read_text("utf-8")).tables
    shown: dict[str, Any] = open_page(sample_page).page.evaluate(CELLS)
    assert len(written) >= 20
    for name, rows in written.items():
        if not name.startswith("task-"):
            assert shown[name] == [[cell.strip() for cell in row] for row in rows], name


def test_a_filter_changes_the_numbers_and_pictures(
    open_page: Open, sample_page: Path, sampled: Sampled
) -> None:
    page = open_page(sample_page).page
    before = page.locator("[data-chart=verbs]").inner_html()
    page.select_option("select[name=language]", label="de")
    page.wait_for_function(
        "(before) => document.querySelector('[data-chart=verbs]').innerHTML !== before", arg=before
    )
    of = [line for line in sampled.release.lines() if line["language"] == "de"]
    kinds = ("kept", "rejected", "duplicate")
    verdicts = [sum(line["verdict"] == kind for line in of) for kind in kinds]
    assert tile(page, "input") == len(of)
    assert [tile(page, name) for name in ("curated", *kinds[1:])] == verdicts
    cells = page.evaluate(CELLS)
    exact = sum(line["verdict"] == "duplicate" and line["exact"] for line in of)
    funnel = {row[0].split("Equal")[0]: row for row in cells["funnel"]}
    assert funnel["exact_duplicate"][1] == f"{exact:,}"
    verbs = {row[0]: row for row in cells["verbs"]}
    kept = sum(line["verb"] == "write" and line["verdict"] == "kept" for line in of)
    assert verbs["write"][3] == f"{kept:,}"
    page.select_option("select[name=language]", value="")
    assert tile(page, "input") == sampled.release.report.rows.found


def test_tables_sort(open_page: Open, sample_page: Path) -> None:
    page = open_page(sample_page).page
    page.locator("#figure-verbs summary").click()
    header = page.locator("#verbs thead th").nth(3)
    header.locator("button").click()
    counts = [int(row[3].replace(",", "")) for row in page.evaluate(CELLS)["verbs"]]
    assert counts == sorted(counts, reverse=True)
    assert header.get_attribute("aria-sort") == "descending"


def test_a_table_downloads_as_csv(open_page: Open, sample_page: Path, sampled: Sampled) -> None:
    page = open_page(sample_page).page
    page.locator("#figure-rules summary").click()
    with page.expect_download() as waiting:
        page.locator("button.csv[data-table=rules]").click()
    with Path(waiting.value.path()).open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert waiting.value.suggested_filename == "rules.csv"
    rules = sampled.release.report.rules
    assert [(line[0], int(line[1]), int(line[3])) for line in lines[1:]] == [
        (rule.name, rule.all, rule.alone) for rule in rules
    ]


def test_no_cell_of_a_download_is_a_formula(open_page: Open, hostile_page: Path) -> None:
    page = open_page(hostile_page).page
    files = page.evaluate("[...document.querySelectorAll('table[id]')].map(csv)")
    cells = [cell for file in files for line in csv.reader(file.splitlines()) for cell in line]
    assert sum("HYPERLINK" in cell for cell in cells) > 5
    assert not [cell for cell in cells if cell.startswith(("=", "@"))]


def test_lengths_are_counted_by_the_tokenizer(open_page: Open, counted_page: Path, counted: Release) -> None:
    page = open_page(counted_page).page
    report = counted.report
    kept = report.curated.token_lengths
    assert kept is not None
    assert report.tokenizer is not None
    said = page.locator("#figure-tokens figcaption p").inner_text()
    assert f"half {kept.whole.p50:,} in all" in said
    assert f"counted by the tokenizer {report.tokenizer[:12]}" in said
    cells = {row[0]: row[1:] for row in page.evaluate(CELLS)["tokens"]}
    figures = [kept.whole.rows, kept.whole.min, *(getattr(kept.whole, name) for name in QUANTILES)]
    assert cells["whole, kept"][:-2] == [f"{figure:,}" for figure in figures]
    medians = page.locator("[data-chart=tokens] .mark-text.role-mark text").all_text_contents()
    fields = (kept.instruction, kept.input, kept.output, kept.whole)
    assert medians == [f"{field.p50:,}" for field in fields]
    assert page.locator("#figure-task-tokens .mark-rect path").count() >= 20
    page.locator("#figure-task-tokens summary").click()
    with page.expect_download() as waiting:
        page.locator("button.csv[data-table=task-tokens]").click()
    with Path(waiting.value.path()).open(encoding="utf-8", newline="") as file:
        lines = {line[0]: line[1:] for line in csv.reader(file)}
    task = next(task for task in report.task_lengths if task.verb == "write")
    assert task.output_tokens_quartiles is not None
    assert lines["write, output"][:4] == [
        str(task.kept),
        *map(str, dict(task.output_tokens_quartiles).values()),
    ]


def test_without_a_tokenizer_the_page_says_so(open_page: Open, sample_page: Path) -> None:
    page = open_page(sample_page).page
    assert "taken for four characters each" in page.locator("#figure-tokens figcaption p").inner_text()
    assert page.locator("#tiles dt").last.inner_text() == "Tokens kept, about"


def test_every_picture_and_table_has_its_words_and_numbers(open_page: Open, real_page: Path) -> None:
    page = open_page(real_page).page
    figures = """() => [...document.querySelectorAll('figure')].map((node) => [node.id,
      node.querySelectorAll('table').length, node.querySelectorAll('button.csv').length,
      node.querySelector('figcaption p').textContent.trim().length])"""
    found = page.evaluate(figures)
    assert len(found) >= 25
    assert [figure for figure in found if figure[1:3] != [1, 1] or figure[3] < 20] == []


def test_on_paper_rows_of_text_keep_their_headings(open_page: Open, sample_page: Path) -> None:
    page = open_page(sample_page).page
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#examples summary").first.is_visible()
    assert not page.locator("#figure-rules summary").is_visible()
    assert page.locator("#rules").is_visible()


def test_a_record_id_is_copied(open_page: Open, sample_page: Path) -> None:
    page = open_page(sample_page).page
    page.evaluate(
        "document.addEventListener('copy', () => { window.copied = document.activeElement.value; })"
    )
    page.locator("#examples summary").first.click()
    button = page.locator("#examples button.copy").first
    wanted = button.get_attribute("data-copy")
    button.click()
    assert page.evaluate("window.copied") == wanted


def test_a_mark_says_its_value(open_page: Open, sample_page: Path) -> None:
    page = open_page(sample_page).page
    page.locator("[data-chart=verbs] .mark-rect path").nth(1).hover()
    page.wait_for_selector("#vg-tooltip-element.visible")
    assert "count" in page.locator("#vg-tooltip-element").inner_text()


def test_in_the_dark_it_is_dark(open_page: Open, sample_page: Path) -> None:
    page = open_page(sample_page, 1440, "dark").page
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, background[4:-1].split(","))) < 60
    light = open_page(sample_page).page
    fill = "document.querySelector('[data-chart=inputs] .mark-rect path').getAttribute('fill')"
    assert page.evaluate(fill) != light.evaluate(fill)


@pytest.mark.parametrize("path", PAGES[:3], indirect=True)
def test_on_paper_no_picture_is_cut(open_page: Open, path: Path) -> None:
    page = open_page(path).page
    page.emulate_media(media="print")
    page.set_viewport_size({"width": A4["width"], "height": A4["height"]})
    page.wait_for_timeout(1000)
    assert page.evaluate(CUT_CHARTS) == []
    tall = "[...document.querySelectorAll('.picture')].map((node) => node.getBoundingClientRect().height)"
    assert max(page.evaluate(tall)) < A4["height"]
    split = "[...document.querySelectorAll('.picture')].map((node) => getComputedStyle(node).breakInside)"
    assert set(page.evaluate(split)) == {"avoid"}


def test_hostile_rows_show_as_text(open_page: Open, hostile_page: Path) -> None:
    opened = open_page(hostile_page, 390)
    page = opened.page
    page.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    assert page.evaluate("window.ran") is None
    assert page.locator("img").count() == 0
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    text = page.locator("#examples").inner_text()
    assert "<img src=x onerror=" in text
    assert "{{ 7*7 }}" in text
    assert not set(text) & set("\u202e\u202c\u2066\u2069\x1b")
    assert opened.said == []


def test_what_moved_is_told_and_drawn(open_page: Open, refreshed_page: Path) -> None:
    page = open_page(refreshed_page).page
    assert "Since release 0001 it went from " in page.inner_text("body")
    assert page.locator("#figure-drift svg, #figure-drift canvas").count() == 1
    assert page.locator("#drift tbody tr").count() == len(get_args(Measure))


def test_two_releases_side_by_side(open_page: Open, sampled: Sampled, tmp_path: Path) -> None:
    from pipelines.report import render_comparison

    report = sampled.release.report
    path = tmp_path / "both.html"
    path.write_text(render_comparison(report, report), "utf-8")
    opened = open_page(path)
    assert opened.said == []
    assert opened.page.evaluate(EMPTY_CHARTS) == []
    assert "same" in opened.page.locator(".lead").inner_text()
    rows = {row[0]: row[1:] for row in opened.page.evaluate(CELLS)["rows"]}
    assert rows["kept"] == [f"{report.rows.kept:,}", f"{report.rows.kept:,}", "0"]
    assert json.loads(opened.page.locator("#report").text_content() or "")["sides"][0]["rows"]["kept"]
