"""What is found of prompts: the same from what is known of some as from looking at all."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.recipe import Recipe, built_in
from tests.columns import text_column
from tests.strategies import texts
from tests.taggers import watch_tagger
from transforms.kernels import prompt_findings
from transforms.kernels.language import identify
from transforms.kernels.prompt_findings import Models, look_at_prompts
from transforms.kernels.rows import encode_rows, hash_rows
from transforms.kernels.tagger import by_phrases
from transforms.kernels.texts import Texts
from transforms.kernels.token_counts import FourCharacters
from transforms.steps.language_model import find_model

ASKED = [
    "Write a poem about rain.",
    "Write a poem about rain.",
    "",
    "Wie alt ist die Erde?",
    "用三句话介绍长城。",
]
GIVEN = ["", "It rains.", "", "", ""]
rows = st.lists(st.tuples(texts, texts), max_size=8)


def of(asked: list[str], given: list[str]) -> Texts:
    return Texts(*map(text_column, (asked, given, ["An answer."] * len(asked))))


def test_it_is_what_the_model_and_the_tagger_say() -> None:
    example, recipe, model = of(ASKED, GIVEN), Recipe(), find_model()
    found = look_at_prompts(example, recipe, Models(model, FourCharacters()))
    _, likeliest, scores = identify(prompt_findings.language.load_model(model), example.instruction, recipe)
    assert (found["likeliest"], found["language_score"]) == (likeliest, scores)
    for name, column in by_phrases(example.instruction, example.input)._asdict().items():
        assert found[name] == column
    assert found["input_tokens"].to_pylist() == [0, 3, 0, 0, 0]
    assert len(set(found["prompt"].to_pylist())) == len(ASKED)


@pytest.mark.parametrize("profile", ["default", "article"])
@given(some=rows, others=rows)
def test_what_is_known_changes_nothing(
    profile: str, some: list[tuple[str, str]], others: list[tuple[str, str]]
) -> None:
    recipe, models = built_in(profile), Models(find_model(), FourCharacters())
    known = look_at_prompts(of(*columns(some)), recipe, models)
    wanted = of(*columns([*others, *some[::-1]]))
    found = look_at_prompts(wanted, recipe, models._replace(prompts=pa.Table.from_batches([known])))
    assert found == look_at_prompts(wanted, recipe, models)


def columns(some: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [asked for asked, _ in some], [given for _, given in some]


def test_known_prompts_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    known = pa.Table.from_batches([look_at_prompts(of(ASKED, GIVEN), Recipe(), Models())])
    seen = watch_tagger(monkeypatch)
    look_at_prompts(of([*ASKED, "Sing."], [*GIVEN, ""]), Recipe(), Models(prompts=known))
    look_at_prompts(of(["Write a poem about rain."], ["It pours."]), Recipe(), Models(prompts=known))
    assert seen == ["Sing.", "Write a poem about rain."]


def test_without_a_model_no_language_is_likely() -> None:
    found = look_at_prompts(of(ASKED, GIVEN), Recipe(), Models())
    assert found["likeliest"].null_count == found["language_score"].null_count == len(ASKED)


def test_prompts_are_told_apart_whoever_wrote_them() -> None:
    """They are hashed with what nobody can make collisions of, unlike a checksum."""
    found = look_at_prompts(of(ASKED, GIVEN), Recipe(), Models())
    asked, given = (text_column(column) for column in (ASKED, GIVEN))
    assert found["prompt"] == hash_rows(encode_rows([asked, given]))
