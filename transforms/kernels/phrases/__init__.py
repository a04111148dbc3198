"""Lists of words and phrases that rules and taggers go by: YAML files, which anyone can extend."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import regex
import yaml


@cache
def load_phrases(name: str) -> dict[str, Any]:
    """What the YAML file of a name says.

    >>> "your" in load_phrases("placeholders")["openers"]
    True
    """
    text = files(__name__).joinpath(f"{name}.yaml").read_text("utf-8")
    return dict(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 a safe loader


def alternatives(words: Iterable[str]) -> str:
    """A regular expression for any of some words, the longest first.

    >>> alternatives(["a", "a.b"])
    'a\\\\.b|a'
    """
    return "|".join(regex.escape(word, literal_spaces=True) for word in sorted(set(words), key=lambda word: (-len(word), word)))
