"""A small release with a cluster of copies and near-duplicates, and one that falls to a reference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.cli import main
from tests.ledgers import Fall, Pair, Place, write_release

LONG = " ".join(f"word{number}" for number in range(60))
RIVER = "Name a river in Europe,\nand say where it ends."
ROWS = [
    {"instruction": "A row that is alone.", "output": "It is."},
    {"instruction": RIVER, "input": "", "output": LONG},
    {"instruction": RIVER, "input": "", "output": LONG},
    {"instruction": RIVER.lower(), "input": "", "output": LONG},
    {"instruction": f"\x1b[31m{RIVER}", "input": "", "output": LONG.replace("word40", "term40")},
    {"instruction": "Wie heißt der Fluss?", "input": "", "output": "Die Donau."},
]
KNOWN = [{"instruction": "Wie heisst der Fluss?", "input": "", "output": "Die Donau."}]
FILE, OUTSIDE = "part.parquet", "known.parquet"
RIVERS: Place = (FILE, 1)
FALLS = [
    Fall((FILE, 2), RIVERS, 1.0, "content"),
    Fall((FILE, 3), RIVERS, 1.0, "content"),
    Fall((FILE, 4), RIVERS, 0.84375, "quality"),
    Fall((FILE, 5), (OUTSIDE, 0), 0.9, "reference"),
]
PAIRS = [Pair(RIVERS, (FILE, 4), 0.84375), Pair((OUTSIDE, 0), (FILE, 5), 0.9)]
Printed = Callable[..., str]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """The release's folder; its inputs are beside it."""
    return write_release(tmp_path, {FILE: ROWS, OUTSIDE: KNOWN}, FALLS, PAIRS)


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Printed:
    """What `tamis duplicates` prints, at a width."""

    def show(*arguments: object, width: int = 80) -> str:
        monkeypatch.setenv("COLUMNS", str(width))
        assert main(["duplicates", *map(str, arguments)]) == 0
        return capsys.readouterr().out

    return show
