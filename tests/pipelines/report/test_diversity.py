"""The mix: however many kinds of rows there are, few enough meetings are told, and what is told is exact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.report import render_html
from pipelines.report.diversity import CELLS, OTHERS
from schemas.diversity import Mix
from schemas.report import Report
from tests.pipelines.report.conftest import row

LISTS = {"source": "sources", "language": "languages", "category": "categories", "verb": "verbs"}


def many(kinds: int) -> list[dict[str, Any]]:
    """Rows of so many verbs, the later the more, and of 24 languages, the first four of which have more."""
    return [
        row("kept", verb=f"v{verb:03}", language=f"l{language:02}", category=f"c{verb % 3}")
        for verb in range(kinds)
        for language in range(24)
        for _ in range(1 + (language < 4) + 5 * verb // kinds)
    ]


def rows_of(mix: Mix, name: str) -> Counter[str | None]:
    """Rows that the mix tells of each value."""
    counts = Counter[str | None]()
    for *places, rows in mix.cells:
        counts[getattr(mix, LISTS[name])[places[list(LISTS).index(name)]]] += rows
    return counts


@pytest.mark.parametrize("kinds", [3, 60, 500])
def test_few_enough_meetings_are_told(report_on: Callable[[Any], Report], kinds: int) -> None:
    lines = many(kinds)
    mix = report_on(lines).mix
    assert mix is not None
    assert len(mix.cells) <= CELLS
    for name in LISTS:
        found, true = rows_of(mix, name), Counter(line[name] for line in lines)
        named = found.keys() - {OTHERS}
        assert {value: found[value] for value in named} == {value: true[value] for value in named}
        assert found.total() == len(lines)
        assert found[OTHERS] == sum(rows for value, rows in true.items() if value not in named)
    assert (OTHERS in mix.verbs) == (kinds > 100)


def test_only_what_is_rarest_is_summed_up(
    report_on: Callable[[Any], Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.report.diversity.CELLS", 150)
    report = report_on(many(30))
    mix = report.mix
    assert mix is not None
    assert len(mix.cells) == 75
    assert {*mix.verbs} == {*(f"v{verb:03}" for verb in range(18, 30)), OTHERS}
    assert mix.languages == ("l00", "l01", "l02", "l03", OTHERS)
    assert f"{OTHERS}</option>" in render_html(report)
