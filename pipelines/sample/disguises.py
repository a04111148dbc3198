"""Other spellings of a text that are equal after normalisation."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random

from pipelines.sample.rows import Row
from transforms.kernels.text import lower

Disguise = Callable[[str], str]

_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}


def widen(text: str) -> str:
    r"""The text with full-width forms in place of ASCII characters.

    >>> ascii(widen("a 7"))
    "'\\uff41\\u3000\\uff17'"
    """
    return text.translate(_WIDE)


def shout(text: str) -> str:
    """The text with its ASCII letters in upper case.

    >>> shout("straße")
    'STRAßE'
    """
    return "".join(letter.upper() if letter.isascii() else letter for letter in text)


def tie(text: str) -> str:
    r"""The text with ligatures and spaces that do not break.

    >>> ascii(tie("find it"))
    "'\\ufb01nd\\xa0it'"
    """
    return text.replace("fi", "\ufb01").replace("fl", "\ufb02").replace(" ", "\xa0")


DISGUISES: tuple[Disguise, ...] = (
    widen,
    shout,
    lower,
    tie,
    partial(unicodedata.normalize, "NFD"),
    partial(unicodedata.normalize, "NFKC"),
)
"""Spellings to choose from; not every one changes every text."""


def disguise(row: Row, rng: Random) -> Row | None:
    """The row in another spelling, if there is one."""
    for change in rng.sample(DISGUISES, len(DISGUISES)):
        other = replace(
            row,
            instruction=change(row.instruction or ""),
            input=row.input and change(row.input),
            output=change(row.output or ""),
        )
        if other != row:
            return other
    return None
