"""How much of a benchmark's examples rows hold, against the plain definition."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.reason import Reason
from schemas.recipe import Contaminated
from tests import reference
from tests.columns import text_column
from tests.rows import WORDS
from tests.strategies import texts
from transforms.kernels import containment, coverage
from transforms.kernels.containment import Index, Match, build_index, contain, mark_contaminated, read_words

Pair = tuple[str, str]
"""Prompt and answer of an example, or prompt and output of a row."""

few_words = st.lists(st.sampled_from("abc"), max_size=12).map(" ".join)
pairs = st.lists(st.tuples(few_words, few_words), max_size=8)
any_pairs = st.lists(st.tuples(*[texts.map(reference.normalise)] * 2), max_size=4)


def score(text: list[str], row: list[list[str]], ngram: int) -> float:
    """Share of a text's tokens that lie in an n-gram which a row has too."""
    grams = {tuple(part[at : at + ngram]) for part in row for at in range(len(part) - ngram + 1)}
    begin = [at for at in range(len(text) - ngram + 1) if tuple(text[at : at + ngram]) in grams]
    return len({at + step for at in begin for step in range(ngram)}) / len(text)


def best(examples: Sequence[Pair], row: Pair, ngram: int) -> tuple[int, float]:
    """Line of the example that a row holds most of, and the score; -1 and 0 where it holds none."""
    parts, found = [reference.find_tokens(part) for part in row], (-1, 0.0)
    for line, example in enumerate(examples):
        prompt, answer = map(reference.find_tokens, example)
        whole = [1.0] if 0 < len(prompt) < ngram and prompt == parts[0] else []
        scores = whole + [score(text, parts, ngram) for text in (prompt, answer) if len(text) >= ngram]
        found = max(found, (line, max(scores, default=0.0)), key=lambda match: match[1])
    return found


def index_of(examples: Sequence[Pair], ngram: int) -> Index:
    prompts, answers = (read_words(text_column([pair[at] for pair in examples])) for at in (0, 1))
    return build_index(prompts, answers, ngram)


def matches(examples: Sequence[Pair], rows: Sequence[Pair], ngram: int) -> list[tuple[int, float]]:
    found = contain(index_of(examples, ngram), *(text_column([row[at] for row in rows]) for at in (0, 1)))
    return list(zip(found.line.tolist(), found.score.tolist(), strict=True))


@given(pairs, pairs, st.integers(2, 5), st.integers(0, 3), st.integers(1, 40))
def test_few_words_over_and_over(
    examples: list[Pair], rows: list[Pair], ngram: int, hot: int, block: int
) -> None:
    expected = [best(examples, row, ngram) for row in rows]
    assert matches(examples, rows, ngram) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverage, "HOT", hot)
        patch.setattr(coverage, "_BLOCK", block)
        patch.setattr(containment, "_BLOCK", block)
        assert matches(examples, rows, ngram) == expected


@given(any_pairs, any_pairs, st.integers(2, 5))
def test_texts_of_every_script(examples: list[Pair], rows: list[Pair], ngram: int) -> None:
    rows = rows + examples
    assert matches(examples, rows, ngram) == [best(examples, row, ngram) for row in rows]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("hot", [0, 2, 8])
def test_phrases_that_many_texts_share(seed: int, hot: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = Random(seed)
    phrases = [" ".join(rng.choices(WORDS.split(), k=size)) for size in (4, 5, 6, 9)] + WORDS.split()[:9]
    texts = [" ".join(rng.choices(phrases, k=rng.randrange(6))) for _ in range(400)]
    pairs = list(zip(texts[::2], texts[1::2], strict=True))
    monkeypatch.setattr(coverage, "HOT", hot)
    assert matches(pairs[:100], pairs[100:], 3) == [best(pairs[:100], row, 3) for row in pairs[100:]]


QUESTION = "Which of the two moons of Mars is the larger one, Phobos or Deimos?"
ANSWER = "Phobos is the larger of the two moons: it is some 22 km across, and Deimos is 12 km."
SHORT = "Name the largest moon of Mars."


@pytest.mark.parametrize(
    ("prompt", "output", "ngram", "found"),
    [
        (QUESTION, "Phobos.", 8, (0, 1)),
        (QUESTION.upper(), "", 13, (0, 1)),
        ("Tell me.", f"You ask: '{QUESTION}' I do not know.", 13, (0, 1)),
        ("Which of the two moons of Mars is red?", "", 8, (0, 8 / 14)),
        ("Which of the two moons of Mars is the larger", "", 8, (0, 10 / 14)),
        ("Which of the two moons of Mars? Is the larger one red?", "", 8, (0, 11 / 14)),
        ("Which of the two moons", "of Mars is the larger one, Phobos or Deimos?", 8, (0, 9 / 14)),
        ("Which of the two moons of Mars", "is the larger one, Phobos or Deimos?", 8, (-1, 0)),
        (QUESTION.replace("larger", "smaller"), "", 8, (0, 9 / 14)),
        (QUESTION.replace("larger", "smaller"), "", 13, (-1, 0)),
        ("", ANSWER.replace("22", "23"), 8, (0, 11 / 19)),
        ("", ANSWER.replace("is some", "has"), 8, (0, 17 / 19)),
        ("", ANSWER.replace("22", "23"), 13, (-1, 0)),
        ("Write on.", ANSWER, 13, (0, 1)),
        ("name the LARGEST moon of mars!", "Phobos.", 8, (1, 1)),
        ("Name the largest moon of Mars and that of Jupiter.", "Phobos, Ganymede.", 8, (-1, 0)),
        ("Is it Phobos?", SHORT, 8, (-1, 0)),
        ("It is Phobos.", "It is Phobos.", 8, (-1, 0)),
    ],
)
def test_shares_of_a_question_and_its_answer(
    prompt: str, output: str, ngram: int, found: tuple[int, float]
) -> None:
    texts = (QUESTION, ANSWER), (SHORT, "It is Phobos."), (prompt, output)
    *examples, row = [(reference.normalise(asked), reference.normalise(told)) for asked, told in texts]
    assert matches(examples, [row], ngram) == [found]
    assert best(examples, row, ngram) == found


def test_example_that_comes_first_is_named() -> None:
    examples = [("a", "x y z"), ("a b c d e", ""), ("a b c", ""), ("", "a b c"), ("a", ""), ("c", "")]
    rows = [("a b c", ""), ("", "a b c d e"), ("a", "a b c"), ("c", ""), ("b", "")]
    assert matches(examples, rows, 3) == [(2, 1), (1, 1), (0, 1), (5, 1), (-1, 0)]


def test_nothing_matches_what_has_no_words() -> None:
    assert matches([("", ""), ("!", "?")], [("", ""), ("!", "a b c d")], 2) == [(-1, 0), (-1, 0)]
    assert matches([], [("a b c d", "")], 2) == [(-1, 0)]
    assert matches([("a b c d", "")], [], 2) == []


def test_phrase_of_every_example_and_every_row_is_looked_at_once() -> None:
    rng, words = Random(5), WORDS.split()
    preamble = " ".join(rng.choices(words, k=60))
    asked = [f"{preamble} number {at} {' '.join(rng.choices(words, k=9))}" for at in range(10_000)]
    ends = [" ".join(text.split()[-8:]) for text in asked[:4_000]]
    rows = [(text, "") for text in (*asked[:4_000], *ends, *[preamble] * 4_000)]
    assert matches([(text, "") for text in asked], rows, 8) == [
        *((at, 1) for at in range(4_000)),
        *((at, 8 / 71) for at in range(4_000)),
        *[(0, 60 / 71)] * 4_000,
    ]


@pytest.mark.parametrize(
    ("min_score", "marked"), [(0, [1, 1, 1, 0]), (0.5, [1, 1, 0, 0]), (0.51, [1, 0, 0, 0]), (1, [1, 0, 0, 0])]
)
def test_score_from_which_rows_are_marked(min_score: float, marked: list[int]) -> None:
    match = Match(np.array([4, 2, 0, -1]), np.array([1, 0.5, 0.01, 0]))
    for action in ("reject", "flag"):
        marks = mark_contaminated(match, Contaminated(action=action, min_score=min_score))
        there, elsewhere = marks if action == "reject" else reversed(marks)
        assert (there // Reason.CONTAMINATED.bit).tolist() == marked
        assert not elsewhere.any()
