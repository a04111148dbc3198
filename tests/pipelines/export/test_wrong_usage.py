"""What cannot be exported is told in a sentence, and nothing is left behind."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from tests.pipelines.export.conftest import Export
from tests.releases import Curate, Release
from tests.rows import crowd, write_files, write_rows


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Exit code and the sentence."""
    code = main(["export", *map(str, arguments)])
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (
            ["--template", "alpacca"],
            (
                'there is no template "alpacca"; known are alpaca, default, chatml, messages, sharegpt, '
                "prompt-completion, or the path of a Jinja file"
            ),
        ),
        (["--template", "none.jinja"], "the template none.jinja cannot be read: there is no such file"),
        (["--template", "chatml", "--tokenizer", "none.json"], "the tokenizer none.json cannot be read: "),
        (
            ["--template", "messages", "--eos", "</s>"],
            "--eos is for templates that make text; a trainer ends messages",
        ),
        (["--template", "chatml", "--too-long", "truncate"], "--too-long truncate takes --max-tokens"),
        (
            ["--template", "sharegpt", "--too-long", "truncate", "--max-tokens", "9"],
            "--too-long truncate is for templates that make one text, which sharegpt does not",
        ),
        (["--template", "chatml", "--eos", "\udce9"], r"--eos takes text in UTF-8, found '\udce9'"),
        (["--template", "chatml", "--max-tokens", "0"], "--max-tokens takes a whole number from 1, found 0"),
        (
            ["--template", "chatml", "--seed", "-1"],
            "--seed takes a whole number from 0 and under 2**64, found -1",
        ),
        (["--template", "chatml", "--validation", "5"], "--validation takes a share over 0 and up to 100%"),
        (
            ["--template", "chatml", "--validation", "5%", "--verdict", "rejected"],
            "--validation splits the rows that are kept, not those of --verdict rejected",
        ),
        (["--template", "chatml", "--verdict", "dropped"], "--verdict: invalid choice: 'dropped'"),
        (["--template", "chatml", "--format", "csv"], "--format: invalid choice: 'csv'"),
    ],
)
def test_wrong_flags(
    crowded: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: list[str], problem: str
) -> None:
    code, said = refused(capsys, crowded.folder, "--output", tmp_path / "x", *flags)
    assert (code, said.count("\n")) == (2, 1)
    assert problem in said
    assert list(tmp_path.iterdir()) == []


def test_a_template_that_fails_leaves_nothing(
    crowded: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = tmp_path / "mine.jinja"
    template.write_text("{{ raise_exception('no') }}", "utf-8")
    output = ["--output", tmp_path / "x", "--template", template]
    for workers in (1, 2):
        code, said = refused(capsys, crowded.folder, *output, "--workers", workers)
        first = crowded.curated["tamis_record_id"][0]
        assert (code, said) == (2, f"tamis: {template} fails on an example: no (record {first})\n")
    assert list(tmp_path.iterdir()) == [template]
    code, said = refused(capsys, crowded.folder, *output, "--eos", "</s>")
    assert (code, said) == (2, f"tamis: --eos has no effect: {template} does not write eos_token\n")


def test_what_is_no_tokenizer_is_told(
    crowded: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text("{}", "utf-8")
    flags = ["--template", "chatml", "--tokenizer", path]
    code, said = refused(capsys, crowded.folder, "--output", tmp_path / "x", *flags)
    assert code == 2
    assert f"{path} is not a tokenizer of Hugging Face's" in said


def test_what_is_there_is_not_replaced(
    crowded: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str], export: Export
) -> None:
    (tmp_path / "export").mkdir()
    before = export(crowded, "--template", "chatml").contents()
    (tmp_path / "file").write_text("mine", "utf-8")
    capsys.readouterr()
    for path in (tmp_path / "export", tmp_path / "file"):
        code, said = refused(capsys, crowded.folder, "--output", path, "--template", "chatml")
        assert (code, said) == (2, f"tamis: {path} is there already; --output takes a new or empty folder\n")
    assert export.__call__ is not None
    assert set(before) == {
        str(path.relative_to(tmp_path / "export"))
        for path in (tmp_path / "export").rglob("*")
        if path.is_file()
    }


def test_dropped_rows_of_inputs_that_changed_are_not_exported(
    curate: Curate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pattern = write_files(tmp_path / "input", crowd(7, 80), [40], 20)
    release = curate(pattern)
    path = tmp_path / "input" / "part-1.parquet"
    whole, table = path.read_bytes(), pq.read_table(path)
    flags = ["--output", tmp_path / "x", "--template", "chatml", "--verdict", "duplicate", "--workers", "1"]
    rows = table.to_pylist()
    for row in rows:
        row["output"] = row["output"][::-1]
    pq.write_table(table.from_pylist(rows, table.schema), path, row_group_size=20)
    with path.open("ab") as file:
        file.write(b"\0")
    code, said = refused(capsys, release.folder, *flags)
    assert code == 1
    assert f"tamis: the input {path} has changed: {len(whole):,} bytes then, " in said
    path.unlink()
    assert refused(capsys, release.folder, *flags) == (
        1,
        f"tamis: the input {path} is gone, and with it the rows that were dropped from it\n",
    )
    assert not (tmp_path / "x").exists()


def test_rows_that_changed_in_a_file_of_the_same_size_are_found(
    curate: Curate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"instruction": "Name a river in Europe.", "output": "The Danube."}] * 2
    path = write_rows(tmp_path / "in.parquet", rows, compression="none")
    release = curate(str(path))
    path.write_bytes(path.read_bytes().replace(b"The Danube.", b"The Dniepr."))
    flags = ["--output", tmp_path / "x", "--template", "chatml", "--verdict", "duplicate", "--workers", "1"]
    assert refused(capsys, release.folder, *flags) == (
        1,
        f"tamis: the input {path} has changed: rows of it have other record ids now\n",
    )


def test_a_release_that_lost_rows_is_found_out(
    curate: Curate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = curate(write_files(tmp_path / "input", crowd(8, 40), [], 20))
    (part,) = release.parts("curated")
    size = part.stat().st_size
    pq.write_table(pq.read_table(part).slice(1), part)
    manifest = release.folder / "manifest.json"
    told = manifest.read_text("utf-8").replace(f'"bytes": {size},', f'"bytes": {part.stat().st_size},')
    manifest.write_text(told, "utf-8")
    code, said = refused(
        capsys, release.folder, "--output", tmp_path / "x", "--template", "chatml", "--workers", "1"
    )
    assert code == 1
    assert "kept rows were read, the manifest counts" in said
    assert not (tmp_path / "x").exists()
