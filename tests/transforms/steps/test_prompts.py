"""Answers to one prompt: how many there are, and which of them a cap leaves."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.duplicates import Line, Ranking, decide, fates_of, lines_of
from tests.releases import Curate, Release, Row, make_release, recipe_for
from tests.rows import WORDS, ask_all, crowd, write_files, write_rows

CUTS = (90, 200)
MOST = (1, 2)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return crowd(5, 260)


@pytest.fixture(scope="module")
def lines(rows: list[Row]) -> list[Line]:
    return lines_of(rows, Ranking(), CUTS)


@pytest.fixture(scope="module")
def pattern(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_files(tmp_path_factory.mktemp("prompts") / "in", rows, CUTS, 30)


@pytest.fixture(scope="module")
def releases(pattern: str, tmp_path_factory: pytest.TempPathFactory) -> dict[int | None, Release]:
    """Releases by the cap: none, or so many."""
    folder = tmp_path_factory.mktemp("capped")
    return {
        most: make_release(
            folder / str(most),
            recipe_for(pattern, dedup__max_answers_per_prompt=most),
            unit_bytes=1,
            buckets=7,
        )
        for most in (None, *MOST)
    }


def answers(lines: list[Line]) -> Counter[str]:
    """Distinct answers to each prompt."""
    return Counter(prompt for prompt, _ in {line.parts for line in lines})


@pytest.mark.parametrize("most", MOST)
def test_cap_leaves_the_answers_that_rank_highest(
    releases: dict[int | None, Release], lines: list[Line], most: int
) -> None:
    fates = decide(lines, 0.8, most=most)
    assert {fate.verdict for fate in fates.values()} == {"kept", "duplicate", "rejected"}
    assert fates_of(releases[most]) == fates
    kept = Counter(line.parts[0] for line in lines if fates[line.place].verdict == "kept")
    assert max(kept.values()) == most < max(answers(lines).values())


@pytest.mark.parametrize("most", MOST)
def test_copies_fall_under_the_cap_with_what_they_copy(
    releases: dict[int | None, Release], lines: list[Line], most: int
) -> None:
    fates = fates_of(releases[most])
    capped = {line.parts for line in lines if fates[line.place].verdict == "rejected"}
    found = [line for line in lines if line.parts in capped]
    assert len(found) > len(capped)
    assert {fates[line.place].verdict for line in found} == {"rejected"}


@pytest.mark.parametrize("most", MOST)
def test_every_row_is_counted_once(releases: dict[int | None, Release], rows: list[Row], most: int) -> None:
    release = releases[most]
    verdicts = Counter(release.verdicts())
    counts, report = release.manifest.counts, release.report
    assert verdicts == Counter({name: rows for name, rows in counts.verdicts.items() if rows})
    assert counts.reasons["prompt_cap"] == verdicts["rejected"] == report.rows.rejected
    assert sum(verdicts.values()) == report.rows.found == len(rows)
    assert report.funnel[-1].left == verdicts["kept"]
    (rule,) = [rule for rule in report.rules if rule.name == "prompt_cap"]
    assert rule.all == rule.alone == rule.first == verdicts["rejected"]
    assert len(release.curated) == verdicts["kept"]
    capped = [line for line in release.lines() if line["verdict"] == "rejected"]
    for name in ("survivor_id", "survivor_row", "similarity", "cluster", "won_by"):
        assert {line[name] for line in capped} == {None}


def test_conflicts_are_counted_with_and_without_a_cap(
    releases: dict[int | None, Release], lines: list[Line]
) -> None:
    counts = answers(lines)
    several = [count for count in counts.values() if count > 1]
    for release in releases.values():
        found = release.report.prompts
        assert found is not None
        assert (found.all, found.conflicting) == (len(counts), len(several))
        assert (found.answers, found.largest) == (sum(several), max(several))


def test_cap_works_without_near_duplicates(curate: Curate, pattern: str, lines: list[Line]) -> None:
    recipe = recipe_for(pattern, dedup__near=False, dedup__max_answers_per_prompt=1)
    release = curate(pattern, recipe=recipe)
    assert fates_of(release) == decide(lines, 2.0, most=1)
    assert release.verdicts().count("kept") == len(answers(lines))


@pytest.mark.parametrize("most", [1, 3])
def test_prompt_with_many_answers_keeps_the_longest(curate: Curate, tmp_path: Path, most: int) -> None:
    words = WORDS.split()
    many = [{"instruction": "Say  something.", "output": words[at % 32] * (at + 1)} for at in range(1500)]
    write_rows(tmp_path / "in.parquet", [*many[::2], *ask_all(50), *many[1::2], many[0]], row_group_size=200)
    recipe = recipe_for(f"{tmp_path}/in.parquet", dedup__max_answers_per_prompt=most)
    release = curate("", recipe=recipe, unit_bytes=1, buckets=5)
    kept = release.curated.filter(release.curated["instruction"].to_numpy() == "Say  something.")
    assert sorted(kept["output"].to_pylist()) == sorted(row["output"] for row in many[-most:])
    assert release.manifest.counts.verdicts == {
        "kept": 50 + most,
        "rejected": 1501 - most,
        "duplicate": 0,
        "unreadable": 0,
    }
    assert release.report.prompts is not None
    assert (release.report.prompts.conflicting, release.report.prompts.answers) == (1, 1500)


def test_answer_that_is_nearly_another_takes_a_place(curate: Curate, tmp_path: Path) -> None:
    long = " ".join(f"word{at}" for at in range(60))
    outputs = [f"{long} and more", long, "Quite another answer."]
    write_rows(tmp_path / "in.parquet", [{"instruction": "Tell me.", "output": output} for output in outputs])
    for most, verdicts in ((2, ["kept", "duplicate", "rejected"]), (3, ["kept", "duplicate", "kept"])):
        recipe = recipe_for(f"{tmp_path}/in.parquet", dedup__max_answers_per_prompt=most)
        assert curate("", recipe=recipe, root=tmp_path / f"o{most}").verdicts() == verdicts


def test_row_that_is_capped_outranks_nobody(curate: Curate, tmp_path: Path) -> None:
    long = " ".join(f"word{at}" for at in range(60))
    rows = [
        {"instruction": f"Tell me of {long}.", "output": f"{long} and so on, at length"},
        {"instruction": f"Tell me of {long}.", "output": f"{long} again"},
        {"instruction": f"Tell me of {long} now.", "output": long},
    ]
    write_rows(tmp_path / "in.parquet", rows[1:])
    assert curate(f"{tmp_path}/in.parquet", root=tmp_path / "a").verdicts() == ["kept", "duplicate"]
    rows[0]["output"] = " ".join(reversed(rows[0]["output"].split()))
    write_rows(tmp_path / "in.parquet", rows)
    recipe = recipe_for(f"{tmp_path}/in.parquet", dedup__max_answers_per_prompt=1)
    assert curate("", recipe=recipe, root=tmp_path / "b").verdicts() == ["kept", "rejected", "kept"]


def test_rows_of_references_are_no_answers(curate: Curate, tmp_path: Path) -> None:
    asked = [{"instruction": "Say it.", "output": word} for word in ("apple", "bread", "chair")]
    write_rows(tmp_path / "known.parquet", asked[:2])
    write_rows(tmp_path / "in.parquet", asked[1:])
    references = [{"name": "known", "input": f"{tmp_path}/known.parquet"}]
    changes = {"references": references, "dedup__max_answers_per_prompt": 1}
    release = curate("", recipe=recipe_for(f"{tmp_path}/in.parquet", **changes))
    assert release.verdicts() == ["duplicate", "kept"]
