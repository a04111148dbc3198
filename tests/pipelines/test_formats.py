"""Every kind of file and every schema, through the whole pipeline."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.errors import UsageError
from pipelines.explain import explain
from schemas.example import TURNS
from tests.releases import Curate, Release, Row, recipe_for
from tests.rows import ask, ask_all, crowd, write_rows
from tests.stores import BUCKET, S3

Write = Callable[[Path, Sequence[Row]], Path]


def as_lines(rows: Sequence[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def write_lines(path: Path, rows: Sequence[Row]) -> Path:
    path.write_bytes(as_lines(rows))
    return path


def write_gzip(path: Path, rows: Sequence[Row]) -> Path:
    path = path.with_name(path.name + ".gz")
    path.write_bytes(gzip.compress(as_lines(rows)))
    return path


def write_zstd(path: Path, rows: Sequence[Row]) -> Path:
    path = path.with_name(path.name + ".zst")
    with pa.CompressedOutputStream(pa.OSFile(str(path), "wb"), "zstd") as file:
        file.write(as_lines(rows))
    return path


def rows_of(release: Release) -> list[Row]:
    """Kept rows as they were in the input, nulls and absent fields alike."""
    names = [name for name in release.curated.column_names if not name.startswith("tamis_")]
    return [
        {name: value for name, value in row.items() if value is not None}
        for row in release.curated.select(names).to_pylist()
    ]


def ledger_but_files(release: Release) -> list[Row]:
    left_out = {"file", "survivor_file", "row_group"}
    return [{name: value for name, value in row.items() if name not in left_out} for row in release.lines()]


@pytest.mark.parametrize("write", [write_lines, write_gzip, write_zstd])
def test_lines_are_judged_as_parquet_is(curate: Curate, tmp_path: Path, write: Write) -> None:
    rows = crowd(3, 200)
    flat = curate(str(write_rows(tmp_path / "in.parquet", rows, row_group_size=50)), root=tmp_path / "flat")
    lines = curate(str(write(tmp_path / "in.jsonl", rows)), root=tmp_path / "lines")
    assert len(set(flat.verdicts())) == 2
    assert ledger_but_files(lines) == ledger_but_files(flat)
    assert rows_of(lines) == rows_of(flat)
    assert lines.manifest.content_digest == flat.manifest.content_digest


def test_how_lines_are_cut_changes_no_byte(curate: Curate, tmp_path: Path) -> None:
    rows = [row | ({"late": [{"n": 2**40}]} if at > 150 else {}) for at, row in enumerate(crowd(4, 200))]
    data = as_lines(rows).splitlines(keepends=True)
    for at in range(0, 200, 37):
        data[at] = data[at][:-4] + b"\n"
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"\r\n \n".join(data))
    whole = curate(str(path), root=tmp_path / "whole")
    for size in (1, 5000, 20_000):
        cut = curate(str(path), root=tmp_path / f"cut-{size}", unit_bytes=size)
        assert cut.contents() == whole.contents()
    assert whole.verdicts().count("unreadable") == 6


def test_damaged_lines_are_told_with_their_place(curate: Curate, tmp_path: Path) -> None:
    rng = Random(7)
    lines = as_lines(ask_all(2000)).splitlines(keepends=True)
    bad = sorted(rng.sample(range(2000), 20))
    for at in bad:
        lines[at] = lines[at][: rng.randrange(1, len(lines[at]) - 2)] + b"\n"
    data = b"".join(lines)
    path = tmp_path / "in.jsonl"
    path.write_bytes(data)
    release = curate(str(path), unit_bytes=10_000)
    lost = [line for line in release.lines() if line["verdict"] == "unreadable"]
    assert [line["row"] for line in lost] == bad
    assert all(line["rows_lost"] == 1 for line in lost)
    for line in lost:
        offset = int(line["error"].removeprefix("byte ").split(":")[0])
        assert offset == sum(len(one) for one in lines[: line["row"]])
    assert rows_of(release) == [ask(at) for at in range(2000) if at not in bad]
    assert release.manifest.counts.rows_lost == 20
    again = curate(str(path), unit_bytes=10_000)
    assert again.manifest.digest == release.manifest.digest


def test_damaged_lines_are_judged_once(curate: Curate, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(as_lines(ask_all(5)) + b"{\n")
    first = curate(str(path))
    entries = {entry: entry.stat().st_ino for entry in (first.root / ".cache").rglob("*.arrow")}
    curate(str(path))
    assert entries
    assert entries == {entry: entry.stat().st_ino for entry in (first.root / ".cache").rglob("*.arrow")}


def test_a_compressed_file_that_breaks_off_is_lost_whole(curate: Curate, tmp_path: Path) -> None:
    write_lines(tmp_path / "a.jsonl", ask_all(5))
    broken = write_gzip(tmp_path / "b.jsonl", crowd(1, 50))
    broken.write_bytes(broken.read_bytes()[:-100])
    release = curate(str(tmp_path / "*.jsonl*"))
    assert release.verdicts() == ["kept"] * 5 + ["unreadable"]
    assert release.lines()[-1]["rows_lost"] is None


def test_numbers_come_through_as_they_were(curate: Curate, tmp_path: Path) -> None:
    rows = [
        ask(1) | {"id": 2**53 + 1, "n": 1},
        ask(2) | {"id": 2**70, "n": 0.5},
        ask(3) | {"id": None, "n": "x"},
    ]
    kept = rows_of(curate(str(write_lines(tmp_path / "in.jsonl", rows))))
    assert [row.get("id") for row in kept] == [str(2**53 + 1), str(2**70), None]
    assert [row["n"] for row in kept] == ["1", "0.5", "x"]


def test_a_line_is_explained(curate: Curate, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turns = [{"role": "user", "content": "Where is the moon?"}, {"role": "assistant", "content": "Up there."}]
    path = tmp_path / "in.jsonl"
    path.write_bytes(as_lines([{"messages": turns}, {"messages": turns}]) + b'{"messages": [\n')
    release = curate(str(path))
    explain(str(release.root), "in.jsonl:1")
    shown = capsys.readouterr().out
    assert "Where is the moon?" in shown
    assert "Up there." in shown
    explain(str(release.root), "in.jsonl:2")
    assert "Expecting value" in capsys.readouterr().out


def chat(number: int, kind: str) -> Row:
    asked, answered = ask(number).values()
    if kind == "messages":
        return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]}
    return {"conversations": [{"from": "human", "value": asked}, {"from": "gpt", "value": answered}]}


def test_sources_of_every_schema_meet_in_one_form(curate: Curate, tmp_path: Path) -> None:
    rows = {
        "alpaca": ask_all(3),
        "messages": [chat(number, "messages") for number in range(2, 5)],
        "sharegpt": [chat(number, "sharegpt") for number in range(4, 7)],
        "qa": [{"question": one["instruction"], "answer": one["output"]} for one in map(ask, range(6, 9))],
    }
    sources = [
        {"name": name, "input": str(write_lines(tmp_path / f"{name}.jsonl", found))}
        for name, found in rows.items()
    ]
    release = curate("", recipe=recipe_for("", sources=sources))
    assert release.verdicts().count("duplicate") == 3
    assert release.curated.schema.field("tamis_turns").type == TURNS
    turns = [[turn["content"] for turn in found] for found in release.curated["tamis_turns"].to_pylist()]
    assert turns == [list(ask(number).values()) for number in range(9)]
    lines = release.lines()
    assert all(line["survivor_id"] == line["record_id"] for line in lines if line["verdict"] == "duplicate")


def test_one_schema_needs_no_other_form(curate: Curate, tmp_path: Path) -> None:
    release = curate(str(write_lines(tmp_path / "in.jsonl", [chat(1, "messages")])))
    assert "tamis_turns" not in release.curated.column_names


@pytest.mark.parametrize("name", ["chat-sharegpt", "chat-messages"])
def test_real_conversations(curate: Curate, real_data: Path, tmp_path: Path, name: str) -> None:
    pattern = str(real_data / name / "*.parquet")
    release = curate(pattern)
    table = pq.read_table(next((real_data / name).iterdir()))
    assert len(release.ledger) == len(table)
    kept = pa.array([verdict == "kept" for verdict in release.verdicts()])
    assert release.curated.select(table.column_names).to_pylist() == table.filter(kept).to_pylist()
    lines = write_lines(tmp_path / "part-00000-of-00001.jsonl", table.to_pylist())
    other = curate(str(lines), root=tmp_path / "lines", unit_bytes=50_000)
    assert ledger_but_files(other) == ledger_but_files(release)
    assert rows_of(other) == rows_of(release)


@pytest.fixture
def split_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    write_rows(folder / "data" / "train-00000-of-00001.parquet", [*ask_all(20), ask(0)])
    write_lines(folder / "test.jsonl", [ask(at) for at in range(15, 25)])
    return folder


def test_splits_are_kept_apart(curate: Curate, split_folder: Path) -> None:
    release = curate(str(split_folder))
    verdicts = [(line["source"], line["verdict"]) for line in release.lines()]
    assert verdicts == [("input/test", "kept")] * 10 + [("input/train", "kept")] * 20 + [
        ("input/train", "duplicate")
    ]
    sizes = [pq.read_metadata(part).num_rows for part in release.parts("curated")]
    assert sizes == [10, 20]
    card = (release.folder / "README.md").read_text()
    assert "split: test\n    path:\n    - curated/part-00000-of-00002.parquet" in card


def test_tests_outrank_training_where_splits_meet(curate: Curate, split_folder: Path) -> None:
    release = curate("", recipe=recipe_for(str(split_folder), dedup__splits="together"))
    fallen = [line for line in release.lines() if line["verdict"] == "duplicate"]
    assert {line["source"] for line in fallen} == {"input/train"}
    assert [line["row"] for line in fallen] == [*range(15, 20), 20]


def test_each_split_is_compared_with_references(curate: Curate, split_folder: Path, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "old.parquet", [ask(at) for at in (3, 17)])
    recipe = recipe_for(str(split_folder), references=[{"name": "old", "input": str(path)}])
    release = curate("", recipe=recipe)
    fallen = {
        (line["source"], line["row"]): line["survivor_source"]
        for line in release.lines()
        if line["survivor_source"]
    }
    assert fallen == {
        ("input/test", 2): "old/test",
        ("input/train", 3): "old/train",
        ("input/train", 17): "old/train",
        ("input/train", 20): "input/train",
    }
    explain(str(release.root), "train-00000-of-00001.parquet:17")


def test_a_reference_of_one_split_is_compared_with_that_alone(
    curate: Curate, split_folder: Path, tmp_path: Path
) -> None:
    reference = {
        "name": "old",
        "input": str(write_rows(tmp_path / "old.parquet", [ask(17)])),
        "split": "test",
    }
    release = curate("", recipe=recipe_for(str(split_folder), references=[reference]))
    fallen = {(line["source"], line["row"]) for line in release.lines() if line["verdict"] == "duplicate"}
    assert fallen == {("input/test", 2), ("input/train", 20)}
    reference["split"] = "dev"
    with pytest.raises(
        UsageError, match="old is of the split dev, which no source has; they have test, train"
    ):
        curate("", recipe=recipe_for(str(split_folder), references=[reference]))


def test_a_split_alone_is_compared_with_references(
    curate: Curate, split_folder: Path, tmp_path: Path
) -> None:
    reference = {"name": "old", "input": str(write_rows(tmp_path / "old.parquet", [ask(17)]))}
    source = {"name": "input", "input": str(split_folder), "split": "test"}
    release = curate("", recipe=recipe_for("", sources=[source], references=[reference]))
    assert [line["survivor_source"] for line in release.lines() if line["survivor_source"]] == ["old"]


def test_files_of_two_schemas_are_no_one_source(curate: Curate, tmp_path: Path) -> None:
    write_lines(tmp_path / "a.jsonl", ask_all(1))
    write_rows(tmp_path / "b.parquet", [chat(1, "messages")])
    with pytest.raises(UsageError, match="give each a source of its own"):
        curate([str(tmp_path / "a.jsonl"), str(tmp_path / "b.parquet")])


def test_unknown_format_names_the_known(curate: Curate, tmp_path: Path) -> None:
    source = {"name": "a", "input": str(write_lines(tmp_path / "a.jsonl", ask_all(1))), "format": "alpacca"}
    with pytest.raises(UsageError, match="no format 'alpacca'; the formats are alpaca, messages, sharegpt"):
        curate("", recipe=recipe_for("", sources=[source]))


@pytest.mark.parametrize("name", ["in.jsonl", "in.jsonl.gz"])
def test_lines_are_read_from_a_store(curate: Curate, s3: S3, tmp_path: Path, name: str) -> None:
    rows = crowd(5, 100)
    data = as_lines(rows)
    s3.client.put_object(
        Bucket=BUCKET, Key=f"in/{name}", Body=gzip.compress(data) if name.endswith("gz") else data
    )
    far = curate(f"s3://{BUCKET}/in/*", root=tmp_path / "far", unit_bytes=10_000, beam=tuple(s3.flags))
    near = curate(str(write_lines(tmp_path / "in.jsonl", rows)), root=tmp_path / "near")
    assert rows_of(far) == rows_of(near)
    assert ledger_but_files(far) == ledger_but_files(near)


def test_conversations_that_changed_are_judged_as_if_for_the_first_time(
    curate: Curate, tmp_path: Path
) -> None:
    rows = [chat(number, "messages") for number in range(20)]
    path = write_rows(tmp_path / "in.parquet", rows)
    curate(str(path), root=tmp_path / "known")
    rows[3]["messages"].append({"role": "assistant", "content": ""})
    rows[7]["messages"].append({"role": "user", "content": "And?"})
    write_rows(path, [rows[19], *rows])
    fresh, again = (curate(str(path), root=tmp_path / name) for name in ("fresh", "known"))
    assert again.lines() == fresh.lines()
    flags = [line["flags"] for line in fresh.lines()]
    assert {"turn_empty", "turns_out_of_order"} <= set(flags[4])
    assert "turn_unanswered" in flags[8]


@pytest.mark.parametrize("parquet", [True, False])
def test_fields_that_are_never_filled_come_through(curate: Curate, tmp_path: Path, *, parquet: bool) -> None:
    part = pa.struct({"type": pa.string(), "text": pa.string(), "image": pa.null()})
    turns = pa.list_(pa.struct({"role": pa.string(), "content": pa.list_(part)}))
    rows = [
        {"messages": [{"role": role, "content": [{"type": "text", "text": said, "image": None}]}]}
        for number in range(9)
        for role, said in zip(("user", "assistant"), ask(number).values(), strict=False)
    ]
    rows = [
        {"messages": one["messages"] + two["messages"]}
        for one, two in zip(rows[::2], rows[1::2], strict=True)
    ]
    path = tmp_path / ("in.parquet" if parquet else "in.jsonl")
    if parquet:
        pq.write_table(pa.table({"messages": pa.array([row["messages"] for row in rows], turns)}), path)
    else:
        write_lines(path, rows)
    release = curate(str(path))
    assert release.verdicts() == ["kept"] * 9
    assert release.curated.select(["messages"]).to_pylist() == rows


def test_sources_may_have_a_column_in_types_of_their_own(curate: Curate, tmp_path: Path) -> None:
    typed = [
        {"role": turn["role"], "content": [{"type": "text", "text": turn["content"]}]}
        for turn in chat(1, "messages")["messages"]
    ]
    rows = {
        "flat": [ask(0) | {"id": 7, "tools": "none"}],
        "typed": [{"id": "x7", "tools": [{"name": "f"}], "messages": typed}],
        "plain": [chat(2, "messages") | {"id": 0.5}],
    }
    sources = [
        {"name": name, "input": str(write_lines(tmp_path / f"{name}.jsonl", found))}
        for name, found in rows.items()
    ]
    release = curate("", recipe=recipe_for("", sources=sources))
    assert release.verdicts() == ["kept"] * 3
    assert release.curated["id"].to_pylist() == ["7", "x7", "0.5"]
    assert release.curated["tools"].to_pylist() == ["none", '[{"name":"f"}]', None]
    assert json.loads(release.curated["messages"].to_pylist()[1][0]["content"]) == typed[0]["content"]
    assert release.curated["tamis_turns"].to_pylist()[1][0]["content"] == ask(1)["instruction"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"messages": "Hi."}, "'messages' for the turns is string, not lists of objects whose fields role"),
        ({"messages": "Hi."}, "it is text where any line holds a value of another kind"),
        ({"conversations": [{"who": "me"}]}, "'conversations' for the turns is list<item: struct<who"),
        (
            {"prompt": ["Hi."], "completion": "x"},
            "'prompt' for the instruction is list<item: string>, not text",
        ),
    ],
)
def test_columns_of_another_type_are_named(curate: Curate, tmp_path: Path, row: Row, words: str) -> None:
    path = write_lines(tmp_path / "in.jsonl", [row])
    with pytest.raises(UsageError) as refused:
        curate(str(path))
    assert str(path) in str(refused.value)
    assert words in str(refused.value)
