"""Two texts word by word: what each has that the other has not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby, takewhile

import regex

from pipelines.explain.spans import Mark, Span
from transforms.kernels.tokens import UNSPACED_SCRIPTS

_OWN = "".join(rf"\p{{{script}}}" for script in UNSPACED_SCRIPTS)
_WORD = regex.compile(rf"[{_OWN}]|[[\p{{L}}\p{{M}}\p{{N}}]--[{_OWN}]]+|\s+|.", regex.V1 | regex.DOTALL)
_SPOKEN = regex.compile(r"[\p{L}\p{N}]")
_MOST, _PAIRS = 4000, 100_000
_Step = tuple[bool, str, str]


def compare(old: str, new: str) -> tuple[list[Span], list[Span]]:
    """Both texts, with the words marked that only one of them has.

    >>> old, new = compare("more hazardous?", "less hazardous?")
    >>> [(span.text, span.mark.name) for span in old]
    [('more', 'OLD'), (' hazardous?', 'PLAIN')]
    """
    steps = list(_smooth(list(_steps(_WORD.findall(old), _WORD.findall(new)))))
    return _spans(((same, text) for same, text, _ in steps), Mark.OLD), _spans(
        ((same, text) for same, _, text in steps), Mark.NEW
    )


def _steps(old: Sequence[str], new: Sequence[str]) -> Iterator[_Step]:
    """Stretches that are the same or differ, as the texts of both sides."""
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    yield True, "".join(old[:head]), "".join(new[:head])
    yield from _middle(old[head : len(old) - tail], new[head : len(new) - tail])
    yield True, "".join(old[len(old) - tail :]), "".join(new[len(new) - tail :])


def _shared(old: Sequence[str], new: Sequence[str]) -> int:
    """How many words both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _middle(old: Sequence[str], new: Sequence[str]) -> Iterator[_Step]:
    if max(len(old), len(new)) > _MOST:
        # So much text is not read word by word anyway.
        yield False, "".join(old), "".join(new)
        return
    # Matching every word with all its like takes too long where a few words stand over and over.
    counts = Counter(new)
    frequent = sum(counts[word] for word in old if not word.isspace()) > _PAIRS
    matcher = SequenceMatcher(str.isspace, old, new, autojunk=frequent)
    for name, low, high, start, stop in matcher.get_opcodes():
        yield name == "equal", "".join(old[low:high]), "".join(new[start:stop])


def _smooth(steps: Sequence[_Step]) -> Iterator[_Step]:
    """The steps, where what stands between two that differ differs too unless it holds a word."""
    steps = [step for step in steps if step[1] or step[2]]
    for at, (same, old, new) in enumerate(steps):
        between = 0 < at < len(steps) - 1 and _SPOKEN.search(old) is None
        yield same and not between, old, new


def _spans(pieces: Iterator[tuple[bool, str]], mark: Mark) -> list[Span]:
    spans = []
    for same, group in groupby(pieces, key=lambda piece: piece[0]):
        text = "".join(text for _, text in group)
        if text:
            spans.append(Span(text, Mark.PLAIN if same else mark))
    return spans
