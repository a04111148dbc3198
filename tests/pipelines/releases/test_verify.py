"""Verification: every way a release can be other than its manifest says is told."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from pipelines.releases.release import open_release
from pipelines.releases.verify import find_faults
from schemas.release import OutputRecord
from tests.releases import Curate, Release, Sampled
from tests.rows import ask, ask_all, damage, write_rows

CURATED, LEDGER = "curated/part-00000-of-00001.parquet", "verdicts/part-00000-of-00001.parquet"


def faults(folder: Path) -> list[str]:
    return list(find_faults(open_release(str(folder))))


@pytest.fixture
def copy(sampled: Sampled, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sampled.release.folder, tmp_path / "copy"))


def test_releases_are_whole(
    sampled: Sampled, real_release: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    for release in (sampled.release, real_release):
        assert faults(release.folder) == []
    assert main(["verify", str(sampled.release.root)]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{sampled.release.folder} is whole: 7 files, {sampled.plants.rows:,} ledger rows")


def test_a_release_of_odd_columns_is_whole(curate: Curate, tmp_path: Path) -> None:
    table = pa.Table.from_pylist(ask_all(40))
    columns: dict[str, Any] = {
        "view": pa.array(["a", None] * 20, pa.string_view()),
        "code": pa.array(["x", "y"] * 20).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.string())),
        "when:at": pa.array(range(40), pa.timestamp("us", "UTC")),
        "nested": pa.array([{"a": [1, None]}, None] * 20),
        "none": pa.nulls(40),
    }
    for name, column in columns.items():
        table = table.append_column(name, column)
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=9)
    release = curate(f"{tmp_path}/in.parquet")
    assert faults(release.folder) == []


def test_a_damaged_input_is_accounted_for(curate: Curate, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in" / "a.parquet", ask_all(9), row_group_size=3)
    damage(path, 1)
    cut = write_rows(tmp_path / "in" / "b.parquet", ask_all(9))
    cut.write_bytes(cut.read_bytes()[:100])
    release = curate(f"{tmp_path}/in/*.parquet")
    assert release.manifest.counts.rows_lost == 3
    assert faults(release.folder) == []


def edit(folder: Path, file: str, change: Callable[[pa.Table], pa.Table]) -> None:
    """Write a part anew, and its size and hash into the manifest: what no checksum tells."""
    path = folder / file
    pq.write_table(change(pq.read_table(path)), path)
    manifest = json.loads((folder / "manifest.json").read_text())
    for record in manifest["files"]:
        if record["path"] == file:
            size, sha = path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()
            record.update(OutputRecord(path=file, bytes=size, sha256=sha, rows=record["rows"]))
    (folder / "manifest.json").write_text(json.dumps(manifest))


def swap(table: pa.Table) -> pa.Table:
    return table.take(pa.array([1, 0, *range(2, len(table))]))


def keep_one_more(table: pa.Table) -> pa.Table:
    verdicts = table["verdict"].to_pylist()
    verdicts[verdicts.index("rejected")] = "kept"
    return table.set_column(table.schema.get_field_index("verdict"), "verdict", pa.array(verdicts))


def rename_file(table: pa.Table) -> pa.Table:
    files = table["file"].to_pylist()
    return table.set_column(1, "file", pa.array(["other.parquet", *files[1:]]))


def forget(table: pa.Table) -> pa.Table:
    at = table["verdict"].to_pylist().index("kept")
    columns = {name: table[name].to_pylist() for name in ("source", "verdict")}
    for name, values in columns.items():
        values[at] = None
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, pa.array(values, table.schema.field(name).type))
    return table


def reword(table: pa.Table) -> pa.Table:
    at = table.schema.get_field_index("output")
    return table.set_column(at, "output", pc.utf8_upper(table["output"]))


@pytest.mark.parametrize(
    ("file", "change", "told"),
    [
        (CURATED, swap, ["curated/: its", "the digest of the rows is"]),
        (CURATED, reword, ["the digest of the rows is"]),
        (CURATED, lambda table: table.slice(1), [f"{CURATED}: 3,082 rows, not 3,083"]),
        (CURATED, lambda table: table.drop_columns(["tags"]), [f"{CURATED}: its columns are"]),
        (LEDGER, swap, ["curated/: its", "the digest of the rows is"]),
        (
            LEDGER,
            keep_one_more,
            [
                "ledger rows of verdict kept: 3,084, the manifest says 3,083",
                "ledger rows of verdict rejected: 110, the manifest says 111",
                "curated/: its 3,083 rows are not, in order, the 3,084 that the ledger keeps",
                "the digest of the rows is",
            ],
        ),
        (
            LEDGER,
            rename_file,
            [
                "input input/other.parquet: the ledger accounts for 1 rows, the manifest has 0",
                "input input/part-00000-of-00005.parquet: the ledger accounts for",
                "the digest of the rows is",
            ],
        ),
        (LEDGER, lambda table: table.drop_columns(["flags"]), [f"{LEDGER}: its column flags is not as"]),
        (
            LEDGER,
            forget,
            [
                "input input/part-00000-of-00005.parquet: the ledger accounts for",
                "ledger rows of verdict None: 1, the manifest says 0",
                "ledger rows of verdict kept: 3,082, the manifest says 3,083",
                "curated/: its",
                "the digest of the rows is",
            ],
        ),
    ],
)
def test_rows_that_are_not_those_of_the_manifest(
    copy: Path, file: str, change: Callable[[pa.Table], pa.Table], told: list[str]
) -> None:
    edit(copy, file, change)
    found = faults(copy)
    assert len(found) == len(told)
    for sentence, beginning in zip(sorted(found), sorted(told), strict=True):
        assert sentence.startswith(beginning)


def test_files_that_are_not_those_of_the_manifest(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / "curated" / ".hidden").write_text("x")
    (copy / "README.md").unlink()
    page = copy / "report" / "report.html"
    page.write_bytes(page.read_bytes()[::-1])
    with (copy / "report" / "report.json").open("a") as file:
        file.write(" ")
    data = bytearray((copy / CURATED).read_bytes())
    data[1000:1100] = b"\xff" * 100
    (copy / CURATED).write_bytes(data)
    assert main(["verify", str(copy)]) == 1
    first, *told = capsys.readouterr().err.splitlines()
    assert first == f"tamis: {copy} is not what its manifest says:"
    beginnings = [
        "README.md: missing",
        f"{CURATED}: its SHA-256 is",
        "curated/.hidden: the manifest names no such file",
        "report/report.html: its SHA-256 is",
        "report/report.json: ",
    ]
    found = sorted(line.removeprefix("tamis: ") for line in told)
    for beginning in beginnings:
        assert any(line.startswith(beginning) for line in found)


def test_a_report_of_another_release_is_told(copy: Path) -> None:
    path = copy / "report" / "report.json"
    report = json.loads(path.read_text()) | {"release": "0009", "digest": "ab"}
    path.write_text(json.dumps(report))
    told = [line for line in faults(copy) if "its release is" in line or "its digest is" in line]
    assert len(told) == 2


def test_a_manifest_that_cannot_be_read_is_a_fault(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / "manifest.json").write_text("{}")
    assert main(["verify", str(copy)]) == 1
    assert "is not one that this version reads" in capsys.readouterr().err
    assert main(["verify", str(copy / "nowhere")]) == 2


def test_two_rows_of_one_text_are_told_apart(curate: Curate, tmp_path: Path) -> None:
    pattern = str(write_rows(tmp_path / "in.parquet", [ask(1), ask(1), ask(2)]))
    assert faults(curate(pattern).folder) == []
