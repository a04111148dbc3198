"""Language identification by fastText's lid.176, field by field."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, TypeAlias

import fasttext
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reason import Reason
from schemas.recipe import Recipe
from transforms.kernels.arrays import Bytes, buffers
from transforms.kernels.marks import Marks
from transforms.kernels.tokens import letter_bytes

UNDETERMINED = "und"
_LABEL = "__label__"
_SURE, _SURE_ELSEWHERE = 0.8, 0.7
"""Scores that both texts need for their languages to be said to differ: in general, and where exactly one of
the languages is written in another script than Latin."""

_SURE_AGAIN = 0.69
"""Highest score after a second look, which is too low for that."""

_NOT_LATIN: tuple[str, ...] = (
    *("am", "ar", "bg", "bn", "el", "fa", "gu", "he", "hi", "hy", "ja", "ka", "km", "kn", "ko", "lo"),
    *("mk", "ml", "mr", "my", "ne", "pa", "ru", "si", "ta", "te", "th", "uk", "ur", "wuu", "yue", "zh"),
)

_LIKE_CHINESE = ("zh", "yue", "wuu", "ja")
"""Codes that are given to Chinese texts."""


_WORDY, _WEIGHT = (0xE3, 0xED), 3
"""First bytes of letters of Chinese, Japanese and Korean, and how many others one of these counts for."""

_WIDE = r"[\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}]"
"""A full-width Latin letter."""

_BEYOND = 0xCE
"""First byte of the first letters beyond the Latin ones, those of Greek."""

_KANA_OR_HANGUL = r"[\p{Hiragana}\p{Katakana}\p{Hangul}]"


class Languages(NamedTuple):
    """Language code of each text (`und` where it cannot be told), the likeliest one, and its score.

    Where a text has too few letters, it has no score; where it has none, no likeliest code either.
    """

    codes: pa.StringArray
    likeliest: pa.StringArray
    scores: pa.FloatArray


@cache
def load_model(path: str) -> fasttext.FastText._FastText:
    """The fastText model at a path, loaded once in a process."""
    return fasttext.load_model(path)


class Letters(NamedTuple):
    """Letters of each text, counted in three ways.

    `weight` counts all, one of Chinese, Japanese or Korean as three; `wordy` these alone; `beyond` all that
    come after the Latin ones.
    """

    weight: np.ndarray
    wordy: np.ndarray
    beyond: np.ndarray


def count_letters(text: Bytes) -> Letters:
    """Letters of each text.

    >>> found = count_letters(buffers(pa.array(["a1 é!", "您好a", "Ωß"], pa.large_string())))
    >>> found.weight.tolist(), found.wordy.tolist(), found.beyond.tolist()
    ([2, 7, 2], [0, 2, 0], [0, 2, 1])
    """
    marks = letter_bytes(text.data)
    wordy = beyond = np.zeros(len(text.offsets) - 1, np.int64)
    if text.data.max(initial=0) >= _BEYOND:
        beyond = _sum(marks & (text.data >= _BEYOND), text.offsets)
        wordy = _sum(marks & (text.data >= _WORDY[0]) & (text.data <= _WORDY[1]), text.offsets)
    return Letters(_sum(marks, text.offsets) + (_WEIGHT - 1) * wordy, wordy, beyond)


def _sum(marks: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    total = np.zeros(len(marks) + 1, np.int64)
    np.cumsum(marks, out=total[1:])
    return np.asarray(total[offsets[1:]] - total[offsets[:-1]])


def identify(model: fasttext.FastText._FastText, texts: pa.LargeStringArray, recipe: Recipe) -> Languages:
    """Language of each text by its first characters; equal texts are looked at once.

    Texts that the model is not sure of are shown to it again as lower-case letters alone: signs, sums and
    capitals put it off. A text of too few letters has no score; what it is likeliest in is said all the same.
    """
    heads = _plain(pc.utf8_slice_codeunits(texts, 0, recipe.language.max_chars))
    encoded = pc.replace_substring(heads, "\n", " ").dictionary_encode()
    unique = encoded.dictionary
    letters = count_letters(buffers(unique))
    codes = np.full(len(unique), None, object)
    scores = np.full(len(unique), np.nan, np.float32)
    some = np.flatnonzero(letters.weight)
    codes[some], scores[some] = _predict(model, unique.take(pa.array(some)))
    scores[letters.weight < recipe.language.min_letters] = np.nan
    weak = np.flatnonzero(scores < recipe.language.min_determined_score)
    again = _predict(model, _bare(unique.take(pa.array(weak))))
    codes[weak], scores[weak] = _combine((codes[weak], scores[weak]), again)
    likeliest = _by_script(unique, pa.array(codes, pa.string()), letters)
    told = tell(likeliest, pa.array(scores, from_pandas=True), recipe)
    return Languages(*(column.take(encoded.indices) for column in told))


def tell(likeliest: pa.StringArray, scores: pa.FloatArray, recipe: Recipe) -> Languages:
    """Languages of texts, from the likeliest code of each and its score."""
    # NaN compares false, so a text without a score is never sure.
    sure = scores.to_numpy(zero_copy_only=False) >= recipe.language.min_determined_score
    codes = pc.fill_null(pc.if_else(pa.array(sure), likeliest, UNDETERMINED), UNDETERMINED)
    return Languages(codes, likeliest, scores)


_Told: TypeAlias = tuple[np.ndarray, np.ndarray]
"""Codes (objects) and scores (float32) of some texts."""


def _predict(model: fasttext.FastText._FastText, texts: pa.LargeStringArray) -> _Told:
    if not len(texts):
        return np.zeros(0, object), np.zeros(0, np.float32)
    labels, scores = model.predict(texts.to_pylist())
    codes = np.array([label[0].removeprefix(_LABEL) for label in labels], object)
    return codes, np.minimum(np.concatenate(scores), 1).astype(np.float32)


def _combine(first: _Told, second: _Told) -> _Told:
    """Codes and scores after two looks: equal codes count as two witnesses, of others the surer holds.

    The score never reaches what it takes to say that two texts are in different languages.

    >>> first = np.array(["en", "de"], object), np.array([0.5, 0.3])
    >>> codes, scores = _combine(first, (np.array(["en", "en"], object), np.array([0.5, 0.5])))
    >>> codes.tolist(), scores.round(2).tolist()
    (['en', 'en'], [0.69, 0.5])
    """
    (code, score), (other, surer) = first, second
    both = 1 - (1 - score) * (1 - surer)
    said = np.where(code == other, both, np.maximum(score, surer))
    return np.where(surer > score, other, code), np.minimum(said, np.float32(_SURE_AGAIN))


def _bare(texts: pa.LargeStringArray) -> pa.LargeStringArray:
    """Words alone, in lower case.

    >>> _bare(pa.array(["SQL: don't SELECT 1!"], pa.large_string())).to_pylist()
    ["sql don't select "]
    """
    return pc.utf8_lower(pc.replace_substring_regex(texts, r"[^\pL\pM']+", " "))


def _plain(texts: pa.LargeStringArray) -> pa.LargeStringArray:
    """The texts without tokens of chat templates, which are in no language, and without full-width forms."""
    if pc.any(pc.match_substring(texts, "<|")).as_py():
        texts = pc.replace_substring_regex(texts, r"<\|\w+\|>", " ")
    wide = pc.match_substring_regex(texts, _WIDE)
    if pc.any(wide).as_py():
        texts = pc.if_else(wide, pc.utf8_normalize(texts, "NFKC"), texts)
    return texts


def _by_script(texts: pa.LargeStringArray, codes: pa.StringArray, letters: Letters) -> pa.StringArray:
    """The codes, corrected by the scripts that the texts are written in.

    A text mostly in Han, without kana or Hangul, is Chinese; one in Latin letters alone has no code of a
    language that is written in another script.
    """
    chinese = pc.is_in(codes, value_set=pa.array(_LIKE_CHINESE[:-1])).to_numpy(zero_copy_only=False)
    mostly = np.flatnonzero((_WEIGHT * letters.wordy * 2 > letters.weight) & ~chinese)
    other = pc.match_substring_regex(texts.take(pa.array(mostly)), _KANA_OR_HANGUL)
    han = np.zeros(len(texts), bool)
    han[mostly] = ~other.to_numpy(zero_copy_only=False)
    latin = pc.and_(pc.is_in(codes, value_set=pa.array(_NOT_LATIN)), pa.array(letters.beyond == 0))
    told = pc.if_else(latin, pa.scalar(None, pa.string()), codes)
    return pc.if_else(pa.array(han), "zh", told)


def agree(instruction: Languages, output: Languages) -> tuple[Languages, Languages]:
    """The languages of both; one that cannot be told becomes the other's where that is its likeliest.

    >>> asked = Languages(pa.array(["und"]), pa.array(["en"]), pa.array([0.4]))
    >>> answered = Languages(pa.array(["en"]), pa.array(["en"]), pa.array([0.9]))
    >>> agree(asked, answered)[0].codes.to_pylist()
    ['en']
    """
    first, second = (
        one._replace(codes=pc.if_else(_same(one.likeliest, other.codes), other.codes, one.codes))
        for one, other in ((instruction, output), (output, instruction))
    )
    return first, second


def _same(codes: pa.StringArray, others: pa.StringArray) -> pa.BooleanArray:
    return pc.equal(codes, others).fill_null(pa.scalar(value=False))


def mark_languages(recipe: Recipe, instruction: Languages, output: Languages) -> Marks:
    """What the language rules say, by the instruction's language and by how the output's differs."""
    codes = instruction.codes.to_numpy(zero_copy_only=False)
    others = output.codes.to_numpy(zero_copy_only=False)
    untold = codes == UNDETERMINED
    found = {
        Reason.LANGUAGE: ~untold & ~_kept(recipe, instruction, output),
        Reason.LANGUAGE_UNDETERMINED: untold,
        Reason.LANGUAGE_MISMATCH: ~untold & (others != UNDETERMINED) & _apart(instruction, output),
    }
    marks = Marks.none(len(codes))
    for reason, mask in found.items():
        marks.add(reason.bit, getattr(recipe.rules, reason.value).action, mask)
    return marks


def _apart(instruction: Languages, output: Languages) -> np.ndarray:
    """Mask of the texts whose languages surely differ; those that Chinese is taken for do not."""
    first, second = (_family(each.codes) for each in (instruction, output))
    scripts = pc.xor(*(pc.is_in(codes, value_set=pa.array(_NOT_LATIN)) for codes in (first, second)))
    least = pc.if_else(scripts, pa.scalar(_SURE_ELSEWHERE, pa.float32()), pa.scalar(_SURE, pa.float32()))
    sure = [pc.greater_equal(pc.fill_null(each.scores, 0), least) for each in (instruction, output)]
    apart = pc.and_(pc.not_equal(first, second), pc.and_(*sure))
    return np.asarray(apart.to_numpy(zero_copy_only=False))


def _family(codes: pa.StringArray) -> pa.StringArray:
    alike = pc.is_in(codes, value_set=pa.array(_LIKE_CHINESE))
    return pc.if_else(alike, pa.scalar("zh"), codes)


def _kept(recipe: Recipe, instruction: Languages, output: Languages) -> np.ndarray:
    """Mark what the filter keeps: everything where no language is named.

    If both texts have the same language, the higher of their scores counts.
    """
    if not recipe.language.keep:
        return np.ones(len(instruction.codes), bool)
    named = pc.is_in(instruction.codes, value_set=pa.array(list(recipe.language.keep), pa.string()))
    first, second = (pc.fill_null(each.scores, 0) for each in (instruction, output))
    score = pc.if_else(pc.equal(instruction.codes, output.codes), pc.max_element_wise(first, second), first)
    sure = pc.greater_equal(score, recipe.language.min_score)
    return np.asarray(pc.and_(named, sure).to_numpy(zero_copy_only=False))
