"""Languages: letters counted, languages told, and what the filter keeps."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from schemas.reason import Reason
from schemas.recipe import Recipe, built_in, override
from tests.columns import text_column
from tests.strategies import letters, texts
from transforms.kernels.arrays import buffers
from transforms.kernels.language import (
    UNDETERMINED,
    Languages,
    agree,
    count_letters,
    identify,
    load_model,
    mark_languages,
)
from transforms.kernels.language import tell as tell_codes
from transforms.steps.language_model import find_model

SENTENCES = {
    "en": "Write a short story about a lighthouse keeper who learns to paint.",
    "de": "Schreibe eine kurze Geschichte über einen Leuchtturmwärter, der malen lernt.",
    "fr": "Écris une courte histoire sur un gardien de phare qui apprend à peindre.",
    "es": "Escribe una historia corta sobre un farero que aprende a pintar cuadros.",
    "it": "Scrivi una breve storia su un guardiano del faro che impara a dipingere.",
    "pt": "Escreva uma história curta sobre um faroleiro que não sabia pintar.",
    "nl": "Schrijf een kort verhaal over een vuurtorenwachter die leert schilderen.",
    "pl": "Napisz krótkie opowiadanie o latarniku, który uczy się malować obrazy.",
    "sv": "Skriv en kort berättelse om en fyrvaktare som lär sig att måla tavlor.",
    "ru": "Напиши короткий рассказ про смотрителя маяка.",
    "ar": "اكتب قصة قصيرة عن حارس المنارة الذي تعلم الرسم.",
    "hi": "एक प्रकाशस्तंभ के रखवाले के बारे में एक छोटी कहानी लिखो।",
    "zh": "请写一个关于灯塔看守人学习绘画的短篇故事。",
    "ko": "안녕하세요 오늘 날씨가 정말 좋네요 바다에 가고 싶어요",
    "ja": "絵を描くことを学ぶ灯台守についての短い物語を書いてください。",
}


@pytest.fixture(scope="session")
def model() -> Any:
    """The language model, which these tests cannot do without."""
    return load_model(find_model())


def tell(model: Any, column: list[str], recipe: Recipe | None = None) -> list[tuple[str, float | None]]:
    found = identify(model, text_column(column), recipe or built_in("default"))
    assert (found.codes.type, found.scores.type) == (pa.string(), pa.float32())
    return list(zip(found.codes.to_pylist(), found.scores.to_pylist(), strict=True))


@given(st.lists(texts | st.text(letters), max_size=6))
def test_letters_are_counted(column: list[str]) -> None:
    found = [regex.findall(r"\p{L}", text) for text in column]
    expected = [sum(3 if "\u3000" <= letter <= "\udfff" else 1 for letter in each) for each in found]
    assert count_letters(buffers(text_column(column))).weight.tolist() == expected


def test_languages_are_told(model: Any) -> None:
    told = tell(model, list(SENTENCES.values()))
    assert [code for code, _ in told] == list(SENTENCES)
    assert all(score is not None and 0.5 <= score <= 1 for _, score in told)  # fastText says 1.00006 of "ko"


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "12345 67890 !!!", "Good day to you.", "abcde " * 3 + "abcd"]
)
def test_under_twenty_letters_nothing_is_told(model: Any, text: str) -> None:
    assert tell(model, [text, SENTENCES["en"], text])[::2] == [(UNDETERMINED, None)] * 2


def test_twenty_letters_are_looked_at(model: Any) -> None:
    text = "the cat is on my table now"
    assert count_letters(buffers(text_column([text]))).weight.tolist() == [20]
    assert tell(model, [text])[0][0] == "en"
    assert tell(model, [text[:-1]]) == [(UNDETERMINED, None)]


def test_a_low_score_leaves_the_language_undetermined(model: Any) -> None:
    text = SENTENCES["en"]
    (_, score), *_ = tell(model, [text])
    assert score is not None
    for least, code in ((score - 0.01, "en"), (1, UNDETERMINED)):
        recipe = override(built_in("default"), {"language.min_determined_score": least})
        assert tell(model, ["Reverse a string using recursion", text], recipe)[1][0] == code


def test_a_few_characters_of_chinese_are_enough(model: Any) -> None:
    short = ["列出5种不同的说服性写作技巧。", "参观我祖父母的房子总是一种享受。", "谁?"]
    assert [code for code, _ in tell(model, short)] == ["zh", "zh", UNDETERMINED]


def test_latin_letters_are_not_korean(model: Any) -> None:
    text = '"The Dark Knight Rises Above All"'
    assert model.predict(text)[0] == ("__label__ko",)
    assert tell(model, [text])[0][0] == UNDETERMINED


@pytest.mark.parametrize(
    "text",
    [
        "Suggest five healthy breakfast ideas.",
        "Edit a CSS rule to set the font size of an HTML element 'h2' to 18px.",
        "Design a code in C# to convert an array of strings to an array of integers.",
    ],
)
def test_code_and_capitals_do_not_hide_the_language(model: Any, text: str) -> None:
    assert model.predict(text)[1][0] < 0.5
    assert tell(model, [text])[0][0] == "en"


def test_tokens_of_chat_templates_are_in_no_language(model: Any) -> None:
    assert tell(model, ["luke durbridge<|endoftext|>"]) == [(UNDETERMINED, None)]
    text = SENTENCES["fr"]
    assert tell(model, [f"<|im_start|>{text}<|im_end|>"])[0][0] == "fr"


def test_wide_letters_are_read_as_others(model: Any) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isalpha() else letter for letter in SENTENCES["en"])
    assert unicodedata.normalize("NFKC", wide) == SENTENCES["en"]
    assert tell(model, [wide]) == tell(model, [SENTENCES["en"]])


def test_han_alone_is_chinese(model: Any) -> None:
    text = "腐败往往源自人类内心的贪婪欲望。"
    assert model.predict(text)[0] == ("__label__vi",)
    assert tell(model, [text])[0][0] == "zh"


def test_japanese_has_kana(model: Any) -> None:
    election = "東京都知事選挙"
    assert model.predict(election)[0] == ("__label__ja",)
    assert [code for code, _ in tell(model, [election, f"{election}はいつですか。"])] == ["zh", "ja"]


@pytest.mark.parametrize(
    ("first", "second", "agreed"),
    [
        (("und", "en", 0.4), ("en", "en", 0.9), ("en", "en")),
        (("fr", "fr", 0.9), ("und", "fr", 0.3), ("fr", "fr")),
        (("und", "de", 0.4), ("en", "en", 0.9), ("und", "en")),
        (("und", "en", 0.4), ("und", "en", 0.4), ("und", "und")),
        (("und", None, None), ("en", "en", 0.9), ("und", "en")),
        (("de", "de", 0.6), ("en", "en", 0.9), ("de", "en")),
    ],
)
def test_a_text_that_cannot_be_told_is_in_the_others_language(
    first: tuple[str, str | None, float | None],
    second: tuple[str, str | None, float | None],
    agreed: tuple[str, str],
) -> None:
    sides = [
        Languages(*(pa.array([value], kind) for value, kind in zip(one, KINDS, strict=True)))
        for one in (first, second)
    ]
    found = agree(*sides)
    assert tuple(one.codes.to_pylist()[0] for one in found) == agreed
    assert [one.scores for one in found] == [one.scores for one in sides]


def test_lines_are_read_as_one(model: Any) -> None:
    text = SENTENCES["fr"]
    broken = [text.replace(" ", "\n"), f"{text}\n", f"\n{text}", text.replace(" ", "\r\n")]
    told = tell(model, [text, *broken])
    assert {code for code, _ in told} == {"fr"}
    assert told[1] == told[0]


def test_only_the_first_characters_count(model: Any) -> None:
    head = (SENTENCES["en"] * 20)[:1000]
    assert tell(model, [head + SENTENCES["ru"] * 50]) == tell(model, [head])
    short = override(built_in("default"), {"language.max_chars": 19})
    assert tell(model, [head], short) == [(UNDETERMINED, None)]


@given(
    st.lists(texts | st.sampled_from(list(SENTENCES.values())) | st.text(letters, min_size=20), max_size=6)
)
def test_a_row_is_told_alike_in_any_company(model: Any, column: list[str]) -> None:
    told = tell(model, column)
    assert told == [one for text in column for one in tell(model, [text])]
    for code, score in told:
        assert score is None or 0 <= score <= 1
        assert code == UNDETERMINED or (score or 0) >= 0.5


def test_no_rows_have_no_language(model: Any) -> None:
    assert tell(model, []) == []


Told = tuple[str, float | None]
KINDS = (pa.string(), pa.string(), pa.float32())
codes = st.sampled_from(["en", "de", "zh", "ja"])
told = st.just((UNDETERMINED, None)) | st.tuples(codes, st.sampled_from([0.5, 0.6, 0.7, 0.8, 1.0]))


def mark(recipe: Recipe, instructions: list[Told], outputs: list[Told]) -> list[tuple[set[str], set[str]]]:
    """What rejects each row, and what flags it, by its languages."""
    spoken = [
        Languages(
            pa.array([code for code, _ in column], pa.string()),
            pa.array([code for code, _ in column], pa.string()),
            pa.array([score for _, score in column], pa.float32()),
        )
        for column in (instructions, outputs)
    ]
    marks = mark_languages(recipe, *spoken)
    return [(named(reasons), named(flags)) for reasons, flags in zip(*marks, strict=True)]


def named(mask: int) -> set[str]:
    return {reason.value for reason in Reason if int(mask) & reason.bit}


@given(st.lists(st.tuples(told, told), max_size=6), st.sets(codes))
def test_marks_are_those_of_the_definition(table: list[tuple[Told, Told]], keep: set[str]) -> None:
    recipe = override(built_in("default"), {"language.keep": sorted(keep)})
    expected = []
    for (code, score), (other, sure) in table:
        best = max(score or 0, sure or 0) if code == other else score or 0
        unwanted = bool(keep) and code != UNDETERMINED and (code not in keep or best < 0.65)
        alike = code == other or {code, other} <= {"zh", "ja"}
        scripts = (code in {"zh", "ja"}) != (other in {"zh", "ja"})
        mismatch = not alike and min(score or 0, sure or 0) >= (0.65 if scripts else 0.75)
        found = {
            "language": unwanted,
            "language_undetermined": code == UNDETERMINED,
            "language_mismatch": mismatch,
        }
        marks = {name for name, marked in found.items() if marked}
        expected.append((marks & {"language"}, marks - {"language"}))
    assert mark(recipe, [one for one, _ in table], [other for _, other in table]) == expected


def test_what_is_undetermined_is_never_rejected_by_the_filter() -> None:
    recipe = override(built_in("default"), {"language.keep": ["de"]})
    row: list[Told] = [(UNDETERMINED, None), (UNDETERMINED, 0.3)]
    assert mark(recipe, row, [("en", 0.9)] * 2) == [(set(), {"language_undetermined"})] * 2


def test_a_language_that_is_sure_of_the_answer_is_kept() -> None:
    recipe = override(built_in("default"), {"language.keep": ["en"]})
    assert mark(recipe, [("en", 0.5)] * 2, [("en", 0.9), ("en", 0.6)]) == [
        (set(), set()),
        ({"language"}, set()),
    ]


def test_an_answer_in_another_language_is_only_flagged() -> None:
    recipe = override(built_in("default"), {"language.keep": ["en"]})
    assert mark(recipe, [("en", 0.9)], [("es", 0.9)]) == [(set(), {"language_mismatch"})]
    assert mark(recipe, [("es", 0.9)], [("en", 0.9)]) == [({"language"}, {"language_mismatch"})]


def test_the_recipe_decides_what_a_mark_does() -> None:
    changes = {"rules.language_undetermined.action": "reject", "rules.language_mismatch.action": "off"}
    recipe = override(built_in("default"), changes)
    assert mark(recipe, [(UNDETERMINED, None)], [("en", 1.0)]) == [({"language_undetermined"}, set())]
    assert mark(recipe, [("en", 1.0)], [("de", 1.0)]) == [(set(), set())]
    assert (
        mark(built_in("article"), [("en", 1.0), (UNDETERMINED, None)], [("de", 1.0)] * 2)
        == [(set(), set())] * 2
    )


def test_a_language_is_told_from_its_least_score_on() -> None:
    least = Recipe().language.min_determined_score
    scores = [least, np.nextafter(np.float32(least), np.float32(0)), None]
    found = tell_codes(pa.array(["en"] * 3), pa.array(scores, pa.float32()), Recipe())
    assert found.codes.to_pylist() == ["en", UNDETERMINED, UNDETERMINED]
    assert tell_codes(
        pa.array([None], pa.string()), pa.array([1.0], pa.float32()), Recipe()
    ).codes.to_pylist() == [UNDETERMINED]
