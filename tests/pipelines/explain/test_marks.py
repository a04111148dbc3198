"""Every reason has its sentence, with the figures behind it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.explain.lookup import look_up
from pipelines.explain.marks import Case, tell
from pipelines.releases.ledger import Entry
from pipelines.releases.release import open_release
from pipelines.releases.rows import Row, read_row
from schemas.reason import Reason
from schemas.recipe import built_in, override

CHANGES = {
    "language.enabled": True,
    "language.keep": ["en", "de"],
    "rules.instruction_too_short.min_tokens": None,
}
RECIPE = override(built_in("default"), CHANGES, where="test")


@pytest.fixture
def case(release: Path) -> Case:
    """The row `Hi`, and what the ledger says of it."""
    found = open_release(str(release))
    entry = look_up(found, "a/part.parquet:1").entries[0]
    assert entry.key is not None
    row = read_row(found, entry.key)
    assert isinstance(row, Row)
    return Case(entry, row, RECIPE)


def with_entry(case: Case, **changes: Any) -> Case:
    entry: Entry = replace(case.entry, **changes)
    return case._replace(entry=entry)


def test_every_reason_is_told_with_and_without_text(case: Case) -> None:
    for reason in Reason:
        for row in (case.row, None):
            sentence, detail = tell(reason.value, case._replace(row=row))
            assert sentence
            assert "{" not in sentence
            assert detail.split(":")[0] == reason.value


@pytest.mark.parametrize(
    ("name", "sentence", "detail"),
    [
        (
            "instruction_too_short",
            "Instruction too short (2 chars)",
            "the rule marks what is under 5 characters",
        ),
        (
            "instruction_too_long",
            "Instruction too long (2 chars)",
            "over 32,000 characters the recipe says reject, over 1,000 it flags",
        ),
        (
            "output_empty",
            "Output is empty or too short",
            "2,129 characters once stripped, at least 1 asked for",
        ),
        ("placeholder", "Output contains placeholder text: [Insert text]", ""),
        (
            "no_end_punctuation",
            "Instruction doesn't end with punctuation (minor)",
            'its last character is "i"',
        ),
    ],
)
def test_text_rules_give_their_figures(case: Case, name: str, sentence: str, detail: str) -> None:
    assert tell(name, case) == (sentence, f"{name}: {detail}" if detail else name)


def test_language_rules_give_their_figures(case: Case) -> None:
    french = with_entry(case, language="fr", language_score=0.912, output_language="en")
    assert tell("language", french) == (
        "Instruction is in fr (0.91), which the recipe does not keep",
        "language: the recipe keeps en, de, each from a score of 0.65",
    )
    assert tell("language_mismatch", french)[0] == "Output is in en, instruction in fr"


@pytest.mark.parametrize(
    ("score", "detail"),
    [
        (None, "it has fewer than 20 letters"),
        (0.41, "the best score is 0.41, at least 0.5 or an answer in the same language asked for"),
    ],
)
def test_undetermined_language_says_what_it_lacks(case: Case, score: float | None, detail: str) -> None:
    untold = with_entry(case, language="und", language_score=score)
    assert tell("language_undetermined", untold)[1] == f"language_undetermined: {detail}"


def test_contamination_names_the_example_and_the_score(case: Case) -> None:
    held = {"match_source": "quiz", "match_file": "a\nb.parquet", "match_row": 7, "match_score": 4 / 7}
    assert tell("contaminated", with_entry(case, **held)) == (
        "Holds 57% of quiz/a\\nb.parquet:7",
        "contaminated: the score is 0.5714 by 8-grams, the rule marks from 0.5",
    )


@pytest.mark.parametrize(("most", "answers"), [(1, "1 other answer"), (3, "3 other answers")])
def test_prompt_cap_names_how_many_stay(case: Case, most: int, answers: str) -> None:
    capped = case._replace(recipe=override(RECIPE, {"dedup.max_answers_per_prompt": most}))
    assert tell("prompt_cap", capped) == (
        f"Ranks below {answers} to the same prompt",
        f"prompt_cap: the recipe keeps {most} of the answers to a prompt",
    )


def test_mark_of_a_later_version_is_named(case: Case) -> None:
    assert tell("toxic", case) == ("toxic", "a mark that this version does not know")
