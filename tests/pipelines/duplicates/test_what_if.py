"""What other thresholds would keep, by the stored pairs and by brute force."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cli import main
from pipelines.duplicates.what_if import Level, parse_thresholds, what_if
from pipelines.errors import RunError, UsageError
from pipelines.releases.release import open_release
from schemas.recipe import built_in, override
from tests.ledgers import REFERENCES, Fall, Pair, Place, write_release
from tests.releases import Curate, recipe_for
from tests.rows import crowd, write_files

FILE, KNOWN = "a.parquet", f"{REFERENCES}.parquet"
Printed = Callable[..., str]
Graph = dict[tuple[Place, Place], float]


def rows(count: int) -> list[dict[str, str]]:
    return [{"instruction": f"Say {number}.", "output": "It."} for number in range(count)]


def fall(graph: Graph, ranked: list[Place], threshold: float) -> dict[Place, tuple[Place, float]]:
    """By brute force: which row falls to which, going through them by rank; references never fall."""
    fallen: dict[Place, tuple[Place, float]] = {}
    for at, row in enumerate(ranked):
        above = [other for other in ranked[:at] if other not in fallen]
        found = [other for other in above if graph.get((other, row), 0) >= threshold]
        if found and row[0] != KNOWN:
            fallen[row] = (found[0], graph[found[0], row])
    return fallen


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Place], Graph]:
    """Ranked rows, the first few of them references, and how similar some pairs of them are."""
    outside, inside = draw(st.integers(0, 2)), draw(st.integers(1, 8))
    ranked = [(KNOWN, at) for at in range(outside)] + [(FILE, at) for at in range(inside)]
    pairs = [(ranked[a], ranked[b]) for b in range(len(ranked)) for a in range(b)]
    similarities = st.sampled_from([0.7, 0.75, 0.8, 0.81, 0.9, 1.0])
    wanted = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    return ranked, {pair: draw(similarities) for pair in wanted}


@given(graph=graphs(), copies=st.integers(0, 3), data=st.data())
def test_replay_is_what_brute_force_finds(
    tmp_path_factory: pytest.TempPathFactory,
    graph: tuple[list[Place], Graph],
    copies: int,
    data: st.DataObject,
) -> None:
    ranked, edges = graph
    released = fall(edges, ranked, 0.8)
    inside = [row for row in ranked if row[0] == FILE]
    texts = {FILE: rows(len(inside) + copies), KNOWN: rows(len(ranked) - len(inside))}
    falls = [Fall(row, to, similarity) for row, (to, similarity) in released.items()]
    for copy in range(len(inside), len(inside) + copies):
        original = data.draw(st.sampled_from(inside))  # a copy falls with its original, or to it
        falls.append(Fall((FILE, copy), *released.get(original, (original, 1.0))))
    pairs = [Pair(above, below, similarity) for (above, below), similarity in edges.items()]
    folder = tmp_path_factory.mktemp("replay")
    files = {name: found for name, found in texts.items() if found}
    release = open_release(str(write_release(folder, files, falls, pairs, dedup__what_if_min=0.7)))
    thresholds = [0.7, 0.75, 0.8, 0.85, 1.0]
    for threshold, level in zip(thresholds, what_if(release, thresholds), strict=True):
        fallen = fall(edges, ranked, threshold)
        assert level == Level(
            threshold=threshold,
            distinct_near_duplicates=len(fallen),
            copies=copies,
            kept=len(inside) - len(fallen),
            kept_more=len(released) - len(fallen),
            near_clusters=len({to for to, _ in fallen.values()}),
        )


def test_chain_keeps_every_other_row(tmp_path: Path) -> None:
    pairs = [Pair((FILE, at), (FILE, at + 1), 0.9) for at in range(9)]
    falls = [Fall((FILE, at), (FILE, at - 1), 0.9) for at in range(1, 10, 2)]
    release = open_release(str(write_release(tmp_path, {FILE: rows(10)}, falls, pairs)))
    assert [level.kept for level in what_if(release, [0.8, 0.9, 0.91])] == [5, 5, 10]


def test_table_and_json_say_the_same(release: Path, printed: Printed) -> None:
    text = printed(release, "--what-if", "0.9,0.8,0.95,0.9")
    assert text.startswith("Release 0001  threshold 0.8; pairs are stored from 0.8\n")
    figures = [line.split() for line in text.splitlines()[3:6]]
    assert figures == [
        ["0.8", "2", "2", "2", "2", "the", "same"],
        ["0.9", "1", "1", "2", "3", "+1"],
        ["0.95", "0", "0", "2", "4", "+2"],
    ]
    found = json.loads(printed(release, "--json", "--what-if", "0.9"))
    assert (found["threshold"], found["stored_from"]) == (0.8, 0.8)
    assert found["what_if"] == [
        {
            "threshold": 0.9,
            "distinct_near_duplicates": 1,
            "copies": 2,
            "kept": 3,
            "kept_more": 1,
            "near_clusters": 1,
        }
    ]


@pytest.mark.parametrize("text", ["0.79", "1.01", "nan", "inf", "-1", "much", " ", "0.9,", "0,9"])
def test_threshold_that_the_pairs_cannot_answer_is_told(
    release: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    assert main(["duplicates", str(release), f"--what-if={text}"]) == 2
    found = capsys.readouterr().err
    assert found.startswith("tamis: --what-if takes thresholds from 0.8 to 1, such as 0.8,1, found '")
    assert "dedup.what_if_min" in found


def test_recipe_may_store_more_pairs_than_it_drops() -> None:
    recipe = override(built_in("default"), {"dedup.what_if_min": 0.7})
    assert parse_thresholds("0.9, 0.7", recipe) == [0.7, 0.9]
    with pytest.raises(UsageError, match=r"thresholds from 0\.7 to 1"):
        parse_thresholds("0.69", recipe)


def test_release_without_near_duplicates_has_nothing_to_ask(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_release(tmp_path, {FILE: rows(2)}, dedup__near=False)
    assert main(["duplicates", str(folder), "--what-if", "0.9"]) == 2
    assert "leaves near-duplicates be (dedup.near)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("falls", "pairs"),
    [
        ([], [Pair((FILE, 0), (FILE, 1), 0.9)]),
        ([Fall((FILE, 1), (FILE, 0), 0.9)], []),
        ([Fall((FILE, 1), (FILE, 2), 0.9)], [Pair((FILE, 0), (FILE, 1), 0.9)]),
        ([Fall((FILE, 2), (FILE, 0), 0.9)], [Pair((FILE, 0), (FILE, 1), 0.9)]),
    ],
    ids=["kept", "no pair", "another survivor", "another row"],
)
def test_pairs_that_contradict_the_ledger_are_told(
    tmp_path: Path, falls: list[Fall], pairs: list[Pair]
) -> None:
    release = open_release(str(write_release(tmp_path, {FILE: rows(3)}, falls, pairs)))
    with pytest.raises(RunError, match="do not lead to the verdicts of the ledger"):
        what_if(release, [0.9])


def test_a_release_that_chose_among_what_was_left_cannot_tell(
    tmp_path: Path, curate: Curate, capsys: pytest.CaptureFixture[str]
) -> None:
    pattern = write_files(tmp_path / "in", crowd(3, 60), [], 30)
    release = curate(pattern, recipe=recipe_for(pattern, top=5))
    assert main(["duplicates", str(release.folder), "--what-if", "0.9"]) == 2
    assert "has chosen among the rows that were left (top, balance)" in capsys.readouterr().err
