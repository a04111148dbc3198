"""What a part, a token, a shingle and a similarity are, in plain Python."""

from __future__ import annotations

import unicodedata

import regex

Shingle = tuple[str, ...]

OWN = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
TOKEN = regex.compile(rf"{OWN}|[[\p{{L}}\p{{M}}\p{{N}}]--{OWN}]+", regex.V1)


def normalise(text: str) -> str:
    """Text in NFKC, each code point in lower case where that is one code point."""
    composed = unicodedata.normalize("NFKC", text)
    return "".join(low if len(low := character.lower()) == 1 else character for character in composed)


def find_tokens(part: str) -> list[str]:
    """Tokens of a normalised part."""
    return TOKEN.findall(part)


def list_shingles(part: str) -> list[Shingle]:
    """Shingles of a normalised part in order; one without tokens has its characters."""
    tokens = find_tokens(part)
    return [tuple(tokens[at : at + 5]) for at in range(max(1, len(tokens) - 4))] if tokens else [(part,)]


def jaccard(part: str, other: str) -> float:
    """Jaccard similarity of two parts' shingle sets."""
    ours, theirs = set(list_shingles(part)), set(list_shingles(other))
    return len(ours & theirs) / len(ours | theirs)


def similarity(row: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Similarity of two rows: that of the two parts that are least alike."""
    return min(map(jaccard, row, other))
