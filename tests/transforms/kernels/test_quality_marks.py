"""The signals of quality: each definition's examples, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.reason import REASONS
from schemas.recipe import PROFILES, Recipe, built_in, override
from tests.columns import text_column
from tests.strategies import texts
from transforms.kernels.phrases import load_phrases
from transforms.kernels.private import is_luhn
from transforms.kernels.quality_checks import CHECKS
from transforms.kernels.quality_marks import find_signal, mark_quality, signals
from transforms.kernels.texts import Texts

SIGNALS = load_phrases("quality")["signals"]
CASES = [
    (name, line, kind == "marks")
    for name, signal in SIGNALS.items()
    for kind in ("marks", "passes")
    for line in signal[kind]
]


def read(line: str) -> tuple[str, ...]:
    """Instruction, input and output of an example."""
    asked, double, answered = line.partition(" || ")
    return (asked, "", answered) if double else tuple(part.strip() for part in line.split(" | "))


def columns(rows: list[tuple[str, ...]]) -> Texts:
    return Texts(*(text_column([row[at] for row in rows]) for at in range(3)))


@pytest.mark.parametrize(("name", "line", "marked"), CASES)
def test_a_signal_keeps_its_examples(name: str, line: str, marked: bool) -> None:  # noqa: FBT001 a mark or none
    marks = mark_quality(Recipe(), columns([read(line)]))
    assert bool(int(marks.flags[0]) & REASONS[name].bit) == marked
    assert marks.reasons.tolist() == [0]


@pytest.mark.parametrize(("name", "line", "marked"), CASES)
def test_what_an_expression_tells_is_found_again(name: str, line: str, marked: bool) -> None:  # noqa: FBT001
    asked, given_, answered = read(line)
    found = find_signal(REASONS[name], (asked, given_, answered))
    assert (found is not None) == (marked and "look" in SIGNALS[name])


@pytest.mark.parametrize("name", SIGNALS)
def test_the_recipe_decides_what_a_signal_does(name: str) -> None:
    rows = columns([read(SIGNALS[name]["marks"][0])])
    rejecting = mark_quality(override(Recipe(), {f"rules.{name}.action": "reject"}), rows)
    off = mark_quality(override(Recipe(), {f"rules.{name}.action": "off"}), rows)
    assert int(rejecting.reasons[0]) == REASONS[name].bit
    assert not int(off.flags[0]) & REASONS[name].bit


def test_the_article_knows_none_of_them() -> None:
    rows = columns([read(line) for _, line, _ in CASES])
    assert not mark_quality(built_in("article"), rows).flags.any()
    assert mark_quality(built_in(PROFILES[0]), rows).flags.any()


@given(
    st.lists(
        st.tuples(texts, texts, texts) | st.sampled_from([read(line) for _, line, _ in CASES]), max_size=5
    )
)
def test_a_rows_marks_depend_on_no_other_row(rows: list[tuple[str, ...]]) -> None:
    together = mark_quality(Recipe(), columns(rows)).flags.tolist()
    assert together == [mark_quality(Recipe(), columns([row])).flags.tolist()[0] for row in rows]


def test_definitions_are_whole() -> None:
    assert [signal.reason.value for signal in signals()] == list(SIGNALS)
    for name, signal in SIGNALS.items():
        assert signal["marks"], name
        assert signal["passes"], name
        assert signal.get("check") is None or signal["check"] in CHECKS, name


@given(st.integers(10**11, 10**15))
def test_one_check_digit_of_ten_is_right(number: int) -> None:
    assert sum(is_luhn(f"{number}{digit}") for digit in range(10)) == 1


HOSTILE = [
    ("What is it?", "", "|<br>|\n", ""),
    ("What code is it?", "", "<br>", ""),
    ("Tell me of rain.", "x" * 400 + "\n<", "a", ""),
    ("Tell me of rain.", "\nHuman: a\n", "a\n", ""),
    ("Describe rain in exactly two sentences.", "", "a", ".b"),
    ("Describe rain in exactly two sentences.", "", "a ", ".b"),
    ("Describe rain in exactly two sentences.", "", ".", "x"),
    ("Add.", "1 + 1 = 2 ", "1", "="),
    ("Write a reply.", "", "I cannot help. ", ""),
]


@pytest.mark.parametrize(("instruction", "begin", "piece", "end"), HOSTILE)
def test_a_long_output_is_not_gone_through_again_for_each_place(
    instruction: str, begin: str, piece: str, end: str
) -> None:
    """Else these take minutes; and they are marked as shorter ones of their kind are."""
    outputs = [begin + piece * times + end for times in (400, 400_000 // len(piece))]
    marks = [mark_quality(Recipe(), columns([(instruction, "", output)])) for output in outputs]
    assert [one.tolist() for one in marks[0]] == [one.tolist() for one in marks[1]]


def test_nor_is_a_long_instruction() -> None:
    asked = "\u7528\u4e00\u53e5\u8bdd" + "\u4e00" * 400_000
    assert mark_quality(Recipe(), columns([(asked, "", "\u597d\u3002")])).reasons.tolist() == [0]


def test_json_that_is_nested_too_deeply_is_none() -> None:
    marks = mark_quality(Recipe(), columns([("Return valid JSON.", "", "[" * 100_000)]))
    assert int(marks.flags[0]) & REASONS["constraint_missed"].bit
