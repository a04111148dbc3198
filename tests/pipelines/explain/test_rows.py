"""Rows whose input is no longer what it was, and rows of sources with columns of their own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.errors import UsageError
from pipelines.explain import facts
from pipelines.explain.lookup import look_up
from pipelines.releases.ledger import RowKey, scan
from pipelines.releases.release import open_release
from pipelines.releases.rows import Missing, Row, read_row
from pipelines.run import Request, run
from schemas.recipe import built_in, override
from tests.ledgers import Fall, write_release

Printed = Callable[..., str]
POEM = {"prompt": "Write a poem on the tides.", "answer": "They come and they go."}
LETTER = {"prompt": "no", "answer": "Dear Sir, yours sincerely."}
SUMS = [{"instruction": f"What is {n} and {n}?", "output": f"That is {2 * n}."} for n in range(6)]


def write(path: Path, rows: list[dict[str, Any]], kinds: dict[str, pa.DataType] | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(rows)
    for name, kind in (kinds or {}).items():
        at = table.schema.names.index(name)
        column = table[name].dictionary_encode() if pa.types.is_dictionary(kind) else table[name].cast(kind)
        table = table.set_column(at, name, column)
    pq.write_table(table, path)


def curate(folder: Path, *, save_rejects: bool) -> Path:
    """Curate two sources, one with columns of its own and a cap, without looking for duplicates."""
    write(folder / "mail" / "x.parquet", [POEM, LETTER, POEM, LETTER, LETTER])
    kinds = {"instruction": pa.dictionary(pa.int32(), pa.string()), "output": pa.string_view()}
    write(folder / "sums" / "x.parquet", SUMS, kinds)
    columns = {"instruction": "prompt", "output": "answer"}
    mail = {"name": "mail", "input": [f"{folder}/mail/*.parquet"], "columns": columns, "max_rows": 4}
    changes = {
        "sources": [mail, {"name": "sums", "input": [f"{folder}/sums/*.parquet"]}],
        "language.enabled": False,
        "dedup.exact": False,
        "dedup.near": False,
        "output.save_rejects": save_rejects,
    }
    recipe = override(built_in("default"), changes, where="test")
    run(Request(recipe=recipe, output=str(folder / "out"), quiet=True))
    return folder / "out"


def curate_one(folder: Path) -> Path:
    """Curate the files in a folder's `data` by the default recipe."""
    source = {"name": "input", "input": [f"{folder}/data/*.parquet"]}
    recipe = override(built_in("default"), {"sources": [source], "language.enabled": False}, where="test")
    run(Request(recipe=recipe, output=str(folder / "out"), quiet=True))
    return folder / "out"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return curate(tmp_path_factory.mktemp("plain"), save_rejects=False)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return curate(tmp_path_factory.mktemp("saved"), save_rejects=True)


@pytest.fixture
def gone(plain: Path, saved: Path) -> Iterator[None]:
    """Take the inputs away for a while."""
    for root in (plain, saved):
        (root.parent / "mail").rename(root.parent / "mail.gone")
    yield
    for root in (plain, saved):
        (root.parent / "mail.gone").rename(root.parent / "mail")


def squeeze(text: str) -> str:
    return " ".join(text.replace("│", " ").split())


def test_columns_go_by_the_recipe(plain: Path, printed: Printed) -> None:
    text = squeeze(printed(plain, "mail/x.parquet:0"))
    assert text.startswith("KEPT mail/x.parquet:0")
    assert "No rule rejects it; the recipe does not look for duplicates." in text
    assert "instruction (column prompt) 26 characters Write a poem on the tides." in text
    assert "output (column answer) 22 characters They come and they go." in text
    assert "its text" not in text


def test_dictionary_and_view_columns_are_read(plain: Path, printed: Printed) -> None:
    text = printed(plain, "sums/x.parquet:4")
    assert "What is 4 and 4?" in text
    assert "That is 8." in text
    assert "its text" not in text


def test_other_columns_of_any_type_are_shown(tmp_path: Path, printed: Printed) -> None:
    broken = [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")]
    columns = {
        "instruction": ["Name a lake in Africa."],
        "output": ["Lake Chad."],
        "time": pa.array([1_700_000_000_123_456_789], pa.timestamp("ns")),
        "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
        "struct": [{"a": [1, None], "b": "[red]"}],
        "blob": [b"12345"],
        "broken": pa.Array.from_buffers(pa.string(), 1, broken),
        "odd\x1bname": ["one\ntwo\tthree"],
    }
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table(columns), tmp_path / "data" / "x.parquet")
    text = squeeze(printed(curate_one(tmp_path), "x.parquet:0", 200))
    for shown in (
        "time 2023-11-14 22:13:20.123456789",
        'map [["k", 1]]',
        'struct {"a": [1, null], "b": "[red]"}',
        "blob 5 bytes",
        "broken (a string that cannot be shown)",
        r"odd\x1bname one\ntwo\tthree",
    ):
        assert shown in text


def test_rows_past_the_cap_were_not_read(plain: Path) -> None:
    with pytest.raises(UsageError, match=r"row 4 of x\.parquet was not read: the recipe reads 4 rows of"):
        look_up(open_release(str(plain)), "mail/x.parquet:4")


def test_file_of_several_sources_has_to_name_its_own(plain: Path) -> None:
    with pytest.raises(UsageError, match=r"^x\.parquet may be mail/x\.parquet or sums/x\.parquet; name one"):
        look_up(open_release(str(plain)), "x.parquet:0")


@pytest.mark.usefixtures("gone")
def test_kept_row_is_read_from_the_release_where_the_input_is_gone(plain: Path, printed: Printed) -> None:
    text = squeeze(printed(plain, "mail/x.parquet:2"))
    assert "Write a poem on the tides." in text
    assert "this row: its text is from curated/ of the release, as the input" in text


@pytest.mark.usefixtures("gone")
def test_dropped_row_without_save_rejects_says_that_it_would_have_helped(
    plain: Path, printed: Printed
) -> None:
    text = squeeze(printed(plain, "mail/x.parquet:1"))
    assert "instruction_too_short: " in text
    assert "fewer characters and tokens than the recipe asks for." in text
    assert "its text is not available, as the input" in text
    assert text.endswith("is gone; --save-rejects would have kept it in the release")
    assert "chars)" not in text


@pytest.mark.usefixtures("gone")
def test_dropped_row_is_read_from_the_saved_rejects(saved: Path, printed: Printed) -> None:
    text = squeeze(printed(saved, "mail/x.parquet:3"))
    assert "Instruction too short (2 chars)" in text
    assert "Dear Sir, yours sincerely." in text
    assert "this row: its text is from rejects/ of the release, as the input" in text


def test_row_that_was_taken_down_is_not_in_the_saved_rejects(tmp_path: Path, printed: Printed) -> None:
    path = tmp_path / "x.parquet"
    write(path, SUMS)
    (tmp_path / "list.txt").write_text("row=1")
    changes = {"sources": [{"name": "sums", "input": str(path)}], "output.save_rejects": True}
    recipe = override(built_in("default"), {**changes, "language.enabled": False})
    out = tmp_path / "out"
    run(Request(recipe=recipe, output=str(out), quiet=True, remove=[f"{tmp_path}/list.txt"]))
    path.unlink()
    text = squeeze(printed(out, "x.parquet:1"))
    assert "its text is not available, as the input" in text
    assert text.endswith("is gone, and rejects/ has not got it")


def test_input_that_has_changed_is_not_believed(plain: Path, printed: Printed, tmp_path: Path) -> None:
    path = plain.parent / "mail" / "x.parquet"
    shutil.copy(path, tmp_path / "kept")
    same_size = path.read_bytes().replace(b"tides", b"birds")
    for content, why in ((same_size, "another record id now"), (same_size + b"!", "bytes then")):
        path.write_bytes(content)
        text = squeeze(printed(plain, "mail/x.parquet:0"))
        assert "Write a poem on the tides." in text
        assert "curated/ of the release, as the input" in text
        assert why in text
    shutil.copy(tmp_path / "kept", path)


def test_many_rows_of_one_record_id_are_counted(tmp_path: Path, printed: Printed) -> None:
    write(
        tmp_path / "data" / "x.parquet", [{"instruction": "Sing a song, please.", "output": "La la la."}] * 13
    )
    root = curate_one(tmp_path)
    shared = pq.read_table(root / "latest" / "verdicts")["record_id"][0].as_py()
    text = squeeze(printed(root, shared))
    assert text.startswith(f"13 rows have the record id {shared}, the first 10 of them here.")
    assert text.endswith("And 3 more; name one as FILE:ROW to see it.")
    assert (text.count("KEPT x.parquet"), text.count("DUPLICATE x.parquet")) == (1, 9)
    assert "12 rows fall to it: 1.0000 x.parquet" in text
    assert "and 7 more" in text


def test_of_rows_that_fall_to_a_row_little_is_read(
    tmp_path: Path, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"instruction": "Sing a song, please.", "output": "La la la."}] * 20
    write(tmp_path / "data" / "x.parquet", rows)
    root = curate_one(tmp_path)
    tables: list[pa.Table] = []

    def seen(*asked: Any) -> Iterator[pa.Table]:
        for table in scan(*asked):
            tables.append(table)
            yield table

    monkeypatch.setattr(facts, "scan", seen)
    text = squeeze(printed(root, "x.parquet:0"))
    assert "19 rows fall to it: 1.0000 x.parquet:1 1.0000 x.parquet:2" in text
    assert "1.0000 x.parquet:5 and 14 more" in text
    assert sum(map(len, tables)) == 19
    columns = {name for table in tables for name in table.column_names}
    assert columns == {"source", "file", "row", "similarity"}


def test_reference_row_that_is_gone_is_not_looked_for_in_the_release(tmp_path: Path) -> None:
    rows = [{"instruction": "Say it.", "output": "It."}]
    falls = [Fall(("a.parquet", 0), ("known.parquet", 0), 1.0, "reference")]
    folder = write_release(tmp_path, {"a.parquet": rows, "known.parquet": rows}, falls)
    release = open_release(str(folder))
    record_id = pq.read_table(folder / "verdicts")["survivor_id"][0].as_py()
    key = RowKey(source="known", file="known.parquet", row=0, record_id=record_id, kept=True)
    assert isinstance(read_row(release, key), Row)
    (tmp_path / "known.parquet").unlink()
    note = f"its text is not available, as the input {tmp_path}/known.parquet is gone"
    assert read_row(release, key) == Missing(note)
