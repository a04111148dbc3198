"""The report's shape: described throughout, frozen and strict."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from schemas import diversity, report
from schemas.frozen import Frozen
from schemas.report import REPORT_VERSION, Bin, json_schema

PUBLISHED = Path(__file__).parents[2] / "docs" / "report.schema.json"


def parts() -> list[type[Frozen]]:
    """Every class of the report."""
    there = {**vars(report), **vars(diversity)}.values()
    return [one for one in there if isinstance(one, type) and issubclass(one, Frozen) and one is not Frozen]


@pytest.mark.parametrize("part", parts())
def test_every_key_is_described_in_one_sentence(part: type[Frozen]) -> None:
    for name, field in part.model_fields.items():
        assert re.fullmatch(r"\S[^\n]*\.", field.description or ""), name


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="colour"):
        Bin.model_validate({"low": 0, "high": 1, "rows": 2, "colour": "red"})


def test_a_part_does_not_change() -> None:
    one: Any = Bin(low=0, high=1, rows=2)
    with pytest.raises(ValidationError, match="frozen"):
        one.rows = 3


def test_the_version_is_in_the_schema() -> None:
    assert json_schema()["properties"]["version"]["default"] == REPORT_VERSION


def test_the_published_schema_is_that_of_the_model() -> None:
    published = json.loads(PUBLISHED.read_text("utf-8"))
    assert published == json_schema(), f"renew it: tamis report --schema > {PUBLISHED}"
