"""The dataset card: its front matter, its funnel and its safety."""

from __future__ import annotations

import re

import pytest
import yaml

from pipelines.report import render_card
from pipelines.report.card import escape, name_size
from schemas.report import Report


def front(card: str) -> dict[str, object]:
    """Front matter of a card."""
    _, text, _ = card.split("---\n", 2)
    matter: dict[str, object] = yaml.safe_load(text)
    return matter


def test_front_matter_says_where_the_data_is(mixed: Report) -> None:
    matter = front(render_card(mixed))
    files = [{"split": "train", "path": "curated/*.parquet"}]
    assert matter["configs"] == [{"config_name": "default", "data_files": files}]
    assert matter["size_categories"] == ["n<1K"]
    assert matter["task_categories"] == ["text-generation"]
    assert matter["language"] == ["en", "de", "zh"]


def test_front_matter_leaves_out_languages_that_are_none(mixed: Report) -> None:
    shares = [mixed.languages[0].model_copy(update={"name": name}) for name in (None, "und", "fr")]
    matter = front(render_card(mixed.model_copy(update={"languages": tuple(shares)})))
    assert matter["language"] == ["fr"]


def test_front_matter_of_no_rows_names_no_language(empty: Report) -> None:
    assert "language" not in front(render_card(empty))


@pytest.mark.parametrize(
    ("rows", "size"),
    [(999, "n<1K"), (1000, "1K<n<10K"), (99_999, "10K<n<100K"), (10**6, "1M<n<10M"), (10**13, "n>1T")],
)
def test_size_categories(rows: int, size: str) -> None:
    assert name_size(rows) == size


def test_funnel_is_that_of_the_report(mixed: Report) -> None:
    rows = re.findall(r"^\| (\S+) \| (\d+) \| [\d.]+% \| (\d+) \|$", render_card(mixed), re.MULTILINE)
    steps = mixed.funnel[1:-1]
    assert rows == [(escape(step.name), str(step.removed), str(step.left)) for step in steps]


def test_names_from_data_stay_text(mixed: Report, hostile: str) -> None:
    share = mixed.verbs[0].model_copy(update={"name": hostile})
    card = render_card(mixed.model_copy(update={"verbs": (share,), "release": hostile}))
    body = card.split("---\n", 2)[2]
    assert "<img" not in body.replace(r"\<img", "")
    lines = [line for line in body.splitlines() if "onerror" in line and line.startswith("|")]
    assert len(lines) == 1
    assert len(re.findall(r"(?<!\\)\|", lines[0])) == 5


def test_card_of_no_rows_renders(empty: Report) -> None:
    card = render_card(empty)
    assert "0 examples" in card
    assert "None" not in card
