"""Opening a unit, whatever kind its file is."""

from __future__ import annotations

from schemas.plan import Plan, Unit
from transforms.steps.lines import LinesReader
from transforms.steps.parquet import UnitReader
from transforms.steps.reader import Reader


def open_unit(plan: Plan, unit: Unit) -> Reader:
    """What reads the rows of a unit."""
    return UnitReader(plan, unit) if unit.span is None else LinesReader(plan, unit)
