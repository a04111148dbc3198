"""The sample's ground truth: every plant has the verdict it was planted for."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.reference import normalise, similarity
from tests.releases import Row, Sampled

THRESHOLD = 0.8
REJECTED = {
    "instruction_too_short": "instruction_too_short",
    "instruction_null": "instruction_too_short",
    "instruction_too_long": "instruction_too_long",
    "output_empty": "output_empty",
    "placeholder": "placeholder",
}
"""Plants that a rule rejects, and its reason."""

FLAGGED = {
    "instruction_long": "instruction_too_long",
    "instruction_undetermined": "language_undetermined",
    "no_end_punctuation": "no_end_punctuation",
    "other_language": "language_mismatch",
}
"""Plants that a rule flags, and its flag."""

STANDING = ("placeholder_mention", "ellipsis", "near_miss", "many_answers")
COPIES = ("exact_duplicate", "exact_variant")


def parts(row: Row) -> tuple[str, str]:
    """Normalised prompt and output of an input row."""
    prompt = "\n".join(text for text in (row["instruction"], row["input"]) if text)
    return normalise(prompt), normalise(row["output"] or "")


def verdicts(sampled: Sampled, names: Iterable[str]) -> set[str]:
    return {sampled.fates[name]["verdict"] for name in names}


@pytest.mark.parametrize("kind", REJECTED)
def test_plants_that_rules_reject(sampled: Sampled, kind: str) -> None:
    for name in sampled.plants.ids(kind):
        assert sampled.fates[name]["verdict"] == "rejected"
        assert sampled.fates[name]["reasons"] == [REJECTED[kind]]


@pytest.mark.parametrize("kind", FLAGGED)
def test_plants_that_rules_flag(sampled: Sampled, kind: str) -> None:
    for name in sampled.plants.ids(kind):
        assert sampled.fates[name]["verdict"] == "kept"
        assert FLAGGED[kind] in sampled.fates[name]["flags"]


@pytest.mark.parametrize("kind", STANDING)
def test_plants_that_stay(sampled: Sampled, kind: str) -> None:
    assert verdicts(sampled, sampled.plants.ids(kind)) == {"kept"}


@pytest.mark.parametrize("kind", COPIES)
def test_of_equal_rows_one_is_kept(sampled: Sampled, kind: str) -> None:
    families: dict[str, set[str]] = {}
    for plant in sampled.plants.of_kind(kind):
        families.setdefault(str(plant.of), {str(plant.of)}).add(plant.id)
    assert families
    for family in families.values():
        (kept,) = (name for name in family if sampled.fates[name]["verdict"] == "kept")
        fallen = [sampled.fates[name] for name in family - {kept}]
        assert {line["similarity"] for line in fallen} == {1.0}
        assert {line["survivor_id"] for line in fallen} == {sampled.fates[kept]["record_id"]}


def test_of_near_duplicates_the_longer_output_is_kept(sampled: Sampled) -> None:
    for plant in sampled.plants.of_kind("near_duplicate"):
        pair = sorted([plant.id, str(plant.of)], key=lambda name: len(sampled.rows[name]["output"]))
        lines = [sampled.fates[name] for name in pair]
        assert {line["verdict"] for line in lines} == {"kept", "duplicate"}
        (fallen,) = (line for line in lines if line["verdict"] == "duplicate")
        assert fallen["similarity"] == pytest.approx(plant.similarity)
        if len({len(sampled.rows[name]["output"]) for name in pair}) == 2:
            assert lines[0] == fallen


def test_both_ends_of_a_chain_are_kept(sampled: Sampled) -> None:
    for plant in sampled.plants.of_kind("chain"):
        is_end = plant.id.endswith("~2")
        assert sampled.fates[plant.id]["verdict"] == ("kept" if is_end else "duplicate")
        if not is_end:
            assert sampled.fates[str(plant.of)]["verdict"] == "kept"
            assert sampled.fates[plant.id]["survivor_id"] == sampled.fates[str(plant.of)]["record_id"]


def test_rows_without_a_fault_are_kept_unless_a_plant_of_theirs_is(sampled: Sampled) -> None:
    hosts = {plant.of for plant in sampled.plants.planted}
    plain = [name for name, row in sampled.rows.items() if row["plant"] is None and name not in hosts]
    assert len(plain) > 2000
    assert verdicts(sampled, plain) == {"kept"}


def test_every_survivor_is_kept_and_as_like_as_it_says(sampled: Sampled) -> None:
    places = {(line["source"], line["file"], line["row"]): name for name, line in sampled.fates.items()}
    fallen = {name: line for name, line in sampled.fates.items() if line["verdict"] == "duplicate"}
    assert len(fallen) > 300
    for name, line in fallen.items():
        survivor = places[line["survivor_source"], line["survivor_file"], line["survivor_row"]]
        kept = sampled.fates[survivor]
        assert kept["verdict"] == "kept"
        assert line["cluster"] == line["survivor_id"] == kept["record_id"] == kept["cluster"]
        found = similarity(parts(sampled.rows[name]), parts(sampled.rows[survivor]))
        assert line["similarity"] == pytest.approx(found)
        assert found >= THRESHOLD


def test_only_duplicates_name_a_survivor(sampled: Sampled) -> None:
    for line in sampled.fates.values():
        named = [line[name] for name in sampled.release.ledger.column_names if "surviv" in name]
        assert {value is None for value in [*named, line["similarity"]]} == {line["verdict"] != "duplicate"}
        assert bool(line["reasons"]) == (line["verdict"] == "rejected")
        assert (line["rows_lost"], line["error"]) == (None, None)


def test_languages_are_those_of_the_rows(sampled: Sampled) -> None:
    told = {name: line for name, line in sampled.fates.items() if line["language"] != "und"}
    right = [line["language"] == sampled.rows[name]["meta"]["language"] for name, line in told.items()]
    assert sum(right) > 0.99 * len(right) > 3000
    sure = {name: (line["language_score"] or 0) >= 0.5 for name, line in told.items()}
    assert sum(sure.values()) > 0.95 * len(sure)
    assert all(told[name]["output_language"] == told[name]["language"] for name in told if not sure[name])


def test_tasks_are_tagged_whatever_the_verdict(sampled: Sampled) -> None:
    for name, line in sampled.fates.items():
        first = (sampled.rows[name]["instruction"] or "").partition(" ")[0].lower()
        if first in {"write", "explain", "translate", "classify"}:
            assert line["verb"] == first
    assert None not in {line[name] for line in sampled.fates.values() for name in ("verb", "category")}
