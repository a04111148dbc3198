"""The one final verdict of each row, and the rows that a kept one stands for."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.releases import Release, Row, make_release, recipe_for
from tests.rows import WORDS, ask, write_rows

FIRST, COPY, NEAR, NEAR_COPY, SHOUTED, ALONE, SHORT = range(7)


def told(words: list[str], *, last: int = 80) -> Row:
    return {"instruction": " ".join(words[:60]) + ".", "output": " ".join(words[60:][:last])}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """A row, a copy, a shorter one alike twice, that one in capitals, one alone, and a rejected one."""
    words = Random(5).choices(WORDS.split(), k=140)
    near = told(words, last=76)
    shouted = {name: text.upper() for name, text in near.items()}
    return [told(words), told(words), near, dict(near), shouted, ask(1), {"instruction": "x", "output": "y"}]


@pytest.fixture(scope="module")
def release(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Release:
    folder = tmp_path_factory.mktemp("resolve")
    for at, row in enumerate(rows):
        write_rows(folder / "in" / f"{at}.parquet", [row])
    return make_release(folder / "output", recipe_for(f"{folder}/in/*.parquet"))


def test_copies_fall_with_what_they_copy(release: Release) -> None:
    lines = release.lines()
    fallen = [COPY, NEAR, NEAR_COPY, SHOUTED]
    assert [line["verdict"] for line in lines] == ["kept", *["duplicate"] * 4, "kept", "rejected"]
    assert {(lines[at]["survivor_file"], lines[at]["survivor_row"]) for at in fallen} == {("0.parquet", 0)}
    assert {lines[at]["survivor_id"] for at in fallen} == {lines[FIRST]["record_id"]}
    assert lines[COPY]["similarity"] == 1.0
    assert {lines[at]["similarity"] for at in fallen[1:]} == {72 / 76}


def test_clusters_are_a_survivor_and_what_fell_to_it(release: Release) -> None:
    lines = release.lines()
    assert [line["cluster"] for line in lines] == [lines[FIRST]["record_id"]] * 5 + [None, None]
    clusters = release.report.duplicates.clusters
    assert (clusters.count, clusters.rows, clusters.largest) == (1, 5, 5)
    assert (release.report.duplicates.exact, release.report.duplicates.near) == (1, 3)


def test_copy_that_falls_along_says_what_its_survivor_outranks_itself_by(
    tmp_path: Path, rows: list[Row]
) -> None:
    for name, some in (("books", [rows[FIRST], rows[NEAR]]), ("web", [rows[NEAR_COPY], rows[COPY]])):
        write_rows(tmp_path / name / "in.parquet", some)
    sources = [{"name": name, "input": f"{tmp_path}/{name}/*.parquet"} for name in ("books", "web")]
    lines = make_release(tmp_path / "output", recipe_for("", sources=sources)).lines()
    assert [line["won_by"] for line in lines] == [None, "quality", "source", "source"]
    assert [line["exact"] for line in lines] == [None, False, False, True]
    assert {line["survivor_source"] for line in lines[1:]} == {"books"}


def test_equal_rows_share_a_record_id(release: Release) -> None:
    ids = release.ledger["record_id"].to_pylist()
    assert ids[FIRST] == ids[COPY]
    assert ids[NEAR] == ids[NEAR_COPY] != ids[SHOUTED]
    assert len(set(ids)) == 5
    assert {len(bytes.fromhex(record)) for record in ids} == {16}


def test_rejected_rows_have_reasons_and_facts(release: Release) -> None:
    line = release.lines()[SHORT]
    assert line["reasons"] == ["instruction_too_short"]
    assert (line["verb"], line["category"], line["language"]) == ("answer", "qa", None)
    assert (line["survivor_id"], line["similarity"]) == (None, None)
