"""Language identification by fastText's lid.176, field by field."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import fasttext
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reason import Reason
from schemas.recipe import Recipe
from transforms.kernels.arrays import Bytes, buffers
from transforms.kernels.rules import Marks
from transforms.kernels.tokens import letter_bytes

UNDETERMINED = "und"
_LABEL = "__label__"
_SURE, _SURE_ELSEWHERE = 0.8, 0.7
"""Score at which a language is told well enough to say that another text is in another: of both, or of both
where one is written in another script than Latin and the other is not."""

_NOT_LATIN: tuple[str, ...] = (
    *("am", "ar", "bg", "bn", "el", "fa", "gu", "he", "hi", "hy", "ja", "ka", "km", "kn", "ko", "lo"),
    *("mk", "ml", "mr", "my", "ne", "pa", "ru", "si", "ta", "te", "th", "uk", "ur", "wuu", "yue", "zh"),
)

_LIKE_CHINESE = ("zh", "yue", "wuu", "ja")
"""Codes that are given to Chinese texts."""


_WORDY, _WEIGHT = (0xE3, 0xED), 3
"""First bytes of letters of Chinese, Japanese and Korean, and how many others one of these counts for."""

_KANA = "[\\x{3040}-\\x{30FF}]"


class Languages(NamedTuple):
    """Language code of each text (`und` where it cannot be told), the likeliest one, and its score.

    Where a text was not looked at, it has no likeliest code and no score.
    """

    codes: pa.StringArray
    likeliest: pa.StringArray
    scores: pa.FloatArray


@cache
def load_model(path: str) -> fasttext.FastText._FastText:
    """The fastText model at a path, loaded once in a process."""
    return fasttext.load_model(path)


def count_letters(text: Bytes) -> np.ndarray:
    """Number of letters in each text (int64), one of Chinese, Japanese or Korean counted as three.

    >>> count_letters(buffers(pa.array(["a1 é!", "您好"], pa.large_string()))).tolist()
    [2, 6]
    """
    marks = letter_bytes(text.data).astype(np.int64)
    marks[(text.data >= _WORDY[0]) & (text.data <= _WORDY[1])] *= _WEIGHT
    total = np.zeros(len(marks) + 1, np.int64)
    np.cumsum(marks, out=total[1:])
    return total[text.offsets[1:]] - total[text.offsets[:-1]]


def identify(model: fasttext.FastText._FastText, texts: pa.LargeStringArray, recipe: Recipe) -> Languages:
    """Language of each text by its first characters; equal texts are looked at once."""
    heads = pc.utf8_slice_codeunits(texts, 0, recipe.language.max_chars)
    encoded = pc.replace_substring(heads, "\n", " ").dictionary_encode()
    unique = encoded.dictionary
    enough = np.flatnonzero(count_letters(buffers(unique)) >= recipe.language.min_letters)
    likeliest = np.full(len(unique), None, object)
    scores = np.full(len(unique), np.nan, np.float32)
    if len(enough):
        labels, likelihoods = model.predict(unique.take(pa.array(enough)).to_pylist())
        scores[enough] = np.minimum(np.concatenate(likelihoods), 1).astype(np.float32)
        likeliest[enough] = [label[0].removeprefix(_LABEL) for label in labels]
    told = _without_kana(unique, pa.array(likeliest, pa.string()))
    sure = scores >= recipe.language.min_determined_score  # not where it is not a number
    codes = pc.if_else(pa.array(sure), told, UNDETERMINED)
    known = pa.array(scores, from_pandas=True)
    return Languages(*(column.take(encoded.indices) for column in (codes, told, known)))


def _without_kana(texts: pa.LargeStringArray, codes: pa.StringArray) -> pa.StringArray:
    """The codes; what is taken for Japanese and has no kana is Chinese."""
    bare = pc.invert(pc.match_substring_regex(texts, _KANA))
    return pc.if_else(pc.and_(pc.equal(codes, "ja"), bare), "zh", codes)


def agree(instruction: Languages, output: Languages) -> tuple[Languages, Languages]:
    """The languages of both; one that cannot be told is the other's where it is likeliest the same.

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
    marks = Marks(np.zeros(len(codes), np.uint64), np.zeros(len(codes), np.uint64))
    for reason, mask in found.items():
        action = getattr(recipe.rules, reason.value).action
        if action != "off":
            (marks.reasons if action == "reject" else marks.flags)[mask] |= np.uint64(reason.bit)
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

    A language is sure enough of either text, if it is that of both.
    """
    if not recipe.language.keep:
        return np.ones(len(instruction.codes), bool)
    named = pc.is_in(instruction.codes, value_set=pa.array(list(recipe.language.keep), pa.string()))
    first, second = (pc.fill_null(each.scores, 0) for each in (instruction, output))
    score = pc.if_else(pc.equal(instruction.codes, output.codes), pc.max_element_wise(first, second), first)
    sure = pc.greater_equal(score, recipe.language.min_score)
    return np.asarray(pc.and_(named, sure).to_numpy(zero_copy_only=False))
