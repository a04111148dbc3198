"""Benchmarks of any type of text are read, and what is none is refused before any work."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.errors import UsageError
from pipelines.planning.benchmarks import Benchmarks, read_benchmarks
from tests.columns import TEXT_TYPES, text_column
from tests.releases import Curate, recipe_for
from tests.rows import ask_all, damage, write_rows
from transforms.kernels.containment import contain

QUESTION = "Which of the two moons of Mars is the larger one, Phobos or Deimos?"
EXAMPLE = {
    "instruction": "Which of the two moons of Mars is",
    "input": "the larger one?",
    "output": "Phobos.",
}


def read(pattern: str | Path, **changes: object) -> Benchmarks:
    benchmark = {"name": "moons", "input": str(pattern), **changes}
    found = read_benchmarks(recipe_for("in.parquet", benchmarks=[benchmark]))
    assert found is not None
    return found


def match(found: Benchmarks, prompt: str, output: str = "") -> tuple[int, float]:
    lines, scores = contain(found.index, text_column([prompt.lower()]), text_column([output.lower()]))
    return lines[0], scores[0]


@pytest.mark.parametrize("kind", TEXT_TYPES, ids=str)
def test_columns_of_every_type_of_text(tmp_path: Path, kind: pa.DataType) -> None:
    columns = {name: pa.array([None, text], pa.string()).cast(kind) for name, text in EXAMPLE.items()}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    assert match(read(tmp_path / "a.parquet"), QUESTION) == (1, 11 / 11)


def test_messages_of_views_are_read(tmp_path: Path) -> None:
    text, view = (pa.list_(pa.struct({"role": it, "content": it})) for it in (pa.string(), pa.string_view()))
    turns = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "Phobos."}]
    table = pa.table({"messages": pa.array([None, turns], text)})
    with pq.ParquetWriter(tmp_path / "test.parquet", table.schema, store_schema=False) as writer:
        writer.write_table(table)
        declared = pa.schema({"messages": view}).serialize()  # Arrow reads such columns but cannot write them
        writer.add_key_value_metadata({"ARROW:schema": b64encode(declared).decode()})
    assert pq.read_schema(tmp_path / "test.parquet").field("messages").type.value_type.field(0).type == (
        pa.string_view()
    )
    assert match(read(tmp_path / "test.parquet"), QUESTION) == (1, 1.0)


def test_lines_go_on_from_file_to_file_and_from_set_to_set(tmp_path: Path) -> None:
    write_rows(tmp_path / "b" / "2.parquet", [EXAMPLE])
    write_rows(tmp_path / "b" / "1.parquet", ask_all(1500), row_group_size=400)
    write_rows(tmp_path / "a" / "0.parquet", [{"question": "Name a moon.", "instruction": 5}])
    later = {"name": "later", "input": f"{tmp_path}/a/*", "columns": {"instruction": "question"}}
    first = {"name": "first", "input": [f"{tmp_path}/b/*", f"{tmp_path}/b/1.parquet"]}
    found = read_benchmarks(recipe_for("in.parquet", benchmarks=[first, later]))
    assert found is not None
    names = [(file.source, file.name, file.rows) for file in found.files]
    assert names == [("first", "1.parquet", 1500), ("first", "2.parquet", 1), ("later", "0.parquet", 1)]
    assert match(found, "What is the square of 1499?") == (1499, 1.0)
    assert match(found, QUESTION) == (1500, 1.0)
    assert match(found, "name a moon") == (1501, 1.0)


def test_answers_may_be_missing(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.parquet", [{"instruction": QUESTION}])
    write_rows(
        tmp_path / "b.parquet",
        [{"instruction": None, "output": QUESTION}, {"instruction": "x", "output": None}],
    )
    found = read(tmp_path / "?.parquet")
    assert match(found, "", QUESTION) == (0, 1.0)
    assert match(found, "x") == (2, 1.0)
    assert match(found, "") == (-1, 0.0)


def test_benchmark_may_be_a_release(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.parquet", [EXAMPLE | {"tamis_verb": "other"}])
    assert match(read(tmp_path / "a.parquet"), QUESTION) == (0, 1.0)


@pytest.mark.parametrize("changes", [{"rules.contaminated.action": "off"}, {"benchmarks": []}], ids=str)
def test_nothing_is_read_that_nothing_is_compared_with(changes: dict[str, object]) -> None:
    benchmarks = {"benchmarks": [{"name": "moons", "input": "nowhere.parquet"}]}
    assert read_benchmarks(recipe_for("in.parquet", **(benchmarks | changes))) is None


@pytest.mark.parametrize(
    ("row", "columns", "words"),
    [
        (
            {"riddle": "Who?", "answer": "I."},
            {},
            "it has riddle, answer; name the right one in the recipe (benchmarks: columns: instruction)",
        ),
        (
            {"prompt": "Who?"},
            {"instruction": "question"},
            "no column 'question' for the instruction; it has prompt",
        ),
        ({"instruction": 7}, {}, "column 'instruction' for the instruction is int64, not text"),
        ({"instruction": "Who?", "output": 7}, {}, "column 'output' for the output is int64, not text"),
    ],
)
def test_columns_that_are_no_examples_are_refused(
    curate: Curate, tmp_path: Path, row: dict[str, object], columns: dict[str, str], words: str
) -> None:
    path = write_rows(tmp_path / "bench.parquet", [row])
    write_rows(tmp_path / "in.parquet", ask_all(2))
    benchmark = {"name": "moons", "input": str(path), "columns": columns}
    with pytest.raises(UsageError) as refused:
        curate("", recipe=recipe_for(str(tmp_path / "in.parquet"), benchmarks=[benchmark]))
    assert str(path) in str(refused.value)
    assert words in str(refused.value)
    assert not (tmp_path / "output").exists()


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file matches"):
        read(tmp_path / "none-*.parquet")
    path = write_rows(tmp_path / "a.parquet", ask_all(40), row_group_size=20)
    damage(path, 1)
    with pytest.raises(UsageError, match=rf"{path} of the benchmark moons cannot be read: ."):
        read(path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UsageError, match=rf"{path} of the benchmark moons cannot be read: ."):
        read(path)
