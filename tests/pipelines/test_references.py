"""Sets that rows are compared with: they outrank every row, and are in no part of the release."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from pipelines.errors import RunError
from tests.releases import Curate, Release, Row, make_release, recipe_for
from tests.rows import WORDS, ask, ask_all, damage, write_rows

WORDS_A_ROW = 100


def told(*changed: int) -> Row:
    """A row of a hundred words, other in some places; each change far from others takes five shingles."""
    words = Random(4).choices(WORDS.split(), k=WORDS_A_ROW)
    for at in changed:
        words[at] = f"other{at}"
    return {"instruction": "Tell me of the words.", "output": " ".join(words)}


def shared(changes: int) -> float:
    """Similarity of two of these that differ in so many words."""
    shingles = WORDS_A_ROW - 4
    return (shingles - 5 * changes) / (shingles + 5 * changes)


KNOWN = [told(), told(10), told(), ask(0), {"instruction": "no", "output": "x"}]
ROWS = [told(10, 30), ask(1), ask(0), told(), told(10, 30, 50), ask(2)]
FIRST, ALONE, EQUAL, TWICE, BEYOND, LAST = range(len(ROWS))


def compared(folder: Path, **changes: object) -> Release:
    write_rows(folder / "known" / "k.parquet", KNOWN, row_group_size=2)
    write_rows(folder / "in" / "a.parquet", ROWS, row_group_size=4)
    set_ = {"name": "known", "input": f"{folder}/known/*.parquet"}
    recipe = recipe_for(f"{folder}/in/*.parquet", references=[set_], dedup__threshold=0.85, **changes)
    return make_release(folder / "output", recipe)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return compared(tmp_path_factory.mktemp("references"), output__save_rejects=True)


def test_rows_equal_or_similar_to_one_name_it(release: Release) -> None:
    lines = release.lines()
    assert [line["verdict"] for line in lines] == [
        "duplicate",
        "kept",
        "duplicate",
        "duplicate",
        "kept",
        "kept",
    ]
    fallen = [lines[at] for at in (FIRST, EQUAL, TWICE)]
    assert {(line["survivor_source"], line["survivor_file"]) for line in fallen} == {("known", "k.parquet")}
    assert [line["survivor_row"] for line in fallen] == [1, 3, 0]
    assert [line["similarity"] for line in fallen] == [shared(1), 1.0, 1.0]
    assert {line["won_by"] for line in fallen} == {"reference"}
    assert fallen[1]["survivor_id"] == fallen[1]["cluster"] == lines[EQUAL]["record_id"]


def test_reference_like_another_still_outranks_what_only_it_is_like(release: Release) -> None:
    assert shared(1) > 0.85 > shared(2)
    assert release.lines()[FIRST]["survivor_row"] == 1
    assert release.lines()[BEYOND]["verdict"] == "kept"


def test_references_are_in_no_part_and_no_figure(release: Release) -> None:
    assert set(release.ledger["source"].to_pylist()) == {"input"}
    assert release.curated["output"].to_pylist() == [ROWS[at]["output"] for at in (ALONE, BEYOND, LAST)]
    assert len(release.read("rejects")) == 3
    report = release.report
    assert (report.rows.found, report.rows.kept, report.scale.files_in) == (6, 3, 1)
    assert [(step.removed, step.left) for step in report.funnel] == [(0, 6), (0, 6), (2, 4), (1, 3), (0, 3)]
    assert {share.name for share in report.sources} == {"input"}
    assert report.input.rows == 6
    assert report.duplicates.clusters.count == 0
    (found,) = report.duplicates.references
    assert (found.name, found.exact, found.near) == ("known", 2, 1)
    assert sum(release.manifest.counts.verdicts.values()) == release.manifest.counts.ledger == 6


def test_references_are_listed_as_what_they_are(release: Release) -> None:
    records = {record.role: record for record in release.manifest.inputs}
    assert set(records) == {"input", "reference"}
    assert (records["reference"].source, records["reference"].rows_planned) == ("known", 5)
    assert records["reference"].digest


def test_rules_do_not_judge_references(curate: Curate, tmp_path: Path) -> None:
    known = {"instruction": "no", "output": "Tell me."}
    write_rows(tmp_path / "known.parquet", [known])
    write_rows(tmp_path / "in.parquet", [{**known, "instruction": "NO"}, ask(1)])
    set_ = {"name": "known", "input": f"{tmp_path}/known.parquet"}
    changes = {"references": [set_], "rules__instruction_too_short__action": "off"}
    release = curate("", recipe=recipe_for(f"{tmp_path}/in.parquet", **changes))
    assert release.verdicts() == ["duplicate", "kept"]


def test_release_made_before_is_a_reference(curate: Curate, tmp_path: Path, release: Release) -> None:
    write_rows(tmp_path / "in.parquet", [*ROWS, ask(9)])
    recipe = recipe_for(
        f"{tmp_path}/in.parquet", references=[{"name": "before", "input": f"{release.folder}/curated/*"}]
    )
    again = curate("", recipe=recipe)
    assert [line["survivor_source"] == "before" for line in again.lines()] == [
        at in {FIRST, ALONE, BEYOND, LAST} for at in range(len(ROWS) + 1)
    ]
    assert again.curated["output"].to_pylist() == [ask(0)["output"], told()["output"], ask(9)["output"]]
    assert "tamis_verb" in again.curated.column_names


def test_sets_have_columns_of_their_own(curate: Curate, tmp_path: Path) -> None:
    write_rows(
        tmp_path / "known.parquet", [{"q": row["instruction"], "a": row["output"]} for row in ask_all(3)]
    )
    write_rows(tmp_path / "in.parquet", ask_all(4))
    columns = {"instruction": "q", "output": "a"}
    set_ = {"name": "known", "input": f"{tmp_path}/known.parquet", "columns": columns}
    release = curate("", recipe=recipe_for(f"{tmp_path}/in.parquet", references=[set_]))
    assert release.verdicts() == ["duplicate"] * 3 + ["kept"]
    assert release.curated.column_names[:2] == ["instruction", "output"]


def test_number_that_the_order_goes_by_need_not_be_in_references(curate: Curate, tmp_path: Path) -> None:
    for name, score in (("without", None), ("with_text", "high")):
        write_rows(tmp_path / name / "known.parquet", [ask(1) | ({"score": score} if score else {})])
        write_rows(tmp_path / name / "in.parquet", [{**ask(at), "score": at} for at in range(3)])
        set_ = {"name": "known", "input": f"{tmp_path}/{name}/known.parquet"}
        changes = {"references": [set_], "dedup__order": "highest", "dedup__column": "score"}
        recipe = recipe_for(f"{tmp_path}/{name}/in.parquet", **changes)
        release = curate("", recipe=recipe, root=tmp_path / name / "output")
        assert release.verdicts() == ["kept", "duplicate", "kept"]


def test_input_without_rows_is_no_failure(curate: Curate, tmp_path: Path) -> None:
    write_rows(tmp_path / "known.parquet", ask_all(3))
    empty = pa.table({"instruction": pa.array([], pa.string()), "output": pa.array([], pa.string())})
    pq.write_table(empty, tmp_path / "in.parquet")
    set_ = {"name": "known", "input": f"{tmp_path}/known.parquet"}
    assert curate("", recipe=recipe_for(f"{tmp_path}/in.parquet", references=[set_])).verdicts() == []


def test_row_group_of_a_reference_that_is_damaged_fails_the_run(curate: Curate, tmp_path: Path) -> None:
    write_rows(tmp_path / "known.parquet", ask_all(6), row_group_size=2)
    damage(tmp_path / "known.parquet", 1)
    write_rows(tmp_path / "in.parquet", ask_all(6))
    set_ = {"name": "known", "input": f"{tmp_path}/known.parquet"}
    with pytest.raises(RunError, match=r"known\.parquet: 2 of its 6 rows cannot be read, and"):
        curate("", recipe=recipe_for(f"{tmp_path}/in.parquet", references=[set_]))
    assert not (tmp_path / "output" / "LATEST").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("cut", ("known.parquet of the reference reference cannot be read: ",)),
        ("other", ("known.parquet is not a Parquet file", "b'inst'")),
        ("columns", ("known.parquet has no column 'output'", "references: columns: output")),
        ("number", ("known.parquet: column 'output' for the output is int64, not text",)),
        ("nothing", ("no file matches ",)),
        ("same", ("in.parquet belongs to two sources: input and reference",)),
    ],
)
def test_reference_that_is_of_no_use_is_told(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, change: str, words: tuple[str, ...]
) -> None:
    given, known = write_rows(tmp_path / "in.parquet", ask_all(3)), tmp_path / "known.parquet"
    contents = {"cut": given.read_bytes()[:300], "other": b"instruction,output\n"}
    if change in contents:
        known.write_bytes(contents[change])
    if change in {"columns", "number"}:
        row = {"instruction": "Say."} | ({"output": 1} if change == "number" else {})
        write_rows(known, [row])
    reference = given if change == "same" else known
    command = [
        "curate",
        "--input",
        str(given),
        "--output",
        str(tmp_path / "o"),
        "--reference",
        str(reference),
    ]
    assert main(command) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("tamis: ")
    assert len(err.splitlines()) == 1
    for word in words:
        assert word in err
    assert not (tmp_path / "o").exists()


def test_flag_and_recipe_exclude_each_other(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    given = write_rows(tmp_path / "in.parquet", ask_all(3))
    recipe = tmp_path / "r.yaml"
    recipe.write_text("references:\n- {name: known, input: x.parquet}\n")
    flags = ["--recipe", str(recipe), "--reference", str(given)]
    assert main(["curate", "--input", str(given), "--output", str(tmp_path / "o"), *flags]) == 2
    assert "--reference and the recipe's references exclude each other" in capfd.readouterr().err
