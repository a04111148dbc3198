"""From normalised texts to signatures of 128 values: Tamis and its peers, CPU time, one thread."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
from clock import Seconds, take_turns
from datasketch import MinHash
from rensa import CMinHash, RMinHash

from transforms.kernels.minhash import PERMUTATIONS, sign
from transforms.kernels.shingles import PART_TAGS, shingle

SHINGLES, MINHASH, BOTH = "shingles", "MinHash", "shingles and MinHash"
OURS = (SHINGLES, MINHASH, BOTH)
"""Our tasks: the two steps apart, and one after the other."""

RENSA, DATASKETCH = "rensa", "datasketch"
_WORD = re.compile(r"\w+")
_SEED = 42

Split = Callable[[str], list[str]]


def _windows(words: list[str]) -> list[str]:
    return [" ".join(words[at : at + 5]) for at in range(max(1, len(words) - 4))]


def zip_words(text: str) -> list[str]:
    """What `split_space` gives, by the fastest plain Python.

    >>> zip_words("a b, c d e f"), zip_words("a b")
    (['a b, c d e', 'b, c d e f'], ['a b'])
    """
    words = text.split()
    zipped = map(" ".join, zip(words, words[1:], words[2:], words[3:], words[4:], strict=False))
    return list(zipped) or [" ".join(words)]


def split_space(text: str) -> list[str]:
    """Five consecutive words each, words being what white space parts.

    >>> split_space("a b, c d e f"), split_space("a b")
    (['a b, c d e', 'b, c d e f'], ['a b'])
    """
    return _windows(text.split())


def split_words(text: str) -> list[str]:
    """Five consecutive words each, words being runs of word characters.

    >>> split_words("a, b-c d e f")
    ['a b c d e', 'b c d e f']
    """
    return _windows(_WORD.findall(text))


SPLITS: dict[str, Split] = {
    "white space": split_space,
    "white space, zipped": zip_words,
    "non-words": split_words,
}
"""How the peers' users make shingles, in Python; the last way gives about the same shingles as ours."""


def _only_split(split: Split, texts: Sequence[str]) -> None:
    for text in texts:
        split(text)


def _rensa(sketch: Callable[[int, int], RMinHash | CMinHash], split: Split, texts: Sequence[str]) -> None:
    for text in texts:
        sketch(PERMUTATIONS, _SEED).update(split(text))


def _datasketch(split: Split, texts: Sequence[str]) -> None:
    for text in texts:
        MinHash(num_perm=PERMUTATIONS).update_batch([one.encode() for one in split(text)])


def _datasketch_bulk(split: Split, texts: Sequence[str]) -> None:
    for _ in MinHash.generator(
        ([one.encode() for one in split(text)] for text in texts), num_perm=PERMUTATIONS
    ):
        pass


PEERS: dict[str, Callable[[Split, Sequence[str]], None]] = {
    f"{RENSA} R-MinHash": partial(_rensa, RMinHash),
    f"{RENSA} C-MinHash": partial(_rensa, CMinHash),
    DATASKETCH: _datasketch,
    f"{DATASKETCH}, bulk": _datasketch_bulk,
}
"""Texts to signatures, by each peer."""


@dataclass(frozen=True)
class Speed:
    """CPU seconds of every task in every round, and how many shingles ours and each split make."""

    rows: int
    ours: int
    splits: dict[str, int]
    seconds: Seconds


def name_task(peer: str, split: str) -> str:
    """Name of a peer's task; the peer `shingles` makes no signatures."""
    return f"{peer} ({split})"


def measure_speed(column: pa.LargeStringArray, rounds: int) -> Speed:
    """Let ours and all peers go from the same texts to signatures, in turns."""
    texts, ready = column.to_pylist(), shingle(column, PART_TAGS[0])
    tasks: dict[str, Callable[[], object]] = {
        SHINGLES: partial(shingle, column, PART_TAGS[0]),
        MINHASH: partial(sign, ready),
        BOTH: lambda: sign(shingle(column, PART_TAGS[0])),
    }
    for split, make in SPLITS.items():
        tasks[name_task(SHINGLES, split)] = partial(_only_split, make, texts)
        for peer, work in PEERS.items():
            tasks[name_task(peer, split)] = partial(work, make, texts)
    splits = {split: sum(len(make(text)) for text in texts) for split, make in SPLITS.items()}
    return Speed(len(texts), len(ready.values), splits, take_turns(tasks, rounds))
