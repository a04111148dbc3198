"""How the rows of a unit rank, by columns of any kind of number."""

from __future__ import annotations

from decimal import Decimal
from math import inf, nan
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from pipelines.planning import plan_run
from schemas.paths import Places
from tests.releases import Curate, recipe_for
from tests.rows import ask_all, write_rows
from transforms.steps.job import Job
from transforms.steps.judge import judge_unit
from transforms.steps.keyed import INPUT, REFERENCE, TIER_BITS
from transforms.steps.unit_rows import UnitRows

NUMBERS = {
    "whole": pa.array([3, -1, None, 7, 0]),
    "large": pa.array([2**53 + 1, 2**53, None, 2**62, -(2**63)]),
    "unsigned": pa.array([5, 2**63, None, 2**64 - 1, 0], pa.uint64()),
    "floating": pa.array([0.5, -inf, None, inf, -2.5]),
    "short": pa.array([0.5, -2.0, None, 8.0, 0.25], pa.float32()),
    "decimal": pa.array([Decimal("1.50"), Decimal("-1.49"), None, Decimal("7.00"), Decimal("1.49")]),
    "boolean": pa.array([True, False, None, True, False]),
}


def open_rows(folder: Path, unit: int = 0, **changes: object) -> UnitRows:
    """The rows of a unit, judged."""
    plan = plan_run(recipe_for(f"{folder}/in.parquet", **changes), None, 1 << 20, None)
    job = Job.start(Places(root=str(folder), release="1", cache=f"{folder}/cache"), plan)
    return UnitRows(unit, judge_unit(unit, job)[1], job)


def qualities(folder: Path, column: pa.Array, order: str) -> list[int]:
    """Numbers that the rows rank by, the least first."""
    table = pa.Table.from_pylist(ask_all(len(column))).append_column("score", column)
    pq.write_table(table, folder / "in.parquet", row_group_size=2)
    rows = open_rows(folder, dedup__order=order, dedup__column="score")
    found: list[int] = rows.contenders(rows.standing())["quality"].tolist()
    return found


@pytest.mark.parametrize("order", ["highest", "lowest"])
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_any_type_rank_and_null_comes_last(tmp_path: Path, name: str, order: str) -> None:
    values, sign = NUMBERS[name].to_pylist(), -1 if order == "highest" else 1
    found = qualities(tmp_path, NUMBERS[name], order)
    numbers = [at for at, value in enumerate(values) if value is not None]
    for at in numbers:
        assert found[2] > found[at]
        for other in numbers:
            assert (found[at] < found[other]) == (sign * values[at] < sign * values[other])


@pytest.mark.parametrize("order", ["highest", "lowest"])
def test_what_is_no_number_ranks_as_null(tmp_path: Path, order: str) -> None:
    found = qualities(tmp_path, pa.array([None, nan, inf, -inf, 0.0, -0.0]), order)
    assert found[0] == found[1] == max(found)
    assert found.count(max(found)) == 2
    assert found[4] == found[5]


def test_column_of_nulls_leaves_all_equal(tmp_path: Path) -> None:
    assert len(set(qualities(tmp_path, pa.nulls(4), "highest"))) == 1


def test_longer_outputs_and_earlier_rows_rank_higher(tmp_path: Path) -> None:
    lengths = [3, 1, 2]
    write_rows(
        tmp_path / "in.parquet", [{"instruction": "Say it.", "output": "é" * size} for size in lengths]
    )
    for order, ranked in (("longest_output", [0, 2, 1]), ("first_seen", [0, 1, 2])):
        rows = open_rows(tmp_path, dedup__order=order)
        found = rows.contenders(rows.standing())["quality"].tolist()
        assert sorted(range(3), key=found.__getitem__) == ranked


def test_rows_of_references_are_of_the_first_tier(tmp_path: Path) -> None:
    write_rows(tmp_path / "in.parquet", ask_all(2))
    write_rows(tmp_path / "known.parquet", ask_all(3))
    references = [{"name": "known", "input": f"{tmp_path}/known.parquet"}]
    for unit, tier, size in ((0, INPUT, 2), (1, REFERENCE, 3)):
        rows = open_rows(tmp_path, unit, references=references)
        assert (rows.contenders(rows.standing())["rank"] >> TIER_BITS).tolist() == [tier] * size


def test_file_without_rows_that_rank_is_read(curate: Curate, tmp_path: Path) -> None:
    write_rows(tmp_path / "a.parquet", [{**row, "score": None} for row in ask_all(2)])
    write_rows(tmp_path / "b.parquet", [{**row, "score": 5} for row in ask_all(3)])
    recipe = recipe_for(f"{tmp_path}/*.parquet", dedup__order="lowest", dedup__column="score")
    release = curate("", recipe=recipe)
    assert release.verdicts() == ["duplicate"] * 2 + ["kept"] * 3
    assert release.ledger["won_by"].to_pylist() == ["quality"] * 2 + [None] * 3


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("scores", "in.parquet has no column 'scores', which dedup.column names; it has instruction, "),
        ("output", "in.parquet: column 'output', which dedup.column names, is string, not numbers"),
        ("day", "in.parquet: column 'day', which dedup.column names, is date32[day], not numbers"),
    ],
)
def test_column_that_is_no_use_is_told(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, column: str, words: str
) -> None:
    table = pa.Table.from_pylist(ask_all(2)).append_column("day", pa.array([1, 2], pa.date32()))
    pq.write_table(table, tmp_path / "in.parquet")
    recipe = tmp_path / "r.yaml"
    recipe.write_text(f"dedup: {{order: highest, column: {column}}}\nlanguage: {{enabled: false}}\n")
    command = [
        "curate",
        "--input",
        f"{tmp_path}/in.parquet",
        "--output",
        f"{tmp_path}/o",
        "--recipe",
        str(recipe),
    ]
    assert main(command) == 2
    assert words in capfd.readouterr().err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("order", ["highest", "lowest"])
@pytest.mark.parametrize("short", [pa.int16(), pa.uint8(), pa.int32()])
def test_files_of_a_source_rank_alike_by_whole_numbers_and_fractions(
    curate: Curate, tmp_path: Path, short: pa.DataType, order: str
) -> None:
    values = {"a": pa.array([5, 2, 3], short), "b": pa.array([1.5, 7.0, 3.0])}
    for name, column in values.items():
        table = pa.Table.from_pylist(ask_all(3)).append_column("score", column)
        pq.write_table(table, tmp_path / f"{name}.parquet")
    release = curate(
        "", recipe=recipe_for(f"{tmp_path}/?.parquet", dedup__order=order, dedup__column="score")
    )
    first = ["kept", "duplicate"] if order == "highest" else ["duplicate", "kept"]
    assert release.verdicts()[:2] == first
    assert release.verdicts()[3:5] == first[::-1]
    assert release.ledger["won_by"].to_pylist().count("quality") == 2
    assert release.ledger["won_by"].to_pylist().count("content") == 1
