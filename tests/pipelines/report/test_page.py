"""The HTML page: its numbers, its safety, and that it needs nothing beside it."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import pytest

from pipelines.report import render_comparison, render_html
from pipelines.report.moved import measure_all
from pipelines.report.sentences import sentences
from schemas.report import Moved, Report

SCRIPTS = 3  # the report as JSON, the plotting library, and the page's own
Cells = list[list[str]]


class Page(HTMLParser):
    """Tags and attributes of a page, and its tables by id: rows of texts, exact numbers where there are."""

    def __init__(self, text: str) -> None:
        """Read the page."""
        super().__init__()
        self.tables: dict[str, Cells] = {}
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self._table: Cells = []
        self._data: str | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, and begin a table, row or cell."""
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)
        if tag == "table":
            self._table = self.tables[str(dict(attrs)["id"])] = []
        elif tag == "tr":
            self._table.append([])
        elif tag in {"td", "th"}:
            self._table[-1].append("")
        elif tag == "data":
            self._data = dict(attrs)["value"]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that holds nothing."""
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost tag."""
        assert self.open.pop() == tag
        if tag == "data":
            self._data = None

    def handle_data(self, data: str) -> None:
        """Add text, or the exact number around it, to a cell."""
        if self.open and self.open[-1] == "script":
            return
        if {"td", "th"} & set(self.open) and "small" not in self.open:
            self._table[-1][-1] += self._data or data.strip()


def without_library(text: str) -> str:
    """The page without the scripts that it carries."""
    return re.sub("<script>.*?</script>", "", text, flags=re.DOTALL)


def numbers(table: Cells) -> dict[str, list[float]]:
    """Whole and fractional numbers of each row, by its name; percentages left out."""
    return {
        cells[0]: [float(cell) for cell in cells[1:] if re.fullmatch(r"[\d.]+", cell)] for cells in table[1:]
    }


def test_numbers_are_those_of_the_report(mixed: Report) -> None:
    tables = {name: numbers(table) for name, table in Page(render_html(mixed)).tables.items()}
    assert tables["rules"] == {rule.name: [rule.all, rule.alone, rule.first] for rule in mixed.rules}
    assert tables["flags"] == {flag.name: [flag.all, flag.kept] for flag in mixed.flags}
    for name, shares in (
        ("verbs", mixed.verbs),
        ("categories", mixed.categories),
        ("languages", mixed.languages),
    ):
        assert tables[name] == {share.name: [share.input, share.curated] for share in shares}
    steps = mixed.funnel
    assert tables["funnel"] == {
        step.name: [step.left] if step in {steps[0], steps[-1]} else [step.removed, step.left]
        for step in steps
    }
    sources = [[s.input, s.rejected, s.duplicate, s.curated, s.lost] for s in mixed.sources]
    assert list(tables["sources"].values()) == sources


def test_lengths_are_those_of_the_report(article: Report) -> None:
    found = numbers(Page(render_html(article)).tables["lengths"])
    output = article.curated.output
    quantiles = [output.p5, output.p25, output.p50, output.p75, output.p95, output.p99]
    assert found["output, kept"] == [output.rows, output.min, *quantiles, output.max, output.mean]
    assert ">93.2</data>" in render_html(article)


def test_lengths_in_tokens_and_by_task_are_those_of_the_report(article: Report) -> None:
    tables = {name: numbers(table) for name, table in Page(render_html(article)).tables.items()}
    tokens = article.curated.token_lengths
    assert tokens is not None
    assert tables["tokens"]["whole, kept"][:2] == [6, tokens.whole.min]
    assert tables["tokens"]["whole, kept"][-2:] == [tokens.whole.max, tokens.whole.mean]
    for task in article.task_lengths:
        for name, quartiles, mean in (
            ("task-lengths", task.output_chars_quartiles, task.kept_output),
            ("task-tokens", task.output_tokens_quartiles, task.kept_output_tokens),
        ):
            assert quartiles is not None
            found = tables[name][f"{task.verb}, output"]
            assert found == [task.kept, quartiles.p25, quartiles.p50, quartiles.p75, mean]


def test_scale_and_overlaps_are_those_of_the_report(mixed: Report) -> None:
    tables = {name: numbers(table) for name, table in Page(render_html(mixed)).tables.items()}
    for name in ("rows", "characters", "tokens, about"):
        sides = [getattr(side, name.removesuffix(", about")) for side in (mixed.input, mixed.curated)]
        assert tables["scale"][name][:2] == sides
    assert tables["overlaps"] == {overlap.one: [overlap.rows] for overlap in mixed.overlaps}


def test_similarities_and_clusters_are_those_of_the_report(mixed: Report) -> None:
    tables = Page(render_html(mixed)).tables
    for name, bars in (
        ("similarity", mixed.duplicates.similarity),
        ("clusters", mixed.duplicates.clusters.sizes),
    ):
        assert [row[-1] for row in tables[name][1:]] == [str(bar.rows) for bar in bars]


def test_hostile_names_show_as_text(mixed: Report) -> None:
    text = render_html(mixed)
    page = Page(text)
    assert not {"img", "iframe", "a"} & set(page.tags)
    assert page.tags.count("script") == SCRIPTS
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;" in text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]", without_library(text))
    assert any(row[0].startswith("</script>") for row in page.tables["sources"])


def test_a_hostile_release_name_shows_as_text(mixed: Report, hostile: str) -> None:
    page = Page(
        render_html(mixed.model_copy(update={"release": hostile, "profile": hostile, "digest": hostile}))
    )
    assert "img" not in page.tags


@pytest.mark.parametrize("report", ["article", "empty", "mixed"])
def test_page_is_whole_and_fetches_nothing(report: str, request: pytest.FixtureRequest) -> None:
    page = Page(render_html(request.getfixturevalue(report)))
    assert not page.open
    assert not {name for name, _ in page.attributes} & {"src", "href", "srcset"}
    assert "link" not in page.tags
    assert page.tags.count("script") == SCRIPTS
    counts = {page.tags.count(tag) for tag in ("figure", "figcaption", "table")} | {len(page.tables)}
    assert len(counts) == 1


def test_a_long_tail_folds_into_one_row(mixed: Report) -> None:
    one = mixed.languages[0]
    many = tuple(one.model_copy(update={"name": f"l{n}", "input": 1, "curated": 1}) for n in range(40))
    found = numbers(Page(render_html(mixed.model_copy(update={"languages": many}))).tables["languages"])
    assert found["16 others"] == [16, 16]
    assert len(found) == 25


def test_one_report_gives_one_page(mixed: Report) -> None:
    assert render_html(mixed) == render_html(Report.model_validate_json(mixed.model_dump_json()))


def test_two_reports_stand_side_by_side(mixed: Report, article: Report) -> None:
    page = Page(render_comparison(mixed, article))
    assert not page.open
    assert numbers(page.tables["rows"])["kept"] == [mixed.rows.kept, article.rows.kept]
    steps = {cells[0]: cells[1:3] for cells in page.tables["steps"][1:]}
    assert steps == {step.name: [str(step.removed), "0"] for step in mixed.funnel[1:-1]}


def test_changes_are_those_of_the_numbers_beside_them(mixed: Report) -> None:
    even = next(index for index in mixed.indices if (index.name, index.scope) == ("language", "curated"))
    sides = [
        mixed.model_copy(update={"indices": (even.model_copy(update={"effective": number}),)})
        for number in (1.23, 1.27)
    ]
    assert '>1.23</data></td><td><data value="1.27">1.27</data></td><td>+0.04<' in render_comparison(*sides)


def test_where_nothing_moved_words_say_so(mixed: Report) -> None:
    moved = Moved(
        release="0001",
        digest="0",
        kept_before=mixed.rows.kept,
        kept=mixed.rows.kept,
        stayed=None,
        entered=None,
        left=None,
        drift=measure_all(mixed, mixed),
    )
    text = without_library(render_html(mixed.model_copy(update={"moved": moved})))
    assert "No distribution moved." in text
    assert 'data-chart="drift"' not in text


def test_a_rule_is_not_said_to_have_kept_rows_out_alone(mixed: Report) -> None:
    said = sentences(mixed)["rules"]
    assert said == "Instruction too short marked most, 2 rows; no other rule rejects 1 of them."


def test_the_page_may_fetch_nothing_and_go_nowhere(mixed: Report) -> None:
    for page in (render_html(mixed), render_comparison(mixed, mixed)):
        assert "default-src 'none'; base-uri 'none'; form-action 'none'; " in unescape(page)
