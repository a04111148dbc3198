"""Recipes: profiles, values, overrides, and the schema for editors."""

from __future__ import annotations

import json
import pickle
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from schemas import recipe as package
from schemas.reason import Reason
from schemas.recipe import (
    LANGUAGE_CODES,
    PROFILES,
    Placeholder,
    Recipe,
    Rules,
    built_in,
    json_schema,
    judging_key,
    load_recipe,
    override,
    render,
    to_dict,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def objects(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every schema of a mapping."""
    yield from (each for each in (schema, *schema["$defs"].values()) if each.get("type") == "object")


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}", "profile: default"])
def test_empty_recipe_is_the_default(text: str) -> None:
    """What is left out has the default's value."""
    assert load_recipe(text) == Recipe() == built_in("default")


def test_article_has_the_articles_limits() -> None:
    """Four rules reject, one flags, and languages are told but not judged."""
    recipe = built_in("article")
    rules = to_dict(recipe)["rules"]
    assert rules["instruction_too_short"] == {"action": "reject", "min_chars": 5, "min_tokens": None}
    assert rules["instruction_too_long"] == {
        "action": "reject",
        "max_chars": 1000,
        "flag_over": None,
        "max_tokens": None,
    }
    assert rules["output_empty"] == {"action": "reject", "min_chars": 1}
    patterns = ["[your response here]", "[insert", "TODO", "..."]
    assert rules["placeholder"] == {"action": "reject", "patterns": patterns}
    assert rules["no_end_punctuation"] == {"action": "flag", "endings": ".?!:", "closings": ""}
    assert {rules[name]["action"] for name in rules if name.startswith("language")} == {"off"}
    assert recipe.language == Recipe().language


@pytest.mark.parametrize(
    ("profile", "threshold", "permutations", "bands", "shingles"),
    [
        ("fineweb", 0.75, 112, (14, 8), ("fineweb", "whitespace", 5)),
        ("data-juicer", 0.7, 256, (25, 10), ("lower", "spaces", 5)),
        ("nemo", 0.8, 260, (20, 13), ("raw", "characters", 24)),
        ("text-dedup", 0.7, 240, (24, 10), ("lower", "non_word", 5)),
    ],
)
def test_peers_profiles_differ_in_near_duplicates_alone(
    profile: str,
    threshold: float,
    permutations: int,
    bands: tuple[int, int],
    shingles: tuple[str, str, int],
) -> None:
    """Rules and everything else are as in the default."""
    recipe, default = to_dict(built_in(profile)), to_dict(Recipe())
    assert recipe["profile"] == profile
    assert recipe["dedup"] == default["dedup"] | {
        "threshold": threshold,
        "similarity": "joined",
        "shingles": dict(zip(("text", "tokens", "width"), shingles, strict=True)),
        "permutations": permutations,
        "bands": dict(zip(("count", "rows"), bands, strict=True)),
    }
    assert {**recipe, "profile": "default", "dedup": default["dedup"]} == default


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_is_read_back_as_it_is_written(profile: str) -> None:
    """Rendered or as values, and with a value changed."""
    recipe = built_in(profile)
    assert load_recipe(render(recipe)) == recipe == load_recipe(json.dumps(to_dict(recipe)))
    assert load_recipe(f"profile: {profile}\ndedup: {{threshold: 0.9, bands: null}}") == override(
        recipe, {"dedup.threshold": 0.9, "dedup.bands": None}
    )


def test_profile_fills_in_what_the_file_leaves_out() -> None:
    """Mappings merge by key at every depth, lists are replaced."""
    recipe = load_recipe(
        "profile: article\nrules: {placeholder: {patterns: [FIXME]}, language: {action: flag}}"
    )
    assert recipe.rules.placeholder == Placeholder(action="reject", patterns=("FIXME",))
    assert recipe.rules.language.action == "flag"
    assert recipe.rules.instruction_too_long.max_chars == 1000
    assert recipe.profile == "article"


def test_every_rule_gives_a_reason() -> None:
    """Rules are named by the reason they give, in its order."""
    names = list(Rules.model_fields)
    assert names == [reason.value for reason in Reason if reason.value in names]


def test_words_that_yaml_1_1_takes_for_booleans_are_text() -> None:
    """`off` is an action and `no` is Norwegian."""
    recipe = load_recipe("rules: {placeholder: {action: off}}\nlanguage: {keep: [no, en], enabled: false}")
    assert recipe.rules.placeholder.action == "off"
    assert recipe.language.keep == ("no", "en")
    assert recipe.language.enabled is False


def test_a_whole_number_is_a_number_and_a_text_is_a_list_of_one() -> None:
    """Values mean one thing, however they are written."""
    recipe = load_recipe("dedup: {threshold: 1}\nlanguage: {min_score: 1e-3}\nsources: [{name: a, input: b}]")
    assert json.dumps(recipe.dedup.threshold) == "1.0"
    assert recipe.language.min_score == 0.001
    assert recipe.sources[0].input == ("b",)


def test_override_changes_by_dotted_key() -> None:
    """Values are replaced, mappings merged, the recipe itself left alone."""
    recipe = built_in("article")
    changed = override(recipe, {"language.keep": ["en"], "dedup.threshold": 0.9, "output": {"shards": 3}})
    assert to_dict(changed)["language"] == {**to_dict(recipe)["language"], "keep": ["en"]}
    assert (changed.dedup.threshold, changed.output.shards, changed.output.save_rejects) == (0.9, 3, False)
    assert changed.rules == recipe.rules
    assert override(changed, {}) == changed


def test_recipe_is_a_frozen_value() -> None:
    """It can be a key, cross to a worker and not be changed."""
    recipe = load_recipe("sources: [{name: a, input: [b]}]")
    assert {recipe: 1}[pickle.loads(pickle.dumps(recipe))] == 1  # noqa: S301 our own bytes
    with pytest.raises(ValueError, match="frozen"):
        recipe.dedup.threshold = 0.5


def test_judging_key_ignores_what_judging_does() -> None:
    """Deduplication, sources and output re-judge nothing; rules, languages and the tagger do."""
    key = judging_key(Recipe())
    after = {"dedup.threshold": 0.9, "output.shards": 2, "sources": [{"name": "a", "input": "b"}]}
    assert judging_key(override(Recipe(), after)) == key
    assert judging_key(override(Recipe(), {"language.min_score": 0.7})) != key
    assert judging_key(override(Recipe(), {"rules.placeholder.action": "off"})) != key


def test_schema_is_strict_and_explains_every_key() -> None:
    """Editors refuse unknown keys and show a description on each known one."""
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for each in objects(schema):
        assert each["additionalProperties"] is False
        assert each["title"]
        assert all(field["description"].endswith(".") for field in each["properties"].values())
    text = json.dumps(schema)
    assert text.count("#/$defs/") >= len(schema["$defs"])
    assert all(f"#/$defs/{name}" in text for name in schema["$defs"])


def test_schema_has_the_limits() -> None:
    """Ranges, choices and the single text that stands for a list."""
    schema = json_schema()
    defs = schema["$defs"]
    threshold = defs["Dedup"]["properties"]["threshold"]
    assert (threshold["minimum"], threshold["maximum"], threshold["default"]) == (0.3, 1, 0.8)
    assert defs["Rule"]["properties"]["action"]["enum"] == ["reject", "flag", "off"]
    assert {each["type"] for each in defs["Source"]["properties"]["input"]["anyOf"]} == {"string", "array"}
    assert "no" in defs["Language"]["properties"]["keep"]["items"]["enum"]
    assert defs["Source"]["required"] == ["name", "input"]
    assert "required" not in schema


def test_language_codes_are_the_models() -> None:
    """lid.176 has 176 labels."""
    assert len(LANGUAGE_CODES) == 176


def test_exports_are_what_is_public() -> None:
    """Nothing public is left out, nothing exported is missing."""
    public = {
        name
        for name, value in vars(package).items()
        if not name.startswith("_") and name != "annotations" and not isinstance(value, ModuleType)
    }
    assert set(package.__all__) == public
