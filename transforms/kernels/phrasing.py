"""How varied the wording of a sample of texts is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain, pairwise

import numpy as np
import regex
import xxhash

_TOKEN = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]|[\p{L}\p{M}\p{N}]+", regex.VERSION1
)
_WIDTH = 4096


def split_tokens(text: str) -> list[str]:
    """Tokens of a text in lower case; a character of a script without spaces is one of its own.

    >>> split_tokens("What is 12*7?"), split_tokens("您好")
    (['what', 'is', '12', '7'], ['您', '好'])
    """
    return _TOKEN.findall(text.lower())


def distinct(texts: Sequence[Sequence[str]], width: int) -> float | None:
    """Distinct runs of so many tokens by all such runs; None where there are none.

    >>> distinct([["a", "b"], ["a", "b", "c"]], 2)
    0.6666666666666666
    """
    runs = [run for text in texts for run in zip(*(text[at:] for at in range(width)), strict=False)]
    return len(set(runs)) / len(runs) if runs else None


def count_openings(texts: Sequence[Sequence[str]], limit: int) -> list[tuple[str, int]]:
    """The commonest first two tokens and how many texts begin so, ties by the words.

    >>> count_openings([["write", "a", "poem"], ["write", "a"], ["why"]], 5)
    [('write a', 2), ('why', 1)]
    """
    counts = Counter(" ".join(text[:2]) for text in texts if text)
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:limit]


def vendi_score(texts: Sequence[Sequence[str]]) -> float | None:
    """Effective number of different texts: the exponential of the entropy of their similarities' eigenvalues.

    Two texts are as similar as the cosine of the counts of their tokens and pairs of tokens.

    >>> vendi_score([["a"], ["a"]]), vendi_score([["a"], ["b"], ["c"]])
    (1.0, 3.0)
    """
    if not texts:
        return None
    runs = [[*text, *map(" ".join, pairwise(text))] or [""] for text in texts]
    place = {run: xxhash.xxh3_64_intdigest(run.encode()) % _WIDTH for run in {*chain(*runs)}}
    cells = [row * _WIDTH + place[run] for row, text in enumerate(runs) for run in text]
    counts = np.bincount(cells, minlength=len(texts) * _WIDTH).reshape(-1, _WIDTH).astype(float)
    counts /= np.linalg.norm(counts, axis=1, keepdims=True)
    values = np.linalg.eigvalsh(counts @ counts.T / len(texts))
    values = values[values > 1e-12]
    return float(round(np.exp(-(values * np.log(values)).sum()), 1))
