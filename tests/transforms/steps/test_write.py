"""The parts of a release: whole input rows, in order, and a ledger beside them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from schemas.example import CURATED_COLUMNS, PREFIX
from schemas.verdict import LEDGER, Verdict
from tests.releases import Curate, Sampled, recipe_for
from tests.rows import ask, ask_all, write_rows

DROPPED = pa.array(["rejected", "duplicate"])


def test_curated_rows_are_the_kept_input_rows(sampled: Sampled) -> None:
    kept = sampled.table.filter(pc.equal(sampled.release.ledger["verdict"], "kept"))
    curated = sampled.release.curated
    assert 3000 < len(curated) == len(kept)
    assert curated.column_names[: -len(CURATED_COLUMNS)] == kept.column_names
    for name in kept.column_names:
        assert curated[name].equals(kept[name]), name


def test_added_columns_are_the_ledgers(sampled: Sampled) -> None:
    kept = sampled.release.ledger.filter(pc.equal(sampled.release.ledger["verdict"], "kept"))
    for name in CURATED_COLUMNS:
        assert sampled.release.curated[PREFIX + name].equals(kept[name]), name


def test_ledger_has_its_schema_and_each_input_row_once(sampled: Sampled) -> None:
    for path in sampled.release.parts("verdicts"):
        assert pq.read_schema(path).remove_metadata().equals(LEDGER)
    files = sorted(sampled.inputs.iterdir())
    expected = [(path.name, row) for path in files for row in range(pq.read_metadata(path).num_rows)]
    lines = sampled.release.lines()
    assert [(line["file"], line["row"]) for line in lines] == expected
    assert {line["source"] for line in lines} == {"input"}
    assert {line["verdict"] for line in lines} <= {verdict.value for verdict in Verdict}


def test_row_groups_are_the_inputs(sampled: Sampled) -> None:
    path = sorted(sampled.inputs.iterdir())[1]
    sizes = [
        pq.read_metadata(path).row_group(at).num_rows for at in range(pq.read_metadata(path).num_row_groups)
    ]
    groups = [line["row_group"] for line in sampled.release.lines() if line["file"] == path.name]
    assert groups == [group for group, size in enumerate(sizes) for _ in range(size)]


def test_duckdb_and_arrow_datasets_read_a_release(sampled: Sampled) -> None:
    files = f"{sampled.release.folder}/curated/*.parquet"
    languages = sampled.release.ledger.filter(pc.equal(sampled.release.ledger["verdict"], "kept"))["language"]
    with duckdb.connect() as database:
        found = database.execute(
            f"select count(*), count(distinct tamis_language) from read_parquet('{files}')"
        ).fetchone()
    assert found == (len(sampled.release.curated), len(set(languages.to_pylist())))
    dataset = ds.dataset(sampled.release.folder / "curated", format="parquet")
    assert dataset.to_table().equals(sampled.release.curated)


def test_pandas_reads_a_release(sampled: Sampled) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_parquet(sampled.release.folder / "curated")
    assert frame["tamis_record_id"].tolist() == sampled.release.curated["tamis_record_id"].to_pylist()


def test_shards_share_the_rows_evenly_in_order(curate: Curate, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.parquet", [*ask_all(10), ask(3)])
    release = curate(str(path), recipe=recipe_for(str(path), output__shards=4))
    names = [part.name for part in release.parts("curated")]
    assert names == [f"part-{at:05d}-of-00004.parquet" for at in range(4)]
    assert [pq.read_metadata(part).num_rows for part in release.parts("curated")] == [2, 3, 2, 3]
    assert release.curated["instruction"].to_pylist() == [ask(number)["instruction"] for number in range(10)]


def test_more_shards_than_rows_leave_some_empty(curate: Curate, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.parquet", ask_all(2))
    release = curate(str(path), recipe=recipe_for(str(path), output__shards=5))
    assert sorted(pq.read_metadata(part).num_rows for part in release.parts("curated")) == [0, 0, 0, 1, 1]
    assert len({pq.read_schema(part) for part in release.parts("curated")}) == 1


def test_nothing_kept_is_a_release_too(curate: Curate, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.parquet", [{"instruction": "Say it.", "output": " "}] * 3)
    release = curate(str(path))
    assert release.verdicts() == ["rejected"] * 3
    assert len(release.curated) == 0
    assert release.curated.schema.names[:2] == ["instruction", "output"]
    assert release.report.curated.instruction.mean is None


def test_rejects_are_written_in_full(curate: Curate, sampled: Sampled) -> None:
    recipe = recipe_for(sampled.pattern, output__save_rejects=True)
    release = curate(sampled.pattern, recipe=recipe)
    dropped = pc.is_in(release.ledger["verdict"], value_set=DROPPED)
    rows, lines = sampled.table.filter(dropped), release.ledger.filter(dropped)
    rejects = release.read("rejects")
    assert 300 < len(rejects) == len(rows)
    for name in rows.column_names:
        assert rejects[name].equals(rows[name]), name
    for name in set(LEDGER.names) - {"rows_lost", "error"}:
        assert rejects[PREFIX + name].equals(lines[name]), name
    assert len(rejects) + len(release.curated) == len(sampled.table)


def test_no_rejects_unless_asked_for(sampled: Sampled) -> None:
    assert not (sampled.release.folder / "rejects").exists()


def test_dictionaries_come_out_as_dictionaries(curate: Curate, tmp_path: Path) -> None:
    table = pa.Table.from_pylist(
        [ask(number) | {"colour": "red" if number % 2 else None} for number in range(6)]
    )
    coded = pa.array(table["colour"].to_pylist(), pa.string()).dictionary_encode()
    table = table.set_column(2, "colour", coded.cast(pa.dictionary(pa.int8(), pa.string())))
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=2)
    curated = curate(str(tmp_path / "in.parquet")).curated
    assert pa.types.is_dictionary(curated.schema.field("colour").type)
    assert curated["colour"].to_pylist() == table["colour"].to_pylist()


PRIVATE = [
    {"instruction": "How do I reach Anna?", "input": "", "output": "At anna@web.de.", "note": "bob@web.de"},
    {"instruction": "What is rain made of?", "input": None, "output": "Of water.", "note": "c@web.de"},
]


@pytest.mark.parametrize("action", ["flag", "mask"])
def test_private_data_is_masked_where_the_recipe_says_so(tmp_path: Path, curate: Curate, action: str) -> None:
    pattern = str(write_rows(tmp_path / "rows.parquet", PRIVATE))
    release = curate(pattern, recipe=recipe_for(pattern, rules__private_data__action=action))
    masks = action == "mask"
    assert release.curated["output"].to_pylist() == [
        "At [EMAIL]." if masks else "At anna@web.de.",
        "Of water.",
    ]
    assert release.curated["tamis_flags"].to_pylist()[0] == ["private_data"]
    assert release.manifest.counts.masked == int(masks)
    for name in ("instruction", "input", "note"):
        assert release.curated[name].to_pylist() == [row[name] for row in PRIVATE]


def test_masking_moves_no_record_id(tmp_path: Path, curate: Curate) -> None:
    pattern = str(write_rows(tmp_path / "rows.parquet", PRIVATE))
    plain, masked = (
        curate(pattern, recipe=recipe_for(pattern, rules__private_data__action=action))
        for action in ("flag", "mask")
    )
    assert plain.ledger["record_id"].equals(masked.ledger["record_id"])
    assert plain.manifest.content_digest == masked.manifest.content_digest
    assert plain.manifest.digest != masked.manifest.digest
