"""Lists of words and phrases that rules and taggers go by: YAML files, which anyone can extend."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import regex
import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
"""A character of a script in which words are not matched as whole words."""

MOST_PLACES = 1000
"""Places of a text that are looked at one by one: a check may go through all of it for each."""


@cache
def load_phrases(name: str) -> dict[str, Any]:
    """What the YAML file of a name says.

    >>> sorted(load_phrases("placeholders"))[:2]
    ['contexts', 'directions']
    """
    text = files(__name__).joinpath(f"{name}.yaml").read_text("utf-8")
    return dict(yaml.load(text, _LOADER))  # noqa: S506 — the loader is a SafeLoader


def listed(text: str) -> list[str]:
    """The phrases of a list in a data file.

    >>> listed("a b | c")
    ['a b', 'c']
    """
    return [phrase for part in text.split("|") if (phrase := part.strip())]


def one_of(words: Iterable[str]) -> str:
    """A regular expression for any of some words; where the script has spaces, whole words and plurals.

    >>> bool(regex.search(one_of(["name"]), "rename it"))
    False
    >>> regex.findall(one_of(["name", "姓名"]), "the names, 您的姓名")
    ['names', '姓名']
    """
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    apart = [regex.escape(word) for word in ordered if not UNSPACED.search(word)]
    together = [regex.escape(word) for word in ordered if UNSPACED.search(word)]
    whole = [rf"(?<!\w)(?:{'|'.join(apart)})(?:['\u2019]?s)?(?!\w)"] if apart else []
    return "|".join(whole + together)
