"""The request in an instruction: which verb asks, how surely, and what stands around it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.kernels.lexicon import Hits, Lexicon, Words, split_words
from transforms.kernels.phrases import load_phrases

HEAD, TAIL = 400, 360
"""Characters at the beginning and at the end of a long instruction that are looked at."""

_NOWHERE, _CLAUSE, _SENTENCE, _REQUEST = range(4)
"""Where a verb may stand: anywhere, where a clause or a sentence begins, after the words of a request."""

_WINDOW, _WINDOW_UNSPACED = 10, 25
_SURE, _POSSIBLE = 50, 25


def listed(text: str) -> list[str]:
    """The phrases of a list in a data file.

    >>> listed("a b | c")
    ['a b', 'c']
    """
    return [phrase.strip() for phrase in text.split("|") if phrase.strip()]


def inflect(verb: str) -> tuple[str, str]:
    """The present and past participle of a regular English verb, its first word changed.

    >>> inflect("write"), inflect("sum up"), inflect("plan"), inflect("classify")
    (('writing', 'writed'), ('summing up', 'summed up'), ('planning', 'planned'), ('classifying', 'classified'))
    """
    word, space, rest = verb.partition(" ")
    double = len(word) > 2 and word[-1] in "bdgmnprt" and word[-2] in "aiou" and word[-3] not in "aeiou" and len(word) < 5
    stem = word[:-1] if word.endswith("e") and not word.endswith("ee") else word + word[-1] if double else word
    past = word[:-1] + "ied" if word.endswith("y") and word[-2] not in "aeiou" else stem + "ed"
    return f"{stem}ing{space}{rest}", f"{past}{space}{rest}"


@dataclass(frozen=True)
class _Phrases:
    """The lexicon of all phrases, and what each number means."""

    lexicon: Lexicon
    kinds: np.ndarray
    values: np.ndarray
    texts: list[str]
    lemmas: list[str]
    categories: list[str]
    weak: np.ndarray
    groups: list[str]
    signals: list[str]
    places: list[str]


_OPENER, _REQUESTS, _VERB, _PARTICIPLE, _OBJECT, _SIGNAL, _QUESTION, _HOW, _NO_VERB, _JOINT, _AUXILIARY = range(11)


@cache
def phrases() -> _Phrases:
    """The phrases of `phrases/tasks.yaml`, ready to be looked for."""
    data = load_phrases("tasks")
    verbs, groups, signals = data["verbs"], list(data["objects"]), list(data["signals"])
    entries: list[tuple[str, int, int]] = []
    entries += [(text, _OPENER, 0) for text in listed(data["openers"])]
    entries += [(text, _REQUESTS, 0) for text in listed(data["requests"])]
    entries += [(text, _QUESTION, 0) for text in listed(data["questions"])]
    entries.append(("how", _HOW, 0))
    entries += [(text, _NO_VERB, 0) for text in listed(data["not_verbs"])]
    entries += [("and", _JOINT, 0), ("to", _JOINT, 0), ("then", _JOINT, 0)]
    entries += [(text, _AUXILIARY, 0) for text in ("is", "are", "was", "were", "do", "does", "did", "has", "have", "would", "can", "could")]
    for number, (lemma, verb) in enumerate(verbs.items()):
        for text in listed(verb["words"]):
            entries.append((text, _VERB, number))
            if text.isascii():
                present, past = inflect(text)
                entries += [(present, _PARTICIPLE, number), (past, _PARTICIPLE, number)]
        entries += [(text, _PARTICIPLE, number) for text in listed(data["participles"].get(lemma, ""))]
    for number, words in enumerate(data["objects"].values()):
        entries += [(text, _OBJECT, number) for text in listed(words)]
    for number, signal in enumerate(data["signals"].values()):
        entries += [(text, _SIGNAL, number) for text in listed(signal["words"])]
    texts, kinds, values = zip(*entries, strict=True)
    return _Phrases(
        Lexicon.of(texts), np.array(kinds), np.array(values), list(texts), list(verbs),
        [verb["category"] for verb in verbs.values()], np.array([verb.get("weak", False) for verb in verbs.values()]),
        groups, signals, [signal.get("at", "anywhere") for signal in data["signals"].values()],
    )


def view(instruction: pa.LargeStringArray) -> pa.LargeStringArray:
    r"""Each instruction, of a long one its beginning and its end.

    >>> len(view(pa.array(["a" * 9000], pa.large_string()))[0].as_py()) == HEAD + TAIL + 3
    True
    """
    long = pc.greater(pc.utf8_length(instruction), HEAD + TAIL)
    if not pc.any(long).as_py():
        return instruction
    gap = pa.scalar("\n\x01\n", pa.large_string())
    ends = pc.utf8_slice_codeunits(instruction, -TAIL)
    cut = pc.binary_join_element_wise(pc.utf8_slice_codeunits(instruction, 0, HEAD), gap, ends, pa.scalar("", pa.large_string()))
    return pc.if_else(long, cut, instruction)


class Asks:
    """What the words of some instructions say: one row each, and one entry for each word or phrase."""

    def __init__(self, views: pa.LargeStringArray) -> None:
        """Split the texts into words and look for every phrase."""
        self.views = views
        self.words = split_words(views)
        self.count = len(self.words.tokens.starts)
        self.row = np.repeat(np.arange(len(views)), np.diff(self.words.tokens.offsets))
        self.hits: Hits = phrases().lexicon.find(self.words)
        self.kind = phrases().kinds[self.hits.phrase]
        self.value = phrases().values[self.hits.phrase]

    def rows_with(self, word: np.ndarray) -> np.ndarray:
        """Mask of the rows that some words are in."""
        mask = np.zeros(len(self.views), bool)
        mask[self.row[word]] = True
        return mask

    @cached_property
    def _marks(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Whether before each word a clause, a start or a new sentence begins, and a line; per word."""
        data, tokens = self.words.text.data, self.words.tokens
        ends = np.append(0, tokens.ends[:-1])
        firsts = np.zeros(self.count, bool)
        firsts[tokens.offsets[:-1][np.diff(tokens.offsets) > 0]] = True
        starts = self.words.text.offsets[:-1][self.row] if self.count else ends
        before = np.maximum(ends, starts)
        found = []
        for table in _byte_classes(data):
            total = np.concatenate([[0], np.cumsum(table)])
            found.append((total[tokens.starts] > total[before]) | firsts)
        clause, start, sentence, line = found
        return clause, start, sentence, line

    @cached_property
    def place(self) -> np.ndarray:
        """Where each word stands: nowhere in particular, at a clause's or a sentence's start, or requested."""
        clause, start, _, _ = self._marks
        place = np.where(start, _SENTENCE, np.where(clause, _CLAUSE, _NOWHERE))
        after = self._after(self.hits, self.kind == _REQUESTS)
        place[after] = _REQUEST
        openers = np.flatnonzero(self.kind == _OPENER)
        for _ in range(4):
            here = openers[place[self.hits.word[openers]] > _NOWHERE]
            following = self.hits.word[here] + self.hits.length[here]
            inside = following < self.count
            here, following = here[inside], following[inside]
            same = self.row[following] == self.row[self.hits.word[here]]
            here, following = here[same], following[same]
            np.maximum.at(place, following, place[self.hits.word[here]])
        return place

    def _after(self, hits: Hits, which: np.ndarray) -> np.ndarray:
        following = hits.word[which] + hits.length[which]
        inside = following < self.count
        following, begun = following[inside], hits.word[which][inside]
        return following[self.row[following] == self.row[begun]]

    @cached_property
    def bulleted(self) -> np.ndarray:
        """Mask of the words that a bullet stands before."""
        clause, _, _, line = self._marks
        data, starts = self.words.text.data, self.words.tokens.starts
        mark = data[np.maximum(starts - 2, 0)] if len(data) else starts
        return line & clause & np.isin(mark, list(b"-*("))

    @cached_property
    def asked(self) -> np.ndarray:
        """Mask of the texts with a question mark."""
        return np.asarray(pc.match_substring_regex(self.views, "[?？؟]").to_numpy(zero_copy_only=False))

    @cached_property
    def sentence(self) -> np.ndarray:
        """Number of each word's sentence in its row."""
        total = np.cumsum(self._marks[2])
        return total - total[self.words.tokens.offsets[:-1]][self.row] if self.count else total

    @cached_property
    def last(self) -> np.ndarray:
        """Mask of the words of each row's last line or, where it is the only one, last sentence."""
        if not self.count:
            return np.zeros(0, bool)
        line = np.cumsum(self._marks[3])
        ends = np.maximum(self.words.tokens.offsets[1:] - 1, 0)
        own = line == line[ends][self.row]
        single = (line[self.words.tokens.offsets[:-1].clip(max=self.count - 1)] == line[ends])[self.row]
        return np.where(single, self.sentence == self.sentence[ends][self.row], own)

    @cached_property
    def unspaced(self) -> np.ndarray:
        """Mask of the words of scripts that do not part words."""
        data, starts = self.words.text.data, self.words.tokens.starts
        lead = data[starts]
        second = data[np.minimum(starts + 1, len(data) - 1)] if len(data) else lead
        return ((lead >= 0xE3) & (lead <= 0xE9)) | ((lead == 0xE0) & (second >= 0xB8) & (second <= 0xBB))

    @cached_property
    def verbs(self) -> tuple[np.ndarray, np.ndarray]:
        """Per row the hit that asks, or -1, and how surely: the best of the places that verbs stand in."""
        place, word = self.place, self.hits.word
        is_verb = self.kind == _VERB
        requested = (self.kind == _PARTICIPLE) & (place[word] == _REQUEST) & ~self.asked[self.row[word]]
        shadowed = np.zeros(self.count, bool)
        shadowed[word[self.kind == _NO_VERB]] = True
        is_verb &= ~shadowed[word]
        glued = self.unspaced[word] & (self.hits.length > 1) & is_verb
        joined = np.zeros(self.count, bool)
        joined[self._after(self.hits, self.kind == _JOINT)] = True
        joined = is_verb & joined[word] & (self.sentence[word] < 3) & (place[word] == _NOWHERE)
        at = np.flatnonzero((is_verb & (place[word] > _NOWHERE)) | requested | glued | joined)
        where, first, last = np.where(glued[at] & (place[word[at]] == _NOWHERE), _CLAUSE, place[word[at]]), self.sentence[word[at]] == 0, self.last[word[at]]
        early = self.sentence[word[at]] < 4
        score = np.select(
            [where == _REQUEST, where == _SENTENCE],
            [np.select([first, last, early], [98, 92, 70], 45), np.select([first, last, early], [100, 88, 72], 40)],
            np.select([first, last, early], [80, 66, 52], 25),
        )
        score = np.where(glued[at] & (place[word[at]] == _NOWHERE), score - 8, score)
        score = np.where(joined[at], 36, score)
        score = score - 45 * self.bulleted[word[at]]
        score = score + self.hits.length[at] - 65 * phrases().weak[self.value[at]]
        rows = self.row[word[at]]
        order = np.lexsort((word[at], -score, rows))
        best, sure = np.full(len(self.views), -1), np.full(len(self.views), -100)
        if len(order):
            heads = order[np.append(True, rows[order][1:] != rows[order][:-1])]
            best[rows[heads]], sure[rows[heads]] = at[heads], score[heads]
        return best, sure


def _byte_classes(data: np.ndarray) -> list[np.ndarray]:
    """Masks of the bytes that begin what ends a clause, what a start follows, a sentence, a line."""
    clause = _TABLES[0][data]
    start, sentence, line = (table[data] for table in _TABLES[1:])
    wide = np.flatnonzero(data[:-2] >= 0xE2) if len(data) > 2 else np.zeros(0, np.int64)
    for code, (is_clause, is_start, is_sentence) in _WIDE.items():
        a, b, c = code.encode()
        here = wide[(data[wide] == a) & (data[wide + 1] == b) & (data[wide + 2] == c)]
        clause[here] |= is_clause
        start[here] |= is_start
        sentence[here] |= is_sentence
    return [clause, start, sentence, line]


def _table(characters: str) -> np.ndarray:
    table = np.zeros(256, bool)
    table[list(characters.encode())] = True
    return table


_TABLES = [_table(",-(\"*#>[/"), _table(".!?;:\n\""), _table(".!?\n"), _table("\n")]
_WIDE = {"，": (True, False, False), "、": (True, False, False), "。": (False, True, True), "！": (False, True, True), "？": (False, True, True), "：": (False, True, False), "；": (False, True, False), "–": (True, False, False), "—": (True, False, False), "“": (True, True, False), "「": (True, False, False)}
