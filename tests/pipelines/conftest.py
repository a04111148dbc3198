"""Small real releases to explain rows of, and what is printed of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.explain import explain
from pipelines.run import Request, run
from schemas.recipe import built_in, override

LONG = " ".join(f"word{number}" for number in range(80))
OTHER = LONG.replace("word40", "term40")
KEPT, REJECTED, COPY, SURVIVOR, NEAR, MARKUP = range(6)
ROWS = [
    {"instruction": "Name a river in Europe.", "input": None, "output": "The Danube."},
    {"instruction": "Hi", "input": "", "output": "Sure: [Insert text] and TODO, " + "so on, " * 300},
    {"instruction": "Name a river in Europe.", "input": "", "output": "The Danube."},
    {"instruction": OTHER, "input": "", "output": f"{OTHER} [bold]last[/bold]"},
    {"instruction": LONG, "input": "", "output": OTHER},
    {
        "instruction": "[red]Say[/red] :smile: \x1b[31m\u202egnp.exe?",
        "input": "",
        "output": "name {{x}} \\[b]",
    },
]
EXTRAS = {"id": ["row-0x", *[f"row-{at}" for at in range(1, 6)]], "tags": [["[i]a[/i]", None]] * 6}
Printed = Callable[..., str]


def write(path: Path, rows: list[dict[str, Any]], extras: Mapping[str, list[Any]], group: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(rows)
    for name, values in extras.items():
        table = table.append_column(name, pa.array(values))
    pq.write_table(table, path, row_group_size=group, compression="none")


def write_inputs(folder: Path) -> None:
    """Three files: a whole one, one with a damaged row group, and one that was cut."""
    write(folder / "a" / "part.parquet", ROWS, EXTRAS, 4)
    whole = [
        {"instruction": f"Spell the number {n}.", "input": "", "output": f"It is {n * 'x'}."}
        for n in range(6)
    ]
    damaged = folder / "b" / "part.parquet"
    write(damaged, whole, {}, 2)
    column = pq.read_metadata(damaged).row_group(1).column(2)
    start, data = column.dictionary_page_offset or column.data_page_offset, bytearray(damaged.read_bytes())
    data[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    damaged.write_bytes(data)
    cut = folder / "c" / "cut.parquet"
    write(cut, whole, {}, 2)
    cut.write_bytes(cut.read_bytes()[:300])


def curate(root: Path, sources: list[dict[str, Any]], changes: Mapping[str, Any]) -> Path:
    """Curate with rules that reject placeholders and no language model; give the output folder."""
    base = {"sources": sources, "language.enabled": False, "rules.placeholder.action": "reject"}
    base |= {"dedup.order": "first_seen"}
    recipe = override(built_in("default"), base | changes, where="test")
    run(Request(recipe=recipe, output=str(root), quiet=True))
    return root


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder whose inputs are there, in `data` beside it."""
    folder = tmp_path_factory.mktemp("explain")
    write_inputs(folder / "data")
    return curate(folder / "out", [{"name": "input", "input": [f"{folder}/data/*/*.parquet"]}], {})


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Printed:
    """What `tamis explain` prints, at a width."""

    def show(root: Path, record: str, width: int = 80) -> str:
        monkeypatch.setenv("COLUMNS", str(width))
        explain(str(root), record)
        return capsys.readouterr().out

    return show
