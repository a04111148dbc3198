"""Tokens and shingles as four peers have them, in plain Python."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import regex

SIGNS = (
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    "\u00ab\u00b4\u00bb\u2013\u2014\u2019\u201c\u201d\u201e\u2026\u2236\u2501\u25ba"
    "\u3001\u3002\u3008\u3009\u300a\u300b\u300c\u300d\u3010\u3011"
    "\uff01\uff05\uff08\uff09\uff0c\uff0e\uff11\uff1a\uff1b\uff1f\uff5e"
)
"""Punctuation to datatrove, beside control characters; the full-width 1 is one of them."""


def windows(tokens: list[str], width: int) -> list[tuple[str, ...]]:
    """Every so many consecutive tokens."""
    return [tuple(tokens[at : at + width]) for at in range(len(tokens) - width + 1)]


def by_datatrove(text: str) -> list[str]:
    """Words of a simplified text; where datatrove asks spaCy, those between white space."""
    text = regex.sub(r"\p{Nd}+([.,\u060c\u066b\u2396\u2397\u2398]\p{Nd}+)?", "0", text.lower())
    text = "".join(" " if _is_sign(character) else character for character in text)
    text = unicodedata.normalize("NFD", re.sub(r"\s+", " ", text.strip()))
    return "".join(character for character in text if unicodedata.category(character) != "Mn").split()


def _is_sign(character: str) -> bool:
    control = unicodedata.category(character) == "Cc" and character not in "\t\n"
    return control or character in SIGNS


def by_data_juicer(text: str) -> list[str]:
    """What spaces, and they alone, part."""
    return [token for token in text.lower().split(" ") if token]


def by_nemo(text: str) -> list[str]:
    """Characters."""
    return list(text)


def by_text_dedup(text: str) -> list[str]:
    r"""What `\W` of the regex library parts, empty ones left out."""
    return [token for token in regex.split(r"\W", text.lower()) if token]


PEERS: dict[str, Callable[[str], list[str]]] = {
    "fineweb": by_datatrove,
    "data-juicer": by_data_juicer,
    "nemo": by_nemo,
    "text-dedup": by_text_dedup,
}
"""Tokens of a text, by the profile that is named after the peer."""
