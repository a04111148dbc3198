"""The table of machines: its arithmetic, and that it rests on what is measured and planned."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deploy.dataflow import sizing
from pipelines import planning
from pipelines.engines import ENGINES, Asked
from schemas.plan import CROWD_ROWS

ROOT = Path(__file__).parents[3]


def test_readme_has_the_table() -> None:
    readme = (ROOT / "deploy" / "dataflow" / "README.md").read_text()
    assert sizing.table([10**7, 10**8, 10**9]) in readme


@pytest.mark.parametrize(
    ("page", "figures"),
    [
        (
            "benchmarks.md",
            [
                f"{sizing.ROWS_OF_UNIT:,} rows each",
                f"{sizing.ROWS_OF_BUCKET:,} rows each, at most {sizing.MOST_BUCKETS:,}",
                f"{sizing.CPU_OF_ROW / 2 * 1e6:.0f} µs of CPU a row",
                f"{sizing.CPU_OF_ROW / 2 * 1e6:.0f} µs a row, doubled for the engine",
                f"| shuffled, bytes a row | {sizing.SHUFFLED} |",
                f"shingle sets of candidates {sizing.SHINGLES},",
                f"{sizing.FOREST} bytes a row",
                "16 bytes a band and row, four times over",
                f"a component of {CROWD_ROWS:,} rows",
                f"${sizing.PER_CORE_HOUR} a vCPU hour, ${sizing.PER_GB_HOUR} a GB hour",
                f"${sizing.PER_SHUFFLED_GB} a GB shuffled",
            ],
        ),
        ("decisions/0001-candidates-meet-by-component.md", [f"some {sizing.FOREST} an input row"]),
    ],
)
def test_figures_are_those_that_the_pages_give(page: str, figures: list[str]) -> None:
    text = re.sub(r"\s+", " ", (ROOT / "docs" / page).read_text())
    assert [figure for figure in figures if figure not in text] == []


def test_buckets_are_as_planned() -> None:
    for rows in (10**7, 10**8, 10**9, 10**10):
        buckets = min(sizing.MOST_BUCKETS, -(-rows // sizing.ROWS_OF_BUCKET))
        assert planning._buckets(rows) == buckets  # noqa: SLF001 — what the table rests on
    assert planning.UNIT_BYTES == 32 << 20


def test_memory_is_the_sum_of_its_parts() -> None:
    assert sizing.work_of_core(10**9) == pytest.approx(1.3e9)
    assert sizing.work_of_core(10**10) == pytest.approx(0.3e9 + 10**10 / 4096 * 0.635 * 21 * 64)
    assert sizing.memory(10**8, 4) == pytest.approx(1e9 + 4 * 1.3e9 + 6e9)


@pytest.mark.parametrize(
    ("rows", "name"),
    [(10**7, "n2-standard-4"), (10**8, "n2-standard-4"), (10**9, "n2-highmem-16"), (10**10, None)],
)
def test_smallest_machine_that_fits(rows: int, name: str | None) -> None:
    machine = sizing.machine_for(rows)
    assert (machine and machine.name) == name
    smaller = [each for each in sizing.MACHINES if machine is None or each.memory < machine.memory]
    assert all(sizing.memory(rows, each.cores) > each.memory for each in smaller)


@pytest.mark.parametrize("rows", [10**6, 10**7, 10**8])
def test_engine_asks_for_these_where_nothing_is_given(rows: int) -> None:
    machine, units = sizing.machine_for(rows), -(-rows // sizing.ROWS_OF_UNIT)
    options = ENGINES["dataflow"].defaults(Asked(root="gs://b/out", most=units))
    assert machine is not None
    assert options["machine_type"] == machine.name
    assert options["max_num_workers"] == sizing.machines_for(rows, machine)
