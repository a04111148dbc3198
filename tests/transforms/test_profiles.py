"""The profiles named after peers, from files to a release."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from schemas.recipe import Recipe, built_in, override
from tests.peers import PEERS, windows
from tests.reference import normalise
from tests.releases import Curate, Row
from tests.rows import crowd, write_files

SHORT = ["Yes.", "No.", "42", "Oui, oui.", "您好", "!?"]
CERTAIN = 0.97
"""Pairs this similar are found by the bands of any peer but once in a billion."""


def recipe_for(profile: str, pattern: str) -> Recipe:
    source = {"name": "input", "input": pattern}
    return override(built_in(profile), {"sources": [source], "language.enabled": False})


def text_of(row: Row) -> str:
    return "\n".join(text for text in (row["instruction"], row["input"], row["output"]) if text)


@cache
def shingles(profile: str, text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(windows(PEERS[profile](text), built_in(profile).dedup.shingles.width))


def similarity(profile: str, text: str, other: str) -> float:
    ours, theirs = shingles(profile, text), shingles(profile, other)
    return len(ours & theirs) / len(ours | theirs) if ours | theirs else 0.0


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    empty: Row = dict.fromkeys(("input", "note", "tags", "score"))
    return [*crowd(5, 200), *({**empty, "instruction": "So it is", "output": text} for text in SHORT)]


@pytest.mark.parametrize("profile", PEERS)
def test_rows_fall_by_the_peers_measure_and_to_kept_ones(
    curate: Curate, rows: list[Row], tmp_path: Path, profile: str
) -> None:
    pattern = write_files(tmp_path / "in", rows, [90], 40)
    lines = curate(pattern, recipe=recipe_for(profile, pattern)).lines()
    texts, threshold = [text_of(row) for row in rows], built_in(profile).dedup.threshold
    equal: dict[str, list[str]] = {}
    for text in texts:
        equal.setdefault(normalise(text), []).append(text)
    places = {(line["file"], line["row"]): at for at, line in enumerate(lines)}
    kept = [at for at, line in enumerate(lines) if line["verdict"] == "kept"]
    near = 0
    for at in set(range(len(rows))).difference(kept):
        survivor = places[lines[at]["survivor_file"], lines[at]["survivor_row"]]
        assert survivor in kept
        if normalise(texts[at]) == normalise(texts[survivor]):
            assert lines[at]["similarity"] == 1
            continue
        near += 1
        likenesses = [similarity(profile, one, texts[survivor]) for one in equal[normalise(texts[at])]]
        assert lines[at]["similarity"] in map(pytest.approx, likenesses)
        assert lines[at]["similarity"] >= threshold
    assert near > 10
    assert set(range(len(rows) - len(SHORT), len(rows))) <= set(kept)
    assert max(similarity(profile, texts[a], texts[b]) for a, b in combinations(kept, 2)) < CERTAIN


def test_what_is_kept_does_not_depend_on_where_rows_of_equal_content_stand(
    curate: Curate, rows: list[Row], tmp_path: Path
) -> None:
    digests = set()
    for name, several, cuts, group in (
        ("one", rows, [], 500),
        ("many", rows[::-1], [11, 70, 150], 20),
    ):
        pattern = write_files(tmp_path / name, several, cuts, group)
        release = curate(pattern, recipe=recipe_for("nemo", pattern), root=tmp_path / f"{name}-out")
        digests.add(release.manifest.content_digest)
    assert len(digests) == 1
