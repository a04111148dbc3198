"""The phrase banks themselves."""

from __future__ import annotations

from collections import Counter

import pytest

from pipelines.sample.banks import load_banks, parse_table
from pipelines.sample.calculations import CALCULATIONS
from pipelines.sample.kinds import KINDS


def test_task_names_are_unique() -> None:
    names = Counter(name for bank in load_banks() for name in bank.tasks)
    assert [name for name, count in names.items() if count > 1] == []


def test_tasks_name_kinds_and_calculations_that_exist() -> None:
    tasks = [task for bank in load_banks() for task in bank.tasks.values()]
    assert {task["plant"] for task in tasks if "plant" in task} < set(KINDS)
    assert {task["compute"] for task in tasks if "compute" in task} == set(CALCULATIONS)


def test_every_file_starts_with_what_it_holds() -> None:
    assert len(load_banks()) > 20
    assert all(bank.phrases for bank in load_banks())


def test_ragged_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        parse_table("name | sound\ncat")
