"""How much of a benchmark's examples some rows hold.

Tokens are those of `find_tokens` on normalised text; an n-gram is n consecutive ones of one text. An example
of a benchmark has two texts, prompt and answer. The score of a text of n tokens or more against a row is the
share of the text's tokens that lie in an n-gram which the row's prompt or its output has too. A prompt of
fewer tokens scores 1 against a row whose whole prompt has the very same tokens, and 0 against any other; an
answer of fewer never matches. A row's score is the largest over all texts, and it names the example that the
text is of; of equal scores the earliest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from schemas.reason import Reason
from schemas.recipe import Contaminated
from schemas.recipe.fields import LONGEST_NGRAM
from transforms.kernels.arrays import buffers, cut, spread
from transforms.kernels.coverage import Grams, score_coverage
from transforms.kernels.marks import Marks
from transforms.kernels.shingles import combine, hash_ranges, scramble
from transforms.kernels.tokens import find_tokens

_STEPS = scramble(np.arange(1, LONGEST_NGRAM + 1, dtype=np.uint64)) | np.uint64(1)
"""What the tokens of an n-gram are multiplied by, each by its place in it."""

_BLOCK = 1 << 18
_SPARSE = 8
"""Filter slots per indexed n-gram: at most one unknown n-gram in eight passes."""


class Words(NamedTuple):
    """Hash of every token of some texts (uint64): text i has `hashes[offsets[i]:offsets[i + 1]]`."""

    hashes: np.ndarray
    offsets: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Tokens of each text."""
        return np.diff(self.offsets)


class Match(NamedTuple):
    """For each row the line of the example it holds most of (int64, -1 for none), and the score."""

    line: np.ndarray
    score: np.ndarray


@dataclass(frozen=True, eq=False)
class Index:
    """The texts of some benchmarks: what n-grams they have, and which short prompts.

    `short` holds a sorted hash for each prompt of fewer than n tokens, `short_lines` the line of each.
    """

    grams: Grams
    short: np.ndarray
    short_lines: np.ndarray

    @property
    def ngram(self) -> int:
        """Tokens in an n-gram."""
        return self.grams.ngram

    @cached_property
    def sieve(self) -> tuple[np.ndarray, np.uint64]:
        """Mask of the leading bits of the indexed hashes, and the shift that leaves a hash only these."""
        bits = max(1, len(self.grams.hashes) * _SPARSE - 1).bit_length()
        shift = np.uint64(64 - bits)
        mask = np.zeros(1 << bits, bool)
        mask[self.grams.hashes >> shift] = True
        return mask, shift


def read_words(column: pa.LargeStringArray) -> Words:
    """Token hashes of normalised texts.

    >>> words = read_words(pa.array(["a b, a!", "", "b"], pa.large_string()))
    >>> words.offsets.tolist(), bool(words.hashes[0] == words.hashes[2])
    ([0, 3, 3, 4], True)
    """
    hashes, counts = [np.zeros(0, np.uint64)], [np.zeros(1, np.int64)]
    text = buffers(column)
    for low, high in cut(text.offsets, _BLOCK):
        block = text.rows(low, high)
        tokens = find_tokens(block)
        hashes.append(hash_ranges(block.data, tokens.starts, tokens.ends))
        counts.append(np.diff(tokens.offsets))
    return Words(np.concatenate(hashes), np.cumsum(np.concatenate(counts)))


def build_index(prompts: Words, answers: Words, ngram: int) -> Index:
    """Index of examples, each a line, by the words of their prompts and of their answers.

    >>> column = pa.array(["one two three four", "five"], pa.large_string())
    >>> index = build_index(read_words(column), read_words(column), ngram=3)
    >>> len(index.grams.hashes), index.grams.lines.tolist(), index.short_lines.tolist()
    (4, [0, 0], [1])
    """
    hashes, counts, lines = (
        np.concatenate(both) for both in zip(_long(prompts, ngram), _long(answers, ngram), strict=True)
    )
    starts = np.concatenate([[0], np.cumsum(counts)])
    places = spread(starts[:-1], counts - ngram + 1)
    hashes = combine(hashes, ngram, _STEPS)[places]
    order = np.argsort(hashes, kind="stable")
    long = Grams(ngram, hashes[order], places[order].astype(np.uint32), starts, lines)
    few = _short_rows(prompts, ngram)
    short, first = np.unique(_hash_whole(prompts, few), return_index=True)
    return Index(long, short, few[first])


def _long(words: Words, ngram: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Token hashes of the texts that have an n-gram, how many tokens each has, and its row."""
    rows = np.flatnonzero(words.counts >= ngram)
    counts = words.counts[rows]
    return words.hashes[spread(words.offsets[rows], counts)], counts, rows


def _short_rows(words: Words, ngram: int) -> np.ndarray:
    return np.flatnonzero((words.counts > 0) & (words.counts < ngram))


def _hash_whole(words: Words, rows: np.ndarray) -> np.ndarray:
    """Hash of all tokens of some texts (uint64), each of one token to `LONGEST_NGRAM`."""
    counts = words.counts[rows]
    firsts = np.cumsum(counts) - counts
    tokens = words.hashes[spread(words.offsets[rows], counts)]
    tokens *= _STEPS[np.arange(len(tokens)) - np.repeat(firsts, counts)]
    return np.add.reduceat(tokens, firsts) if len(rows) else tokens


def contain(index: Index, prompts: pa.LargeStringArray, outputs: pa.LargeStringArray) -> Match:
    """The example that each row holds most of, by the rows' normalised prompts and outputs.

    >>> texts = "name three rivers of europe", "the danube the rhine and the elbe flow through europe"
    >>> words = [read_words(pa.array([text], pa.large_string())) for text in texts]
    >>> index = build_index(*words, ngram=3)
    >>> rows = pa.array(["rivers of europe", "?"]), pa.array(["the danube", "three rivers of europe"])
    >>> contain(index, *(column.cast(pa.large_string()) for column in rows))
    Match(line=array([0, 0]), score=array([0.6, 0.8]))
    """
    found = Match(np.full(len(prompts), -1), np.zeros(len(prompts)))
    asked, answered = read_words(prompts), read_words(outputs)
    rows, grams = _find_grams(index, (asked, answered))
    for match in score_coverage(index.grams, rows, grams):
        _improve(found, *match)
    _improve(found, *_find_short(index, asked))
    return found


def _improve(found: Match, rows: np.ndarray, lines: np.ndarray, scores: np.ndarray) -> None:
    """Replace the matches of some rows, each named once, where the new ones are better."""
    better = (scores > found.score[rows]) | ((scores == found.score[rows]) & (lines < found.line[rows]))
    found.line[rows[better]] = lines[better]
    found.score[rows[better]] = scores[better]


def _find_grams(index: Index, parts: tuple[Words, Words]) -> tuple[np.ndarray, np.ndarray]:
    """Row of each distinct n-gram that the index has, and where in the index it begins."""
    pairs = np.unique(np.concatenate([_pairs(index, words) for words in parts]))
    return pairs >> 32, pairs & 0xFFFFFFFF


def _pairs(index: Index, words: Words) -> np.ndarray:
    """Row << 32 | place in the index of every n-gram that is in it (int64)."""
    known = index.grams.hashes
    if len(known) == 0:
        return np.zeros(0, np.int64)
    grams = combine(words.hashes, index.ngram, _STEPS)
    mask, shift = index.sieve
    at = np.flatnonzero(mask.take((grams >> shift).view(np.int64)))
    rows = np.searchsorted(words.offsets, at, "right") - 1
    inside = at + index.ngram <= words.offsets[rows + 1]
    grams, rows = grams[at[inside]], rows[inside]
    places = np.searchsorted(known, grams)
    same = known[np.minimum(places, len(known) - 1)] == grams
    return rows[same] << 32 | places[same]


def _find_short(index: Index, prompts: Words) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows whose whole prompt is a short one of the index, its line, and a score of 1."""
    rows = _short_rows(prompts, index.ngram if len(index.short) else 0)
    hashes = _hash_whole(prompts, rows)
    at = np.minimum(np.searchsorted(index.short, hashes), len(index.short) - 1)
    same = index.short[at] == hashes
    return rows[same], index.short_lines[at[same]], np.ones(int(same.sum()))


def mark_contaminated(match: Match, rule: Contaminated) -> Marks:
    """Marks of the rule on contamination, by what rows match.

    >>> mark_contaminated(Match(np.array([7, 3, -1]), np.array([0.5, 0.4, 0])), Contaminated()).reasons > 0
    array([ True, False, False])
    """
    marks = Marks.none(len(match.score))
    marked = (match.score > 0) & (match.score >= rule.min_score)
    marks.add(Reason.CONTAMINATED.bit, rule.action, marked)
    return marks
