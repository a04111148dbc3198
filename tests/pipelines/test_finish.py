"""The end of a run: every figure of manifest, report and card holds against the files themselves."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from pipelines import planning
from pipelines.errors import RunError
from pipelines.finish import finish
from pipelines.planning import plan_run
from schemas.paths import Places
from schemas.reason import NAMES
from schemas.release import Outcome
from tests.releases import Curate, Sampled, recipe_for
from tests.rows import ask, ask_all, write_rows
from transforms.kernels.tally import Tally
from transforms.steps import storage
from transforms.steps.job import Job
from transforms.steps.versions import versions_of


@pytest.fixture(scope="module")
def ledger(sampled: Sampled) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as database:
        database.register("ledger", sampled.release.ledger)
        yield database


def count(ledger: duckdb.DuckDBPyConnection, column: str, where: str = "true") -> dict[Any, int]:
    """Rows by the value of an expression."""
    values = f"select {column} as value from ledger where {where}"
    return dict(ledger.execute(f"select value, count(*) from ({values}) group by value").fetchall())


def test_counts_of_the_manifest(sampled: Sampled, ledger: duckdb.DuckDBPyConnection) -> None:
    counts = sampled.release.manifest.counts
    assert counts.verdicts == count(ledger, "verdict") | {"unreadable": 0}
    assert sum(counts.verdicts.values()) == counts.ledger == sampled.plants.rows
    assert counts.rows_lost == 0
    for column, found in (("reasons", counts.reasons), ("flags", counts.flags)):
        assert {name: rows for name, rows in found.items() if rows} == count(ledger, f"unnest({column})")


def test_files_are_what_the_manifest_says(sampled: Sampled) -> None:
    release = sampled.release
    contents = release.contents()
    assert set(contents) == {"manifest.json", *(file.path for file in release.manifest.files)}
    for file in release.manifest.files:
        assert file.bytes == len(contents[file.path])
        assert file.sha256 == hashlib.sha256(contents[file.path]).hexdigest()
        if file.path.endswith(".parquet"):
            assert file.rows == pq.read_metadata(release.folder / file.path).num_rows


def test_inputs_are_what_the_manifest_says(sampled: Sampled) -> None:
    files = sorted(sampled.inputs.iterdir())
    for record, path in zip(sampled.release.manifest.inputs, files, strict=True):
        assert (record.source, record.file, record.path) == ("input", path.name, str(path))
        assert (record.bytes, record.rows) == (path.stat().st_size, pq.read_metadata(path).num_rows)
    assert len({record.digest for record in sampled.release.manifest.inputs}) == len(files)


def test_manifest_names_recipe_model_and_versions(sampled: Sampled) -> None:
    manifest = sampled.release.manifest
    assert manifest.recipe["dedup"]["threshold"] == 0.8
    assert manifest.recipe["sources"][0]["input"] == [sampled.pattern]
    assert {"tamis", "pyarrow", "numpy", "machine", "python", "unicode"} < set(manifest.versions)
    assert len(manifest.language_model or "") == 64


def test_funnel_adds_up(sampled: Sampled, ledger: duckdb.DuckDBPyConnection) -> None:
    funnel = sampled.release.report.funnel
    assert (funnel[0].name, funnel[0].left) == ("input", sampled.plants.rows)
    assert (funnel[-1].name, funnel[-1].left) == ("kept", len(sampled.release.curated))
    for before, after in pairwise(funnel):
        assert after.left == before.left - after.removed
    removed = {step.name: step.removed for step in funnel[1:-1] if step.removed}
    rules = count(ledger, "reasons[1]", "verdict = 'rejected'")
    pairs = {
        "exact_duplicate": "similarity = 1 and survivor_id is not null",
        "near_duplicate": "similarity < 1",
    }
    duplicates = {name: sum(count(ledger, "1", where).values()) for name, where in pairs.items()}
    assert removed == rules | duplicates


def test_rules_and_flags_are_counted(sampled: Sampled, ledger: duckdb.DuckDBPyConnection) -> None:
    every, first = count(ledger, "unnest(reasons)"), count(ledger, "reasons[1]", "len(reasons) > 0")
    alone = count(ledger, "reasons[1]", "len(reasons) = 1")
    for rule in sampled.release.report.rules:
        found = (every.get(rule.name, 0), alone.get(rule.name, 0), first.get(rule.name, 0))
        assert (rule.all, rule.alone, rule.first) == found
    flags, kept = count(ledger, "unnest(flags)"), count(ledger, "unnest(flags)", "verdict = 'kept'")
    for flag in sampled.release.report.flags:
        assert (flag.all, flag.kept) == (flags.get(flag.name, 0), kept.get(flag.name, 0))
    assert set(every) | set(flags) <= set(NAMES)


@pytest.mark.parametrize(
    ("part", "column"),
    [
        ("verbs", "verb"),
        ("categories", "category"),
        ("languages", "language"),
        ("output_languages", "output_language"),
        ("sources", "source"),
    ],
)
def test_shares_are_counted(
    sampled: Sampled, ledger: duckdb.DuckDBPyConnection, part: str, column: str
) -> None:
    every = count(ledger, column)
    by_verdict = {
        verdict: count(ledger, column, f"verdict = '{verdict}'") for verdict in count(ledger, "verdict")
    }
    shares = getattr(sampled.release.report, part)
    assert {share.name: share.input for share in shares} == every
    for share in shares:
        found = [by_verdict[verdict].get(share.name, 0) for verdict in ("rejected", "duplicate", "kept")]
        assert [share.rejected, share.duplicate, share.curated] == found


def test_lengths_are_the_rows(sampled: Sampled) -> None:
    kept = [row for name, row in sampled.rows.items() if sampled.fates[name]["verdict"] == "kept"]
    for corpus, rows in (
        (sampled.release.report.input, sampled.rows.values()),
        (sampled.release.report.curated, kept),
    ):
        assert corpus.rows == len(rows)
        assert (
            corpus.with_input == sum(bool(row["input"]) for row in rows) == corpus.rows - corpus.without_input
        )
        for name in ("instruction", "output"):
            lengths, found = [len(row[name] or "") for row in rows], getattr(corpus, name)
            assert (found.min, found.max, found.total) == (min(lengths), max(lengths), sum(lengths))
            assert found.mean == pytest.approx(sum(lengths) / len(lengths))
            assert found.p50 == pytest.approx(sorted(lengths)[len(lengths) // 2], rel=0.02, abs=1)


def test_clusters_are_counted(sampled: Sampled) -> None:
    sizes = Counter(line["cluster"] for line in sampled.release.lines() if line["cluster"])
    clusters = sampled.release.report.duplicates.clusters
    assert (clusters.count, clusters.rows, clusters.largest) == (
        len(sizes),
        sum(sizes.values()),
        max(sizes.values()),
    )
    assert min(sizes.values()) == 2


def test_scale_is_that_of_the_files(sampled: Sampled) -> None:
    scale = sampled.release.report.scale
    assert scale.files_in == 5
    assert scale.bytes_in == sum(path.stat().st_size for path in sampled.inputs.iterdir())
    assert scale.bytes_out == sum(path.stat().st_size for path in sampled.release.parts("curated"))


def test_card_has_front_matter(sampled: Sampled) -> None:
    _, front, body = (sampled.release.folder / "README.md").read_text("utf-8").split("---\n", 2)
    found = yaml.safe_load(front)
    assert found["size_categories"] == ["1K<n<10K"]
    assert {"en", "de", "zh"} < set(found["language"])
    (data,) = found["configs"][0]["data_files"]
    assert len(list(sampled.release.folder.glob(data["path"]))) == len(sampled.release.parts("curated"))
    assert f"{len(sampled.release.curated):,} examples" in body


def test_page_needs_nothing_else(sampled: Sampled) -> None:
    page = (sampled.release.folder / "report" / "report.html").read_text("utf-8")
    assert sampled.release.manifest.digest in page
    for asks in ("<link", "<script src", 'src="http', "url(http", "@import"):
        assert asks not in page


def test_digest_of_an_input_is_of_its_data(curate: Curate, tmp_path: Path) -> None:
    for name, rows in {"a": ask_all(5), "b": ask_all(5), "c": [*ask_all(4), ask(7)]}.items():
        write_rows(tmp_path / "in" / f"{name}.parquet", rows)
    found = [record.digest for record in curate(f"{tmp_path}/in/*.parquet").manifest.inputs]
    assert found[0] == found[1] != found[2]


def test_no_rows_at_all_are_zeros_and_nulls(curate: Curate, tmp_path: Path) -> None:
    schema = pa.schema([("instruction", pa.string()), ("output", pa.string())])
    pq.write_table(schema.empty_table(), tmp_path / "in.parquet")
    release = curate(str(tmp_path / "in.parquet"))
    assert (len(release.ledger), len(release.curated)) == (0, 0)
    assert set(release.manifest.counts.verdicts.values()) == {0}
    assert (release.report.input.rows, release.report.input.output.mean) == (0, None)


def test_rows_that_are_not_accounted_for_stop_the_release(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.parquet", ask_all(3))
    places = Places(root=str(tmp_path / "out"), release="0001", cache=str(tmp_path / "cache"))
    plan = replace(plan_run(recipe_for(str(path)), None, 1 << 20, None), release="0001")
    job = Job.start(places, plan)
    for _ in range(2):
        finish(None, [], [], Tally().to_bytes(), job)
        outcome = Outcome.model_validate_json(storage.read_bytes(places.outcome))
        assert outcome.status == "failed"
        assert outcome.message == f"{path}: 3 rows were planned, 0 accounted for; nothing was published"
    assert not (tmp_path / "out" / "releases").exists()
    assert not (tmp_path / "out" / "LATEST").exists()


def test_input_of_which_nothing_can_be_read_is_no_release(curate: Curate, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "in.parquet", ask_all(50), compression="none", use_dictionary=False)
    column = pq.read_metadata(path).row_group(0).column(0)
    content = bytearray(path.read_bytes())
    content[column.data_page_offset : column.data_page_offset + column.total_compressed_size] = (
        b"\xff" * column.total_compressed_size
    )
    path.write_bytes(content)
    with pytest.raises(RunError, match="no row of the input can be read, or a takedown list names them all"):
        curate(str(path))
    assert not (tmp_path / "output" / "LATEST").exists()


def test_a_worker_that_would_draw_another_report_does_not_publish(
    curate: Curate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = {"vl-convert-python": "0"}
    monkeypatch.setattr(planning, "versions_of", lambda recipe: versions_of(recipe) | planned)
    with pytest.raises(
        RunError, match="planned with vl-convert-python 0, this worker has vl-convert-python "
    ):
        curate(str(write_rows(tmp_path / "in.parquet", ask_all(3))))
    assert not (tmp_path / "output" / "LATEST").exists()
