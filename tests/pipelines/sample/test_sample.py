"""The sample as written: the same bytes, distinct rows, and plants that are what they claim."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pipelines.sample import KINDS, write_sample
from pipelines.sample.planting import NEAR_DUPLICATE, NEAR_MISS
from pipelines.sample.tasks import UNLIKE

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Sample

THRESHOLD = 0.8
SENTENCE_ENDS = (".", "?", "!", ":", "\u3002", "\uff1f", "\u061f")


def original(name: str) -> str:
    """Give the id of the row that a chain of copies goes back to."""
    return name.partition("~")[0]


def test_same_seed_gives_same_bytes(sample: Sample, tmp_path: Path) -> None:
    again = write_sample(tmp_path)
    assert again == sample.plants
    assert [(tmp_path / file.name).read_bytes() for file in sample.files] == [
        file.read_bytes() for file in sample.files
    ]


def test_another_seed_gives_other_rows(sample: Sample, tmp_path: Path) -> None:
    assert write_sample(tmp_path, seed=8) != sample.plants


def test_size_and_ids(sample: Sample) -> None:
    assert 3000 <= sample.plants.rows <= 4000
    assert sample.plants.rows == len(sample.table) == len(sample.rows)


def test_unplanted_rows_are_distinct(sample: Sample) -> None:
    alike = [
        pair
        for pair in sample.pairs_above(UNLIKE)
        if sample.rows[pair[0]]["plant"] is None and sample.rows[pair[1]]["plant"] is None
    ]
    assert alike == []


@pytest.mark.parametrize("seed", [1, 12])
def test_other_seeds_are_distinct_too(seed: int, tmp_path: Path, read_sample: type[Sample]) -> None:
    other = read_sample(tmp_path, write_sample(tmp_path, seed=seed))
    assert all(original(a) == original(b) for a, b, _ in other.pairs_above(THRESHOLD))


def test_no_duplicates_but_planted_ones(sample: Sample) -> None:
    pairs = list(sample.pairs_above(THRESHOLD))
    assert all(original(a) == original(b) for a, b, _ in pairs)
    planted = {plant.id for plant in sample.plants.planted if (plant.similarity or 0) >= THRESHOLD}
    assert planted <= {name for a, b, _ in pairs for name in (a, b)}


def test_similarities_are_as_recorded(sample: Sample) -> None:
    related = [plant for plant in sample.plants.planted if plant.of is not None]
    assert len(related) > 400
    assert [plant.similarity for plant in related] == pytest.approx(
        [sample.similarity(plant.id, plant.of) for plant in related if plant.of]
    )


def test_files_name_the_plants(sample: Sample) -> None:
    named = {(row["id"], row["plant"], row["plant_of"]) for row in sample.rows.values() if row["plant"]}
    assert named == {(plant.id, plant.kind, plant.of) for plant in sample.plants.planted}


def test_every_kind_is_planted(sample: Sample) -> None:
    counts = Counter(plant.kind for plant in sample.plants.planted)
    assert set(counts) == set(KINDS)
    assert sum(counts.values()) < sample.plants.rows / 4


def test_near_duplicates_and_misses_fill_their_bands(sample: Sample) -> None:
    for kind, (low, high) in (("near_duplicate", NEAR_DUPLICATE), ("near_miss", NEAR_MISS)):
        reached = [plant.similarity or 0 for plant in sample.plants.of_kind(kind)]
        assert low <= min(reached) < low + 0.03
        assert high - 0.03 < max(reached) <= high


def test_exact_duplicates_and_variants(sample: Sample) -> None:
    for kind, is_same in (("exact_duplicate", True), ("exact_variant", False)):
        for plant in sample.plants.of_kind(kind):
            row, first = sample.rows[plant.id], sample.rows[str(plant.of)]
            raw = [(found["instruction"], found["input"], found["output"]) for found in (row, first)]
            assert (raw[0] == raw[1]) is is_same
            a, b = sample.place[plant.id], sample.place[str(plant.of)]
            assert all(text[a].as_py() == text[b].as_py() for text in sample.texts)


def test_chains_hold_only_link_by_link(sample: Sample) -> None:
    thirds = [plant for plant in sample.plants.of_kind("chain") if plant.id.endswith("~2")]
    assert len(thirds) == len(sample.plants.of_kind("chain")) / 2
    for third in thirds:
        second, first = str(third.of), original(third.id)
        assert min(sample.similarity(first, second), sample.similarity(second, third.id)) >= THRESHOLD
        assert sample.similarity(first, third.id) < THRESHOLD
        lengths = [len(sample.rows[name]["output"]) for name in (first, second, third.id)]
        assert lengths == sorted(lengths, reverse=True)


def test_answers_to_one_prompt_differ(sample: Sample) -> None:
    for plant in sample.plants.of_kind("many_answers"):
        a, b = sample.place[plant.id], sample.place[str(plant.of)]
        assert sample.texts[0][a].as_py() == sample.texts[0][b].as_py()
        assert sample.similarity(plant.id, str(plant.of)) < UNLIKE


def test_instructions_have_their_lengths(sample: Sample) -> None:
    lengths = {name: len(row["instruction"] or "") for name, row in sample.rows.items()}
    for kind, low, high in (
        ("instruction_too_short", 1, 4),
        ("instruction_undetermined", 5, 20),
        ("instruction_long", 1001, 32_000),
        ("instruction_too_long", 32_001, 100_000),
        ("instruction_null", 0, 0),
    ):
        assert {low <= lengths[name] <= high for name in sample.plants.ids(kind)} == {True}


def test_outputs_have_their_faults(sample: Sample) -> None:
    outputs = {name: row["output"] for name, row in sample.rows.items()}
    assert all(not (outputs[name] or "").strip() for name in sample.plants.ids("output_empty"))
    assert {None, ""} < {outputs[name] for name in sample.plants.ids("output_empty")}
    assert all("..." in outputs[name] for name in sample.plants.ids("ellipsis"))
    marks = ("[your response here]", "[insert", "todo")
    for name in sample.plants.ids("placeholder"):
        assert any(mark in outputs[name].lower() for mark in marks)


def test_unplanted_rows_have_no_faults(sample: Sample) -> None:
    for row in sample.rows.values():
        if row["plant"] is None:
            assert 5 <= len(row["instruction"]) <= 1000
            assert row["instruction"].endswith(SENTENCE_ENDS)
            assert row["output"].strip()
            assert not any(mark in row["output"].lower() for mark in ("...", "todo", "[insert", "[your"))


def test_open_instructions_lack_their_end(sample: Sample) -> None:
    for name in sample.plants.ids("no_end_punctuation"):
        assert not sample.rows[name]["instruction"].endswith(SENTENCE_ENDS)


def test_share_of_languages(sample: Sample) -> None:
    languages = Counter(row["meta"]["language"] for row in sample.rows.values())
    assert set(languages) == {"en", "de", "fr", "es", "zh", "ja", "ru", "ar"}
    assert 0.10 <= 1 - languages["en"] / len(sample.rows) <= 0.15


def test_other_languages_can_be_identified(sample: Sample) -> None:
    foreign = [row for row in sample.rows.values() if row["meta"]["language"] != "en" and row["instruction"]]
    long_enough = [row for row in foreign if sum(map(str.isalpha, row["instruction"])) >= 20]
    assert len(long_enough) > 0.95 * len(foreign)


def test_unknown_kind_names_the_known_ones(sample: Sample) -> None:
    with pytest.raises(KeyError, match="placeholder, placeholder_mention"):
        sample.plants.ids("weeds")


def test_no_shards_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 or more, not 0"):
        write_sample(tmp_path, shards=0)
