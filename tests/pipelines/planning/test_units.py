"""Units cover every row of the input once, in order, whatever their size."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.planning import plan_run
from schemas.plan import Plan
from schemas.recipe import Recipe
from tests.releases import recipe_for
from tests.rows import ask_all, write_rows

GROUPS = (10, 7, 25)
ROWS = 60


@pytest.fixture
def pattern(tmp_path: Path) -> str:
    for at, size in enumerate(GROUPS):
        write_rows(tmp_path / f"{at}.parquet", ask_all(ROWS), row_group_size=size)
    return f"{tmp_path}/*.parquet"


def plan(recipe: Recipe, unit_bytes: int) -> Plan:
    return plan_run(recipe, None, unit_bytes, None)


@pytest.mark.parametrize("unit_bytes", [1, 100, 700, 1500, 1 << 20])
@pytest.mark.parametrize("cap", [None, 1, 65, 100, 1000])
def test_rows_are_covered_once_in_order(pattern: str, unit_bytes: int, cap: int | None) -> None:
    source = {"name": "input", "input": pattern, "max_rows": cap}
    found = plan(recipe_for("", sources=[source]), unit_bytes)
    rows = [(unit.file, unit.first_row + at) for unit in found.units for at in range(unit.rows)]
    every = [(file, row) for file in range(len(GROUPS)) for row in range(ROWS)]
    assert rows == every[:cap]
    assert [unit.index for unit in found.units] == list(range(len(found.units)))


@pytest.mark.parametrize("unit_bytes", [1, 700, 1500])
def test_units_begin_where_their_row_groups_do(pattern: str, unit_bytes: int) -> None:
    for unit in plan(recipe_for(pattern), unit_bytes).units:
        starts = [0, *(at * GROUPS[unit.file] for at in range(1, 10))]
        assert unit.first_row == starts[unit.groups[0]] + unit.skip


def test_units_are_as_large_as_asked(pattern: str) -> None:
    whole = plan(recipe_for(pattern), 1 << 20)
    assert [unit.groups for unit in whole.units] == [(0, 6), (0, 9), (0, 3)]
    file = pq.read_metadata(whole.files[0].path)
    size = max(file.row_group(at).total_byte_size for at in range(file.num_row_groups))
    pairs = plan(recipe_for(pattern), 2 * size)
    assert [unit.groups for unit in pairs.units if unit.file == 0] == [(0, 2), (2, 4), (4, 6)]


def test_large_row_groups_are_cut(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.parquet", ask_all(1000), row_group_size=1000)
    size = pq.read_metadata(path).row_group(0).total_byte_size
    units = plan(recipe_for(str(path)), size // 4).units
    assert {unit.groups for unit in units} == {(0, 1)}
    assert len(units) in {4, 5}
    assert max(unit.rows for unit in units) - min(unit.rows for unit in units) <= 1


def test_plan_can_be_stored(pattern: str) -> None:
    found = plan(recipe_for(pattern), 700)
    assert Plan.from_json(found.to_json()) == found
