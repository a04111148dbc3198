"""A unit that changed in part: its new rows are judged, and what comes out is as if all had been."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipelines.errors import RunError
from tests.refreshes import Shards
from tests.releases import Curate, Release, Row, recipe_for
from tests.rows import ask_all, crowd, write_files, write_rows
from tests.taggers import watch_tagger
from tests.tokenizers import byte_level
from transforms.kernels.shingles import Shingles, shingle
from transforms.steps import unit_rows
from transforms.steps.cache import KINDS
from transforms.steps.parquet import UnitReader

SEEN: list[str] = []
COUNTING = {
    "name": "counted",
    "use": f"{__name__}:count",
    "meaning": "Its text was looked at.",
    "action": "flag",
}


def count(rows: pa.RecordBatch) -> pa.Array:
    """Mark nothing, and remember what was looked at."""
    SEEN.extend(text for text in rows["instruction"].to_pylist() if text != "Say hello.")  # it is tried first
    return pc.equal(rows["instruction"], "")


def cached(root: Path) -> dict[str, bytes]:
    """The entries of a cache by their names."""
    folders = [root / ".cache" / kind for kind in KINDS]
    return {
        str(path.relative_to(root)): path.read_bytes() for one in folders for path in one.rglob("*.arrow")
    }


def parts(release: Release) -> dict[str, bytes]:
    return {name: content for name, content in release.contents().items() if name.endswith(".parquet")}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "changes", [{}, {"dedup__similarity": "joined", "dedup__order": "first_seen"}], ids=str
)
def test_what_is_found_is_as_from_nothing(curate: Curate, tmp_path: Path, seed: int, changes: Row) -> None:
    pattern = write_files(tmp_path / "in", crowd(seed, 200), [90, 150], 30)
    recipe = recipe_for(pattern, **changes)
    first = curate(pattern, recipe=recipe)
    before, shards = cached(first.root), Shards(tmp_path / "in", Random(seed))
    for _ in range(2):
        shards.change(0.05)
        warm = curate(pattern, recipe=recipe)
    cold = curate(pattern, recipe=recipe, root=tmp_path / "cold")
    assert parts(warm) == parts(cold)
    found = cached(warm.root)
    assert found.keys() > cached(cold.root).keys() - before.keys()
    assert cached(cold.root).items() <= found.items()


TOLD = {
    "language__enabled": True,
    "rules__too_many_tokens": {"action": "flag", "max_tokens": 30},
    "rules__instruction_too_long__max_tokens": 8,
}


@pytest.mark.parametrize("seed", range(3))
def test_languages_and_tokens_are_as_from_nothing(curate: Curate, tmp_path: Path, seed: int) -> None:
    pattern = write_files(tmp_path / "in", crowd(seed, 160), [90], 30)
    (tmp_path / "tokenizer.json").write_bytes(byte_level())
    for kind in ({}, {"tokenizer": str(tmp_path / "tokenizer.json")}):
        recipe = recipe_for(pattern, **TOLD, **kind)
        curate(pattern, recipe=recipe)
        Shards(tmp_path / "in", Random(seed)).change(0.2)
        warm, cold = (curate(pattern, recipe=recipe, root=tmp_path / name) for name in ("output", "cold"))
        assert parts(warm) == parts(cold)
        flags = warm.manifest.counts.flags
        assert flags["too_many_tokens"] > 0


def test_a_rule_on_tokens_looks_at_no_reference_set(curate: Curate, tmp_path: Path) -> None:
    pattern = write_files(tmp_path / "in", crowd(1, 60), [60], 30)
    rows = crowd(2, 40)
    reference = write_rows(tmp_path / "reference.parquet", rows)
    references = [{"name": "told", "input": [str(reference)]}]
    curate(pattern, recipe=recipe_for(pattern, references=references))
    write_rows(reference, [row | {"output": f"{row['output']} Indeed so."} for row in rows])
    recipe = recipe_for(pattern, references=references, rules__too_many_tokens__action="flag")
    warm, cold = (curate(pattern, recipe=recipe, root=tmp_path / name) for name in ("output", "cold"))
    assert parts(warm) == parts(cold)


def test_only_new_rows_are_looked_at(curate: Curate, tmp_path: Path) -> None:
    rows = ask_all(40)
    path = write_rows(tmp_path / "in.parquet", rows, row_group_size=10)
    recipe = recipe_for(str(path), own=[COUNTING])
    curate(str(path), recipe=recipe)
    changed = [rows[9], *rows[:3], {"instruction": "Name a river.", "output": "The Po."}, *rows[3:30]]
    write_rows(path, changed, row_group_size=8)
    SEEN.clear()
    after = curate(str(path), recipe=recipe)
    assert SEEN == ["Name a river."]
    assert [line["row"] for line in after.lines()] == list(range(len(changed)))
    assert pq.read_table(after.parts("curated")[0])["instruction"].to_pylist().count("Name a river.") == 1


def answer_by_length(rows: pa.RecordBatch) -> dict[str, pa.Array]:
    """Tag what has a long answer as cooking."""
    long = pc.greater(pc.utf8_length(rows["output"]), 12)
    return {"domain": pc.if_else(long, "cooking", "other")}


@pytest.mark.parametrize("own", [None, f"{__name__}:answer_by_length"])
def test_prompts_that_were_looked_at_are_not_again(
    curate: Curate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str | None
) -> None:
    rows = crowd(7, 120)
    path = write_rows(tmp_path / "in.parquet", rows, row_group_size=50)
    recipe = recipe_for(str(path), own_tagger=own)
    curate(str(path), recipe=recipe)
    rows = [row | {"output": f"{row['output']} Indeed so."} for row in rows]
    rows[3]["instruction"] = "Name a river."
    write_rows(path, rows, row_group_size=50)
    looked = watch_tagger(monkeypatch)
    warm = curate(str(path), recipe=recipe)
    # What the user's own tagger says may go by the answer.
    assert len([asked for asked in looked if asked != "Say hello."]) == (1 if own is None else len(rows))
    assert parts(warm) == parts(curate(str(path), recipe=recipe, root=tmp_path / "cold"))


def test_shingles_of_rows_that_stayed_are_handed_on(
    curate: Curate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = crowd(3, 200)
    path = write_rows(tmp_path / "in.parquet", rows, row_group_size=50)
    recipe = recipe_for(str(path))
    curate(str(path), recipe=recipe)
    shingled: list[int] = []

    def watch(texts: pa.LargeStringArray, *rest: Any) -> Shingles:
        shingled.append(len(texts))
        return shingle(texts, *rest)

    monkeypatch.setattr(unit_rows, "shingle", watch)
    rows[7] |= {"output": f"{rows[8]['output']} Indeed so."}
    write_rows(path, rows, row_group_size=50)
    warm = curate(str(path), recipe=recipe)
    assert sum(shingled) <= 2 * 2
    assert parts(warm) == parts(curate(str(path), recipe=recipe, root=tmp_path / "cold"))
    assert sum(shingled) > 50


def write_lines(path: Path, rows: list[Row], *damaged: int) -> Path:
    lines = [json.dumps(row) for row in rows]
    for at in damaged:
        lines[at] += "}"
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


@pytest.mark.parametrize(("unit_bytes", "most"), [(4_000, 150), (1 << 20, 1)])
def test_only_new_lines_are_looked_at(curate: Curate, tmp_path: Path, unit_bytes: int, most: int) -> None:
    rows = crowd(4, 300)
    path = write_lines(tmp_path / "in.jsonl", rows, 299)
    recipe = recipe_for(str(path), own=[COUNTING])
    curate(str(path), recipe=recipe, unit_bytes=unit_bytes)
    new = {"instruction": "Name a river.", "output": "The Po."}
    write_lines(path, [rows[9], *rows[:100], new, *rows[103:299]])
    SEEN.clear()
    warm = curate(str(path), recipe=recipe, unit_bytes=unit_bytes)
    assert "Name a river." in SEEN
    assert len(SEEN) <= most
    cold = curate(str(path), recipe=recipe, unit_bytes=unit_bytes, root=tmp_path / "cold")
    assert parts(warm) == parts(cold)
    found = cached(warm.root)
    assert cached(cold.root).items() <= found.items()


def test_lines_that_are_damaged_now_are_told(curate: Curate, tmp_path: Path) -> None:
    rows = crowd(5, 60)
    path = write_lines(tmp_path / "in.jsonl", rows)
    curate(str(path))
    write_lines(path, rows, 7)
    warm, cold = (curate(str(path), root=tmp_path / name) for name in ("output", "cold"))
    assert warm.verdicts().count("unreadable") == 1
    assert parts(warm) == parts(cold)


def frail(rows: pa.RecordBatch) -> pa.Array:
    """Mark what begins with "No", in a way that an empty text would break."""
    return pa.array([text.split()[0] == "No" for text in rows["instruction"].to_pylist()], pa.bool_())


def test_damaged_lines_are_judged_by_nobody(curate: Curate, tmp_path: Path) -> None:
    rows = crowd(6, 60)
    path = write_lines(tmp_path / "in.jsonl", rows)
    own = {"name": "frail", "use": f"{__name__}:frail", "meaning": "It begins with No.", "action": "flag"}
    recipe = recipe_for(str(path), own=[own])
    curate(str(path), recipe=recipe)
    write_lines(path, [{"instruction": "Name a river.", "output": "The Po."}, *rows], 40)
    warm, cold = (curate(str(path), recipe=recipe, root=tmp_path / name) for name in ("output", "cold"))
    assert warm.verdicts().count("unreadable") == 1
    assert parts(warm) == parts(cold)


def test_another_recipe_looks_at_all_rows(curate: Curate, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.parquet", ask_all(10))
    curate(str(path), recipe=recipe_for(str(path), own=[COUNTING]))
    write_rows(path, ask_all(11))
    SEEN.clear()
    curate(str(path), recipe=recipe_for(str(path), own=[COUNTING], rules__placeholder__action="flag"))
    assert len(SEEN) == 11


def test_other_types_of_the_same_stored_bytes(curate: Curate, tmp_path: Path) -> None:
    """Which of equal rows survives goes by all their columns, and a column of numbers by its type."""
    rows = [*ask_all(60), *ask_all(60)]
    path = tmp_path / "in.parquet"

    def write(scale: int) -> str:
        numbers = [Decimal(at).scaleb(-scale) for at in range(len(rows))]
        table = pa.Table.from_pylist(rows).append_column("v", pa.array(numbers, pa.decimal128(7, scale)))
        pq.write_table(table, path, store_schema=False)
        return str(path)

    curate(write(2))
    after, alone = curate(write(3)), curate(write(3), root=tmp_path / "elsewhere")
    assert parts(after) == parts(alone)


@pytest.mark.parametrize("kind", ["places", "judgement", "identity", "signatures", "shingles"])
def test_what_is_damaged_of_the_past_is_told(
    curate: Curate, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, path = crowd(5, 120), tmp_path / "in.parquet"
    root = curate(str(write_rows(path, rows))).root
    found = sorted(file for file in (root / ".cache" / kind).rglob("*.*") if file.suffix != ".later")
    for file in found:
        file.write_bytes(b"damaged")
    write_rows(path, [*rows[:-1], rows[-1] | {"output": "Something else altogether, and new."}])
    capsys.readouterr()
    again = curate(str(path), root=root)
    assert again.run["damaged_entries"] == [str(file) for file in found] != []
    assert f"{found[0]} was damaged" in capsys.readouterr().err
    assert parts(again) == parts(curate(str(path), cache=str(tmp_path / "empty")))


def test_a_column_of_turns_may_have_a_dot_in_its_name(curate: Curate, tmp_path: Path) -> None:
    """Another text in it is another text."""
    path = tmp_path / "in.parquet"
    source = {"name": "s", "input": str(path), "format": "messages", "columns": {"turns": "data.messages"}}

    def write(*answers: str) -> None:
        turns = [
            [{"role": "user", "content": f"Name river {at}."}, {"role": "assistant", "content": answer}]
            for at, answer in enumerate(answers)
        ]
        pq.write_table(pa.table({"data.messages": turns}), path)

    recipe = recipe_for("", sources=[source])
    write("The Danube.", "The Rhine.")
    root = curate("", recipe=recipe).root
    write("The Danube.", "")
    again = curate("", recipe=recipe, root=root)
    assert again.lines()[1]["reasons"] == ["output_empty"]
    assert parts(again) == parts(curate("", recipe=recipe, cache=str(tmp_path / "empty")))


def test_what_is_written_to_meanwhile_is_not_cached(
    curate: Curate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found of other bytes would be believed for ever."""
    path = write_rows(tmp_path / "in.parquet", ask_all(20))
    digests = UnitReader.digests

    def late(reader: UnitReader, group: int) -> tuple[str, str]:
        found = digests(reader, group)
        path.write_bytes(path.read_bytes())
        return found

    monkeypatch.setattr(UnitReader, "digests", late)
    with pytest.raises(RunError, match=r"in\.parquet has changed during the run: it was written to"):
        curate(str(path), cache=str(tmp_path / "cache"))
    assert not list((tmp_path / "cache").rglob("*.arrow"))
