"""Rules: the article's values, both built-in profiles, and what each rule marks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.reason import Reason
from schemas.recipe import PROFILES, Recipe, built_in, override
from tests.columns import text_column
from tests.strategies import texts
from transforms.kernels.rules import (
    InstructionEndsWithout,
    InstructionLonger,
    InstructionShorter,
    OutputContains,
    OutputShorter,
    Rule,
    apply_rules,
    rules_of,
)
from transforms.kernels.texts import Texts

PLACEHOLDERS = ("[your response here]", "[insert", "TODO", "...")
Example = tuple[str, str]
"""An instruction and an output."""

VALIDATED = [
    ("Hi", None, "Hello!", {"instruction_too_short", "no_end_punctuation"}),
    ("Complete this task", "Some input", "", {"output_empty", "no_end_punctuation"}),
    ("Summarize this article.", "Article content here.", "[Your response here]", {"placeholder"}),
    ("Translate to Spanish.", "Good morning", "Buenos días", set()),
]
"""The article's validated examples: instruction, input, output and marks."""


def given_texts(examples: list[Example]) -> Texts:
    instructions, outputs = (text_column([example[at] for example in examples]) for at in (0, 1))
    return Texts(instructions, text_column([""] * len(examples)), outputs)


def named(mask: int) -> set[str]:
    return {reason.value for reason in Reason if mask & reason.bit}


def judge(recipe: Recipe, instruction: str, output: str = "An answer.") -> tuple[set[str], set[str]]:
    """What rejects one example, and what flags it."""
    marks = apply_rules(rules_of(recipe), given_texts([(instruction, output)]))
    return named(int(marks.reasons[0])), named(int(marks.flags[0]))


def marks_of(rule: Rule, examples: list[Example]) -> list[bool]:
    mask = rule(given_texts(examples))
    assert mask.dtype == bool
    return mask.tolist()


def mark_plainly(instruction: str, output: str) -> set[str]:
    """What the article's validator marks, in plain Python."""
    found = {
        "instruction_too_short": len(instruction) < 5,
        "instruction_too_long": len(instruction) > 1000,
        "output_empty": len(output.strip()) < 1,
        "placeholder": any(text.lower() in output.lower() for text in PLACEHOLDERS),
        "no_end_punctuation": instruction != "" and instruction[-1] not in ".?!:",
    }
    return {name for name, marked in found.items() if marked}


@pytest.mark.parametrize(("instruction", "_input", "output", "marks"), VALIDATED)
def test_the_articles_examples(instruction: str, _input: str | None, output: str, marks: set[str]) -> None:
    reasons, flags = judge(built_in("article"), instruction, output)
    assert reasons == marks - {"no_end_punctuation"}
    assert flags == marks & {"no_end_punctuation"}


cased = st.sampled_from(PLACEHOLDERS).flatmap(
    lambda text: st.tuples(*(st.sampled_from([one.upper(), one.lower()]) for one in text)).map("".join)
)
outputs = texts | st.tuples(texts, cased, texts).map("".join)
instructions = (
    texts | st.tuples(texts, st.sampled_from(".?!:\n ")).map("".join) | texts.map(lambda text: text * 60)
)


@given(st.lists(st.tuples(instructions, outputs), max_size=6))
def test_the_article_profile_agrees_with_the_article(examples: list[Example]) -> None:
    marks = apply_rules(rules_of(built_in("article")), given_texts(examples))
    found = [named(int(mask)) for mask in marks.reasons | marks.flags]
    assert found == [mark_plainly(*example) for example in examples]
    assert not (marks.reasons & marks.flags).any()


@pytest.mark.parametrize(
    ("instruction", "mark"),
    [
        ("", "instruction_too_short"),
        ("Go!!", "instruction_too_short"),
        ("a b.", "instruction_too_short"),
        ("您好.", "instruction_too_short"),
        ("Go!!!", None),
        ("\U0001f600" * 4 + ".", None),
        ("    .", None),
        ("x" * 999 + ".", None),
        ("\U0001f600" * 999 + ".", None),
        ("x" * 1000 + ".", "instruction_too_long"),
    ],
)
def test_the_article_counts_code_points_strictly(instruction: str, mark: str | None) -> None:
    assert judge(built_in("article"), instruction) == ({mark} if mark else set(), set())


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("output", ["", " ", "\t\r\n", "\u00a0\u3000\u2028", "\x1c\x85"])
def test_an_output_of_white_space_is_empty(profile: str, output: str) -> None:
    assert judge(built_in(profile), "Write a line.", output) == ({"output_empty"}, set())
    assert judge(built_in(profile), "Write a line.", f"{output}x{output}") == (set(), set())
    assert judge(built_in(profile), "Write a line.", f"{output}\u200b") == (set(), set())


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ("[YOUR RESPONSE HERE]", ["[your response here]"]),
        ("Dear [Insert name],", ["[insert"]),
        ("mastodon", ["TODO"]),
        ("Well... [insert] a todo", ["[insert", "TODO", "..."]),
        ("[in\u017fert", ["[insert"]),
        ("Two dots.. and an ellipsis…", []),
    ],
)
def test_placeholders_are_found_and_each_reported(output: str, found: list[str]) -> None:
    rule = OutputContains(PLACEHOLDERS)
    assert rule.found(output) == found
    assert marks_of(rule, [(output, "")]) == [False]
    assert marks_of(rule, [("", output)]) == [bool(found)]
    expected = {"placeholder"} if found else set()
    assert judge(built_in("article"), "Write a line.", output) == (expected, set())
    literal = override(built_in("default"), {"placeholders": "literal", "rules.placeholder.action": "flag"})
    assert judge(literal, "Write a line.", output) == (set(), expected)


@given(st.lists(outputs, max_size=6))
def test_marked_outputs_are_those_with_something_found(column: list[str]) -> None:
    rule = OutputContains(PLACEHOLDERS)
    assert marks_of(rule, [("", output) for output in column]) == [
        bool(rule.found(output)) for output in column
    ]


@pytest.mark.parametrize(
    ("instruction", "article", "default"),
    [
        ("Stop here.", False, False),
        ("Name three:", False, False),
        ("Really?\n", True, False),
        ("Stop here. ", True, False),
        ("Stop here\n\n", True, True),
        ('Translate "How are you?"', True, False),
        ("Which one (of the two?) \u3000", True, False),
        ("Translate it (freely)", True, True),
        ("Is it **so**", True, True),
        ("Stop here.\u0301", True, True),
        ("Stop here.\U0001f600", True, True),
        ("Stop here", True, True),
        ("请翻译这句话。", True, False),
        ("他说\u201c你好。\u201d", True, False),
        ("这是什么意思？", True, False),  # noqa: RUF001 the Chinese mark is meant
        ("يعني ماذا؟", True, False),
        ("यह क्या है।", True, False),
    ],
)
def test_an_instruction_ends_with_punctuation_or_not(
    instruction: str, *, article: bool, default: bool
) -> None:
    for profile, marked in (("article", article), ("default", default)):
        assert judge(built_in(profile), instruction) == (set(), {"no_end_punctuation"} if marked else set())


def test_an_empty_instruction_lacks_no_punctuation() -> None:
    for profile in PROFILES:
        assert judge(built_in(profile), "") == ({"instruction_too_short"}, set())


@pytest.mark.parametrize(
    ("instruction", "rejected"),
    [
        ("您好", False),
        ("您", True),
        ("Hi", True),
        ("Hey!", True),
        ("a b.", False),
        ("....", True),
        ("Hello", False),
        ("ไทย", False),
    ],
)
def test_the_default_rejects_what_is_short_in_tokens_too(instruction: str, *, rejected: bool) -> None:
    reasons, _ = judge(built_in("default"), instruction)
    assert reasons == ({"instruction_too_short"} if rejected else set())


@pytest.mark.parametrize(
    ("chars", "reasons", "flags"),
    [
        (1000, set(), set()),
        (1001, set(), {"instruction_too_long"}),
        (32_000, set(), {"instruction_too_long"}),
        (32_001, {"instruction_too_long"}, set()),
    ],
)
def test_the_default_flags_what_is_long_and_rejects_what_is_longer(
    chars: int, reasons: set[str], flags: set[str]
) -> None:
    assert judge(built_in("default"), "x" * (chars - 1) + ".") == (reasons, flags)


@pytest.mark.parametrize(
    "name", ["instruction_too_short", "output_empty", "placeholder", "no_end_punctuation"]
)
def test_the_recipe_decides_what_a_mark_does(name: str) -> None:
    for action, expected in (
        ("off", (set(), set())),
        ("flag", (set(), {name})),
        ("reject", ({name}, set())),
    ):
        literal = {"placeholders": "literal", f"rules.{name}.action": action}
        recipe = override(built_in("default"), literal)
        reasons, flags = judge(
            recipe, "Hi" if name != "output_empty" else "Hello.", "" if name == "output_empty" else "..."
        )
        assert (reasons & {name}, flags & {name}) == expected


def test_a_length_rule_that_is_off_flags_nothing() -> None:
    recipe = override(built_in("default"), {"rules.instruction_too_long.action": "off"})
    assert judge(recipe, "x" * 40_000 + ".") == (set(), set())


def test_every_rule_reads_its_own_field() -> None:
    examples = [("x" * 9, ""), ("", "x" * 9)]
    assert marks_of(InstructionShorter(5), examples) == [False, True]
    assert marks_of(InstructionLonger(5), examples) == [True, False]
    assert marks_of(OutputShorter(5), examples) == [True, False]
    assert marks_of(InstructionEndsWithout("."), examples) == [True, False]


@pytest.mark.parametrize("profile", PROFILES)
def test_no_rows_have_no_marks(profile: str) -> None:
    marks = apply_rules(rules_of(built_in(profile)), given_texts([]))
    assert [len(marks.reasons), len(marks.flags)] == [0, 0]
    assert marks.reasons.dtype == marks.flags.dtype == np.uint64
