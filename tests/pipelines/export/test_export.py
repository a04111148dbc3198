"""What an export holds: the rows asked for, as the template has them, and the same bytes each time."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import planning
from schemas.recipe import built_in, override
from tests.pipelines.export.conftest import Export, Row
from tests.releases import Curate, Release, make_release, recipe_for
from tests.rows import ask, ask_all, write_files, write_rows
from transforms.kernels.own_rules import load_own
from transforms.kernels.templates import TEMPLATES
from transforms.steps import storage

COLUMNS = {
    **{key: ["prompt", "completion", "full_text", "loss_spans"] for key in ["alpaca", "default", "chatml"]},
    "messages": ["messages"],
    "sharegpt": ["conversations"],
    "prompt-completion": ["prompt", "completion"],
}


THEIRS = """
import pyarrow.compute as pc

def mark(rows):
    return pc.is_valid(rows["output"])

def tag(rows):
    return {"verb": rows["output"].cast("string")}
"""


def curated(release: Release) -> list[Row]:
    """The kept rows of a release."""
    return [row for path in release.parts("curated") for row in pq.read_table(path).to_pylist()]


@pytest.mark.parametrize("format_", ["parquet", "jsonl"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_kept_row_in_order_in_every_template(
    crowded: Release, export: Export, template: str, format_: str
) -> None:
    found = export(crowded, "--template", template, "--format", format_)
    rows, kept = found.rows(), curated(crowded)
    assert [row["record_id"] for row in rows] == [row["tamis_record_id"] for row in kept]
    assert [*rows[0]] == ["record_id", *COLUMNS[template], "tokens"]
    assert found.manifest.splits["train"].rows == len(rows) == found.manifest.counts.written
    assert found.manifest.splits["train"].tokens == sum(row["tokens"] for row in rows)
    for row, source in zip(rows, kept, strict=True):
        asked = "\n".join(filter(None, [source["instruction"], source["input"]]))
        if template == "prompt-completion":
            assert (row["prompt"], row["completion"]) == (f"{asked}\n", source["output"])
        elif template == "messages":
            assert [one["content"] for one in row["messages"]] == [asked, source["output"]]
        elif template == "sharegpt":
            assert [*row["conversations"][1].values()] == ["gpt", source["output"]]
        else:
            assert row["full_text"] == row["prompt"] + row["completion"]
            (span,) = row["loss_spans"]
            assert row["full_text"][span["start"] : span["end"]].startswith(source["output"])
            assert row["tokens"] == -(-len(row["full_text"]) // 4)


def test_the_manifest_names_the_release_and_every_file(crowded: Release, export: Export) -> None:
    found = export(crowded, "--template", "default")
    manifest = found.manifest
    assert (manifest.release, manifest.digest) == ("0001", crowded.manifest.digest)
    assert manifest.content_digest == crowded.manifest.content_digest
    there = found.contents()
    del there["export.json"]
    assert (
        [file.path for file in manifest.files]
        == [*there]
        == [f"data/train-0000{part}-of-00003.parquet" for part in range(3)]
    )
    for file in manifest.files:
        content = there[file.path]
        assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert manifest.tokens == "4 characters a token"


@pytest.mark.parametrize("format_", ["parquet", "jsonl"])
def test_any_number_of_workers_writes_the_same_bytes(
    crowded: Release, export: Export, tokenizer: Path, format_: str
) -> None:
    flags = ["--template", "chatml", "--format", format_, "--validation", "20%", "--pack", "512"]
    flags += ["--tokenizer", str(tokenizer), "--max-tokens", "700", "--too-long", "truncate", "--eos", "</s>"]
    one = export(crowded, *flags)
    again = export(crowded, *flags, "--workers", 3, name="again")
    assert one.contents() == again.contents()


@pytest.mark.parametrize("verdict", ["rejected", "duplicate"])
def test_dropped_rows_come_from_the_input_or_the_release(
    curate: Curate, export: Export, crowded: Release, verdict: str
) -> None:
    pattern = str(Path(crowded.manifest.inputs[0].path).parent / "*.parquet")
    saved = curate("", recipe=recipe_for(pattern, output__save_rejects=True, output__shards=3))
    wanted = [line for line in crowded.lines() if line["verdict"] == verdict]
    assert len(wanted) >= 30
    tables = {Path(one.path).name: pq.read_table(one.path).to_pylist() for one in crowded.manifest.inputs}
    outputs = [tables[line["file"]][line["row"]]["output"] for line in wanted]
    for name, release in {"inputs": crowded, "saved": saved}.items():
        rows = export(release, "--template", "messages", "--verdict", verdict, name=name).rows(verdict)
        assert [row["record_id"] for row in rows] == [line["record_id"] for line in wanted]
        assert [row["messages"][1]["content"] for row in rows] == outputs


@pytest.mark.parametrize("saved", [False, True])
def test_dropped_rows_are_masked_as_saved_ones_are(
    curate: Curate,
    export: Export,
    tmp_path: Path,
    saved: bool,  # noqa: FBT001 a case
) -> None:
    mail, masked = "Write to anna.schmidt@web.de for more of it.", "Write to [EMAIL] for more of it."
    rows = [*ask_all(9), {**ask(3), "output": mail}, {**ask(3), "output": mail}]
    pattern = str(write_rows(tmp_path / "in.parquet", rows))
    changes = {"rules__private_data__action": "mask", "output__save_rejects": saved}
    release = curate("", recipe=recipe_for(pattern, **changes))
    (row,) = export(release, "--template", "messages", "--verdict", "duplicate").rows("duplicate")
    assert row["messages"][1]["content"] == masked


def test_each_input_file_is_looked_up_in_its_own_parts_of_the_ledger(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, rows = 12, 6
    short = [{"instruction": f"{at}", "input": None, "output": "No."} for at in range(files * rows)]
    pattern = write_files(tmp_path / "input", short, [*range(rows, files * rows, rows)], 2)
    monkeypatch.setattr(planning, "_LEDGER_ROWS", rows)
    release = make_release(tmp_path / "output", recipe_for(pattern))
    assert len(release.parts("verdicts")) == files
    opened: list[str] = []
    real = storage.open_input
    monkeypatch.setattr(storage, "open_input", lambda path: opened.append(path) or real(path))
    found = export(release, "--template", "messages", "--verdict", "rejected").rows("rejected")
    assert [row["record_id"] for row in found] == [line["record_id"] for line in release.lines()]
    assert sum("/verdicts/" in path for path in opened) == 2 * files


def test_a_limit_drops_or_truncates_and_counts(crowded: Release, export: Export) -> None:
    whole = export(crowded, "--template", "default", name="whole").rows()
    most = 110  # what is asked in the crowd fits, and its answers do not
    flags = ["--template", "default", "--max-tokens", most]
    dropped = export(crowded, *flags, name="dropped")
    assert dropped.rows() == [row for row in whole if row["tokens"] <= most]
    assert dropped.manifest.counts.too_long == len(whole) - len(dropped.rows()) > 0
    cut = export(crowded, *flags, "--too-long", "truncate", name="cut")
    assert len(cut.rows()) == len(whole)
    assert cut.manifest.counts.truncated == dropped.manifest.counts.too_long
    assert [row["full_text"] for row in cut.rows()] == [row["full_text"][: 4 * most] for row in whole]
    none = export(crowded, "--template", "default", "--max-tokens", 1, "--too-long", "truncate", name="none")
    assert none.rows() == []
    assert none.manifest.counts.nothing_left == len(whole)


def test_a_tokenizer_counts_and_says_where_answers_are(
    crowded: Release, export: Export, tokenizer: Path
) -> None:
    from tokenizers import Tokenizer

    flags = ["--template", "chatml", "--tokenizer", tokenizer, "--eos", "</s>", "--pack", 512]
    found = export(crowded, *flags)
    plain = Tokenizer.from_file(str(tokenizer))
    for row in found.rows():
        encoded = plain.encode(row["full_text"], add_special_tokens=False)
        assert row["tokens"] == len(encoded)
        (span,) = row["loss_token_spans"]
        ids = encoded.ids[span["start"] : span["end"]]
        answer = row["completion"].removesuffix("\n")
        assert plain.decode(ids, skip_special_tokens=False) == answer
        assert answer.endswith("<|im_end|></s>")
    assert found.manifest.tokens == f"tokenizer {hashlib.sha256(tokenizer.read_bytes()).hexdigest()}"
    packing = found.manifest.splits["train"].packing
    assert packing is not None
    tokens = sum(min(row["tokens"], 512) for row in found.rows())
    assert packing.fill == round(tokens / (packing.sequences * 512), 6) > 0.5


@pytest.mark.parametrize("template", TEMPLATES)
def test_empty_system_prompt_of_a_column_is_none(
    curate: Curate, export: Export, tmp_path: Path, template: str
) -> None:
    exports = []
    for name, silent in (("said", ""), ("unsaid", None)):
        for at, row in enumerate(ask_all(4)):
            turns = [
                {"role": role, "content": row[said]}
                for role, said in (("user", "instruction"), ("assistant", "output"))
            ]
            flat, prompt = at % 2 == 0, "Be kind." if at < 2 else silent
            example = row if flat else {"messages": turns}
            write_rows(tmp_path / name / f"{at}.parquet", [{**example, "system": prompt}])
        sources = [{"name": str(at), "input": f"{tmp_path}/{name}/{at}.parquet"} for at in range(4)]
        release = curate("", root=tmp_path / f"{name}-output", recipe=recipe_for("", sources=sources))
        exports.append(export(release, "--template", template, name=f"{name}-export").rows())
    assert exports[0] == exports[1]
    assert len(exports[0]) == 4


def test_sources_of_several_schemas_are_told_apart(curate: Curate, export: Export, tmp_path: Path) -> None:
    flat = write_rows(tmp_path / "flat.parquet", ask_all(5))
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Why is the sky blue?"},
        {"role": "assistant", "content": "Because of how light scatters."},
    ]
    chat = write_rows(tmp_path / "chat.parquet", [{"messages": turns}])
    lines = tmp_path / "lines.jsonl"
    lines.write_text(
        json.dumps({"question": "Who wrote Faust?", "answer": "Goethe wrote it."}) + "\n", "utf-8"
    )
    sources = [{"name": path.stem, "input": str(path)} for path in (flat, chat, lines)]
    release = curate(
        "", recipe=override(built_in("default"), {"sources": sources, "language.enabled": False})
    )
    rows = export(release, "--template", "messages").rows()
    assert [one["role"] for one in rows[5]["messages"]] == ["system", "user", "assistant"]
    assert [row["messages"][-1]["content"] for row in rows] == [
        *(row["output"] for row in ask_all(5)),
        "Because of how light scatters.",
        "Goethe wrote it.",
    ]


def test_a_users_template_is_rendered(crowded: Release, export: Export, tmp_path: Path) -> None:
    template = tmp_path / "mine.jinja"
    template.write_text("Q: {{ instruction }}\nA: {{ output }}{{ eos_token }}", "utf-8")
    found = export(crowded, "--template", template, "--eos", "</s>", name="mine")
    for row, source in zip(found.rows(), curated(crowded), strict=True):
        assert row["prompt"] == f"Q: {source['instruction']}\nA: "
        assert row["completion"] == f"{source['output']}</s>"
    assert found.manifest.template.model_dump() == {
        "name": "mine.jinja",
        "sha256": hashlib.sha256(template.read_bytes()).hexdigest(),
    }


def test_calls_are_written_as_lines_and_counted_where_they_are_not(
    curate: Curate, export: Export, tmp_path: Path
) -> None:
    call = {"name": "sum", "arguments": "[1, 1]"}
    turns = [
        {"role": "user", "content": "What is one and one?", "tool_calls": None},
        {"role": "assistant", "content": "I will ask for it.", "tool_calls": [call]},
    ]
    path = tmp_path / "chat.parquet"
    pq.write_table(pa.Table.from_pylist([{"messages": turns, "tools": '[{"name": "sum"}]'}]), path)
    release = curate(str(path))
    lines = export(release, "--template", "messages", "--format", "jsonl", name="lines")
    (row,) = lines.rows()
    assert row["messages"][1] == {"role": "assistant", "content": "I will ask for it.", "tool_calls": [call]}
    assert row["tools"] == '[{"name": "sum"}]'
    assert lines.manifest.counts.unwritten == 0
    parquet = export(release, "--template", "messages", name="parquet")
    assert [*parquet.rows()[0]["messages"][1]] == ["role", "content"]
    assert parquet.manifest.counts.unwritten == 1
    assert export(release, "--template", "chatml", name="text").manifest.counts.unwritten == 1


def test_calls_and_tools_are_written_without_the_keys_of_other_rows(
    curate: Curate, export: Export, tmp_path: Path
) -> None:
    rows = []
    for name, arguments in (("mass", {"star": "Sun", "digits": 3}), ("age", {"unit": "years", "ratio": 0.5})):
        call = {"name": name, "arguments": arguments}
        asked = {"role": "user", "content": f"What is the {name} of the Sun?"}
        answer = {"role": "assistant", "content": f"I will look its {name} up.", "tool_calls": [call]}
        rows.append(
            {"messages": [asked, answer], "tools": [{"name": name, "takes": dict.fromkeys(arguments, 1)}]}
        )
    path = tmp_path / "chat.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    written = export(curate(str(path)), "--template", "messages", "--format", "jsonl").rows()
    found = [{**row, "tools": json.loads(row["tools"])} for row in written]
    assert [{name: row[name] for name in ("messages", "tools")} for row in found] == rows


def test_parts_that_no_message_can_hold_beside_texts_are_counted(
    curate: Curate, export: Export, tmp_path: Path
) -> None:
    picture = {"type": "image_url", "image_url": {"url": "moon.png"}}
    asked = [{"type": "text", "text": "What is to be seen here?"}, picture]
    turns = [
        {"role": "user", "content": asked},
        {"role": "assistant", "content": "The moon, in its last quarter."},
    ]
    path = tmp_path / "chat.jsonl"
    path.write_text(json.dumps({"messages": turns}) + "\n")
    release = curate(str(path))
    lines = export(release, "--template", "messages", "--format", "jsonl", name="lines")
    assert lines.rows()[0]["messages"][0] == {"role": "user", "content": "What is to be seen here?"}
    assert lines.manifest.counts.unwritten == 1
    shared = export(release, "--template", "sharegpt", "--format", "jsonl", name="shared")
    assert shared.rows()[0]["conversations"][0]["content"][1] == picture
    assert shared.manifest.counts.unwritten == 0


def test_code_that_the_recipe_of_a_release_names_is_not_run(
    curate: Curate, export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be somebody else's release."""
    (tmp_path / "theirs.py").write_text(THEIRS)
    monkeypatch.syspath_prepend(tmp_path)
    pattern = str(write_rows(tmp_path / "in.parquet", ask_all(9)))
    own = [{"name": "theirs", "use": "theirs:mark", "meaning": "All.", "action": "reject"}]
    release = curate("", recipe=recipe_for(pattern, own=own, own_tagger="theirs:tag"))
    load_own.cache_clear()
    monkeypatch.delitem(sys.modules, "theirs")
    found = export(release, "--template", "messages", "--verdict", "rejected")
    assert len(found.rows("rejected")) == 9
    assert "theirs" not in sys.modules
