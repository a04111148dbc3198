"""Rows that others lose, merge or choke on: short ones, chains, preambles and copies without end."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, islice, permutations
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.duplicates import pairs_of
from tests.reference import jaccard, normalise
from tests.releases import Curate, Release, Row, recipe_for
from tests.rows import WORDS, ask_all, write_rows

PROMPTS = 1000
LINKS, WIDTH, STEP = 10_000, 104, 10
BYTES_A_COPY = 100


@pytest.mark.parametrize("answer", ["Yes.", "{}", ""], ids=["same", "own", "none"])
def test_short_prompts_are_no_duplicates(curate: Curate, tmp_path: Path, answer: str) -> None:
    prompts = [" ".join(words) for words in islice(permutations(WORDS.split(), 4), PROMPTS)]
    rows = [{"instruction": f"{one}?", "output": answer.format(one.split()[-1])} for one in prompts]
    write_rows(tmp_path / "in.parquet", rows)
    recipe = recipe_for(f"{tmp_path}/in.parquet", rules__output_empty__action="off")
    assert curate("", recipe=recipe).verdicts() == ["kept"] * PROMPTS


def test_questions_that_differ_in_numbers_stay(curate: Curate, tmp_path: Path) -> None:
    rows = [
        {"instruction": "What is 12*7?", "output": "84"},
        {"instruction": "What is 9*4?", "output": "36"},
        {"instruction": "What is 1 + 1?", "output": "A number."},
        {"instruction": "What is 1 + 2?", "output": "A number."},
        {"instruction": "😀😀😀😀😀", "output": "😀"},
        {"instruction": "😀😀😀😀😁", "output": "😀"},
    ]
    write_rows(tmp_path / "in.parquet", rows)
    assert curate(f"{tmp_path}/in.parquet").verdicts() == ["kept"] * len(rows)


@pytest.fixture(scope="module")
def chain() -> list[Row]:
    """Rows each of which is like the one before and the one after, and no other."""
    words = [f"w{at}" for at in range(LINKS * STEP + WIDTH)]
    return [
        {"instruction": "Go on with the words.", "output": " ".join(words[at * STEP : at * STEP + WIDTH])}
        for at in range(LINKS)
    ]


def test_chain_drops_only_what_is_like_a_kept_row(curate: Curate, tmp_path: Path, chain: list[Row]) -> None:
    write_rows(tmp_path / "in.parquet", chain, row_group_size=1000)
    release = curate(f"{tmp_path}/in.parquet", unit_bytes=1 << 20)
    outputs = [row["output"] for row in chain]
    assert jaccard(*outputs[:2]) > 0.8 > jaccard(*outputs[:3:2])
    lines = release.lines()
    kept = {line["row"] for line in lines if line["verdict"] == "kept"}
    for at, line in enumerate(lines):
        if at not in kept:
            assert line["survivor_row"] in kept
            assert line["similarity"] == jaccard(outputs[at], outputs[line["survivor_row"]]) >= 0.8
    found = {(above[2], below[2]) for above, below in pairs_of(release)}
    assert {abs(above - below) for above, below in found} == {1}
    assert 0.995 * (LINKS - 1) <= len(found) <= LINKS - 1
    assert LINKS / 3 <= len(kept) <= LINKS * 0.51


def behind_preamble(count: int, answers: int) -> list[Row]:
    """Questions behind one long text, which make all prompts alike, answered in so many ways."""
    preamble = " ".join(f"word{at}" for at in range(200))
    return [
        {"instruction": f"{preamble} Question {at}: how many are {at}?", "output": f"Answer {at % answers}."}
        for at in range(count)
    ]


def test_rows_behind_a_preamble_stay_where_their_answers_differ(curate: Curate, tmp_path: Path) -> None:
    rows = behind_preamble(800, 800)
    write_rows(tmp_path / "in.parquet", rows)
    release = curate(f"{tmp_path}/in.parquet")
    assert jaccard(*(normalise(row["instruction"]) for row in rows[:2])) > 0.9
    assert release.verdicts() == ["kept"] * 800
    assert not pairs_of(release)


@pytest.mark.parametrize(("count", "answers"), [(400, 10), (400, 1), (1200, 1)])
def test_rows_behind_a_preamble_fall_to_one_of_their_answer(
    curate: Curate, tmp_path: Path, count: int, answers: int
) -> None:
    rows = behind_preamble(count, answers)
    write_rows(tmp_path / "in.parquet", rows, row_group_size=100)
    release = curate(f"{tmp_path}/in.parquet", unit_bytes=1)
    kept = Counter(row["output"] for row in release.curated.to_pylist())
    assert kept == Counter({f"Answer {at}.": 1 for at in range(answers)})
    for line in release.lines():
        if line["verdict"] == "duplicate":
            survivor = rows[line["survivor_row"]]
            assert survivor["output"] == rows[line["row"]]["output"]
            prompts = (survivor["instruction"], rows[line["row"]]["instruction"])
            assert line["similarity"] == jaccard(*map(normalise, prompts))
    found = {frozenset((above[2], below[2])) for above, below in pairs_of(release)}
    alike = {frozenset(pair) for pair in combinations(range(count), 2) if (pair[0] - pair[1]) % answers == 0}
    assert found <= alike
    if count < 600:  # of more rows than these only the pairs that decide are stored
        assert found == alike


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many copies of one row, as cheap to store as they are."""
    path, size = tmp_path_factory.mktemp("copies") / "in.parquet", 200_000
    row = {"instruction": "Name the capital of France.", "output": "Paris is the capital of France. " * 5}
    others = pa.Table.from_pylist(ask_all(100))
    same = pa.table({name: pa.repeat(text, size).dictionary_encode() for name, text in row.items()})
    table = pa.concat_tables([same, others.cast(same.schema)]).unify_dictionaries()
    pq.write_table(table, path, row_group_size=50_000)
    return path


def test_copies_without_end_are_one_row(curate: Curate, copies: Path) -> None:
    release: Release = curate(str(copies))
    assert release.manifest.counts.verdicts == {
        "kept": 101,
        "duplicate": 199_999,
        "rejected": 0,
        "unreadable": 0,
    }
    assert release.report.duplicates.exact == 199_999
    assert release.report.duplicates.clusters.largest == 200_000
    assert not pairs_of(release)
    assert release.run["shuffled_bytes"] < BYTES_A_COPY * 200_100
    assert release.ledger["survivor_row"].unique().to_pylist() == [None, 0]
