"""The page on rules, held to the definitions it is made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.rule_page import rule_page
from schemas.reason import Reason

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
UPDATE = "python -m pytest tests/pipelines/test_rule_page.py --update-golden"


def test_the_page_is_made_from_the_definitions(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        PAGE.write_text(rule_page(), "utf-8")
    assert PAGE.read_text("utf-8") == rule_page(), f"the page is not up to date; run\n{UPDATE}"


def test_every_reason_is_on_it() -> None:
    assert [reason.value for reason in Reason if f"| `{reason.value}` |" not in rule_page()] == []
