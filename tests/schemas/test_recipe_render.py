"""Rendering a recipe: every key explained, and the same recipe read back."""

from __future__ import annotations

import json
from typing import get_args

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.recipe import (
    LANGUAGE_CODES,
    PROFILES,
    Columns,
    Dedup,
    Drift,
    Gate,
    InstructionTooLong,
    InstructionTooShort,
    Language,
    Measure,
    Output,
    Placeholder,
    Recipe,
    Rejected,
    Rule,
    Rules,
    Source,
    built_in,
    load_recipe,
    override,
    render,
    to_dict,
)

TEXT = st.text(min_size=1, max_size=12) | st.sampled_from(["no", "off", "y", "1", "1e3", "~", "- a", "# b"])
COUNT = st.integers(1, 10**9)
SHARE = st.floats(0, 1)
ACTION = st.sampled_from(["reject", "flag", "off"])


@st.composite
def columns(draw: st.DrawFn) -> Columns:
    """Columns of three different names."""
    instruction, input_, output = draw(st.lists(TEXT, min_size=3, max_size=3, unique=True))
    return Columns(instruction=instruction, input=input_, output=output)


SOURCES = st.lists(
    st.builds(
        Source,
        name=TEXT,
        input=st.lists(TEXT, min_size=1, max_size=9).map(tuple),
        columns=columns(),
        priority=st.integers(-1000, 1000),
        max_rows=st.none() | COUNT,
    ),
    max_size=3,
    unique_by=lambda source: source.name,
).map(tuple)
RULES = st.builds(
    Rules,
    instruction_too_short=st.builds(InstructionTooShort, action=ACTION, min_tokens=st.none() | COUNT),
    instruction_too_long=st.builds(InstructionTooLong, max_chars=COUNT, flag_over=st.none() | COUNT),
    placeholder=st.builds(Placeholder, patterns=st.lists(TEXT, max_size=9).map(tuple)),
    language=st.builds(Rule, action=ACTION),
)
LANGUAGES = st.builds(
    Language,
    enabled=st.booleans(),
    keep=st.lists(st.sampled_from(sorted(LANGUAGE_CODES)), max_size=40).map(tuple),
    min_score=SHARE,
    min_determined_score=SHARE,
    model=st.none() | TEXT,
)
LIMIT = st.none() | SHARE
GATES = st.builds(
    Gate,
    min_rows=st.none() | COUNT,
    max_lost=LIMIT,
    max_unreadable=LIMIT,
    max_rejected=st.lists(
        st.builds(Rejected, reason=st.sampled_from(["language", "near_duplicate"]), share=SHARE), max_size=3
    ).map(tuple),
    max_drift=st.lists(
        st.builds(
            Drift,
            measure=st.sampled_from(get_args(Measure)),
            jensen_shannon_divergence=LIMIT,
            population_stability_index=st.none() | st.floats(0, 100),
        ),
        max_size=3,
    ).map(tuple),
)
RECIPES = st.builds(
    Recipe,
    profile=st.sampled_from(PROFILES),
    sources=SOURCES,
    rules=RULES,
    language=LANGUAGES,
    dedup=st.builds(Dedup, threshold=st.floats(0.3, 1), exact=st.booleans()),
    gate=GATES,
    output=st.builds(Output, shards=st.none() | st.integers(1, 99_999)),
)


def count_keys(tree: object) -> int:
    """Keys of a tree at every depth."""
    if isinstance(tree, dict):
        return len(tree) + sum(map(count_keys, tree.values()))
    return sum(map(count_keys, tree)) if isinstance(tree, list) else 0


@settings(max_examples=50, deadline=None)
@given(RECIPES)
def test_rendered_recipe_reads_back_the_same(recipe: Recipe) -> None:
    """Holds for every text, number and profile."""
    assert load_recipe(render(recipe)) == recipe


@settings(max_examples=50, deadline=None)
@given(RECIPES)
def test_plain_values_read_back_the_same(recipe: Recipe) -> None:
    """The recipe of a manifest is a recipe."""
    assert Recipe.model_validate(json.loads(json.dumps(to_dict(recipe)))) == recipe


@settings(max_examples=50, deadline=None)
@given(RECIPES)
def test_any_reader_of_yaml_sees_the_same_values(recipe: Recipe) -> None:
    """Text that YAML 1.1 takes for something else is quoted."""
    seen = yaml.safe_load(render(recipe))
    assert seen["sources"] == to_dict(recipe)["sources"]
    assert seen["language"]["keep"] == list(recipe.language.keep)
    assert seen["rules"]["language"]["action"] == recipe.rules.language.action


@pytest.mark.parametrize("name", PROFILES)
def test_render_comments_every_key_within_the_width(name: str) -> None:
    """Each key has a comment beside it or on the line above."""
    recipe = override(built_in(name), {"sources": [{"name": "a", "input": "b"}]})
    lines = render(recipe).splitlines()
    keys = [n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")]
    assert max(map(len, lines)) <= 100
    assert all("  # " in lines[n] or lines[n - 1].lstrip().startswith("# ") for n in keys)
    assert len(keys) == count_keys(to_dict(recipe))


EXAMPLES = [
    *("sources", "references", "benchmarks", "own", "balance"),
    *("dedup.bands", "gate.max_rejected", "gate.max_drift"),
]


@pytest.mark.parametrize("key", EXAMPLES)
def test_what_is_empty_shows_an_example_that_loads(key: str) -> None:
    """The keys of a source are to be seen even where there is none; without its marks, it is a recipe."""
    above, _, name = key.rpartition(".")
    margin = "  " if above else ""
    lines = render(Recipe()).splitlines()
    first = lines.index(f"{margin}# {name}:")
    assert lines[first - 1] == f"{margin}# For example:"
    last = next(at for at in range(first, len(lines)) if lines[at].startswith(f"{margin}{name}:"))
    example = "\n".join(margin + line.removeprefix(f"{margin}# ") for line in lines[first:last])
    recipe = load_recipe(f"{above}:\n{example}" if above else example)
    section = getattr(recipe, above) if above else recipe
    assert getattr(section, name) not in ((), None)
    assert recipe != Recipe()
