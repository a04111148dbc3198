"""docs/columns.md: every column and key there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from schemas.example import CANONICAL, CURATED_COLUMNS, PREFIX
from schemas.release import Counts, Manifest
from schemas.verdict import EDGES, LEDGER

PAGE = (Path(__file__).parents[2] / "docs" / "columns.md").read_text("utf-8")
TYPES = {"float": "float", "double": "double", "list of string": "list<item: string>"}


def table(section: str) -> list[list[str]]:
    """Cells of the rows of a section's table, without its head."""
    (text,) = re.findall(rf"^## {section}[^\n]*\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return [re.split(r" *\| *", line.strip("| ")) for line in text.splitlines() if line.startswith("| `")]


def names(section: str) -> list[str]:
    return [name for row in table(section) for name in re.findall(r"`([^`]+)`", row[0])]


def test_every_column() -> None:
    assert names("verdicts") == LEDGER.names
    assert sorted(names("duplicates")) == sorted(EDGES.names)
    made = [f"{PREFIX}{name}" for name in (*CANONICAL.names, *CURATED_COLUMNS)]
    assert sorted(names("curated")) == sorted(made)


@pytest.mark.parametrize("section", ["verdicts", "duplicates"])
def test_types_are_those_of_the_schemas(section: str) -> None:
    schema = {"verdicts": LEDGER, "duplicates": EDGES}[section]
    for row in table(section):
        found = re.findall(r"`([^`]+)`", row[0])
        told = row[1].split(", ") if ", " in row[1] else [row[1]] * len(found)
        assert [str(schema.field(name).type) for name in found] == [TYPES.get(kind, kind) for kind in told]


def test_every_key_of_the_manifest() -> None:
    keys = {name for name in Manifest.model_fields if name != "counts"}
    keys |= {f"counts.{name}" for name in Counts.model_fields}
    assert set(names("manifest.json")) == keys
