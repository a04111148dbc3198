"""Every pair of rows that is alike is found, and no other, by an exact comparison of all with all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from random import Random
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest

from schemas.recipe import override, unjudged
from tests.duplicates import Place, pairs_of
from tests.reference import Shingle, list_shingles, normalise
from tests.releases import Release, Row, make_release, recipe_for
from tests.rows import write_files

REAL = "instruct-mix/part-0000[01]-*.parquet"
RECALL = 0.995
LEAST = 0.7
THRESHOLDS = (0.7, 0.8, 0.9)
TOKENS = {
    " ": [f"word{at}" for at in range(300)],
    ", ": [f"{at / 8:g}" for at in range(400)],
    "": [chr(0x4E00 + at) for at in range(500)],
    "\u200b": [chr(0x0E01 + at) for at in range(46)],
}
"""Tokens of a script by what stands between them."""
Parts = tuple[str, str]
Alike = dict[frozenset[Parts], float]


def parts_of(row: Row) -> Parts:
    """Normalised prompt and output."""
    prompt = "\n".join(text for text in (row["instruction"], row["input"]) if text)
    return normalise(prompt), normalise(row["output"] or "")


def find_alike(contents: Sequence[Parts], least: float) -> Alike:
    """Every pair of contents at or above a similarity, by counting the shingles that both have.

    Rows that are alike share a shingle of the output, so that counting these misses none.
    """
    prompts, outputs = ([set(list_shingles(part)) for part in side] for side in zip(*contents, strict=True))
    holders: dict[Shingle, list[int]] = defaultdict(list)
    for at, shingles in enumerate(outputs):
        for shingle in shingles:
            holders[shingle].append(at)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for rows in holders.values():
        for pair in combinations(rows, 2):
            shared[pair] += 1
    found = {}
    for (one, other), both in shared.items():
        output = both / (len(outputs[one]) + len(outputs[other]) - both)
        if output >= least:
            prompt = len(prompts[one] & prompts[other]) / len(prompts[one] | prompts[other])
            if prompt >= least:
                found[frozenset((contents[one], contents[other]))] = min(prompt, output)
    return found


class Studied(NamedTuple):
    """Rows, which of them are alike, and releases of them by threshold; the one of 0.7 drops from 0.8 on."""

    contents: dict[Place, Parts]
    alike: Alike
    releases: dict[float, Release]


def study(pattern: str, folder: Path) -> Studied:
    """Curate by each threshold, without any rule; the findings on each row are shared."""
    recipe = unjudged(recipe_for(pattern))
    changes = {0.7: {"dedup.what_if_min": 0.7}, 0.8: {}, 0.9: {"dedup.threshold": 0.9}}
    releases = {
        threshold: make_release(
            folder / f"{threshold}", override(recipe, change), cache=str(folder / "cache")
        )
        for threshold, change in changes.items()
    }
    contents: dict[Place, Parts] = {}
    for record in releases[0.7].manifest.inputs:
        rows = pq.read_table(record.path, columns=["instruction", "input", "output"]).to_pylist()
        contents |= {("input", record.file, at): parts_of(row) for at, row in enumerate(rows)}
    return Studied(contents, find_alike(list(dict.fromkeys(contents.values())), LEAST), releases)


@pytest.fixture(scope="module")
def real(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Studied:
    return study(f"{real_data}/{REAL}", tmp_path_factory.mktemp("recall"))


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Studied:
    folder, rng = tmp_path_factory.mktemp("generated"), Random(31)
    rows = [row for _ in range(500) for row in family(rng)]
    rng.shuffle(rows)
    return study(write_files(folder / "in", rows, [1500], 500), folder)


def family(rng: Random) -> list[Row]:
    """Rows made of one by changing a few of its tokens, in one of several scripts; some are copies."""
    kind, size = rng.choice(list(TOKENS)), rng.choice([3, 20, 60, 200])
    prompt, output = rng.choices(TOKENS[kind], k=size), rng.choices(TOKENS[kind], k=rng.choice([size, 100]))
    return [
        {
            "instruction": kind.join(change(prompt, rng)),
            "input": rng.choice([None, ""]),
            "output": kind.join(change(output, rng)),
            **dict.fromkeys(("note", "tags", "score")),
        }
        for _ in range(rng.choice([2, 4, 8, 20]))
    ]


def change(tokens: list[str], rng: Random) -> list[str]:
    """Some tokens with a few left out, doubled or swapped."""
    changed = list(tokens)
    for _ in range(rng.choice([0, 0, 1, 1, 2, 5])):
        at = rng.randrange(len(changed))
        changed[at : at + 1] = rng.choice([[], [changed[at]] * 2, [rng.choice(tokens)]])
        changed = changed or tokens[:1]
    return changed


def hold(studied: Studied, threshold: float) -> None:
    """Hold the stored pairs of a release to the pairs that are alike."""
    expected = {pair: value for pair, value in studied.alike.items() if value >= threshold}
    stored = pairs_of(studied.releases[threshold])
    found = {frozenset(studied.contents[end] for end in pair): value for pair, value in stored.items()}
    assert len(found) == len(stored)
    assert all(value == expected.get(pair) for pair, value in found.items())
    assert len(found) >= RECALL * len(expected) > 300


def hold_drops(studied: Studied, threshold: float) -> None:
    """Hold every dropped row to a kept one that is as similar as the ledger says."""
    lines = studied.releases[threshold].lines()
    kept = {(line["source"], line["file"], line["row"]) for line in lines if line["verdict"] == "kept"}
    dropped = [line for line in lines if line["verdict"] == "duplicate"]
    assert len(kept) + len(dropped) == len(lines)
    for line in dropped:
        survivor = line["survivor_source"], line["survivor_file"], line["survivor_row"]
        assert survivor in kept
        pair = frozenset(
            (studied.contents[line["source"], line["file"], line["row"]], studied.contents[survivor])
        )
        assert line["similarity"] == (studied.alike[pair] if len(pair) == 2 else 1.0)
        assert line["similarity"] >= threshold


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_pairs_of_real_rows_are_found(real: Studied, threshold: float) -> None:
    assert len(real.contents) >= 20_000
    hold(real, threshold)


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_pairs_of_generated_rows_are_found(generated: Studied, threshold: float) -> None:
    hold(generated, threshold)


@pytest.mark.parametrize("threshold", [0.8, 0.9])
def test_every_real_row_that_is_dropped_is_like_one_that_is_kept(real: Studied, threshold: float) -> None:
    hold_drops(real, threshold)


@pytest.mark.parametrize("threshold", [0.8, 0.9])
def test_every_generated_row_that_is_dropped_is_too(generated: Studied, threshold: float) -> None:
    hold_drops(generated, threshold)


def test_fewer_bands_leave_the_same_verdicts(generated: Studied) -> None:
    wide, narrow = (generated.releases[threshold] for threshold in (0.7, 0.8))
    assert wide.ledger.equals(narrow.ledger)
