"""Text of somebody else's with nothing hidden in it."""

from __future__ import annotations

import sys

import regex

_JOINED = (
    r"\p{Arabic}\p{Bengali}\p{Devanagari}\p{Gujarati}\p{Gurmukhi}\p{Kannada}\p{Malayalam}\p{Oriya}"
    r"\p{Sinhala}\p{Tamil}\p{Telugu}\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F"
)
# Control, format, private and unassigned characters; but joiners belong to how some scripts are written.
HIDDEN = regex.compile(
    rf"(?:(?!(?<=[{_JOINED}])[\u200c\u200d])[[\p{{C}}\p{{Zl}}\p{{Zp}}]--[\n\t]])+", regex.V1
)


def escape(text: str) -> str:
    r"""The text with characters that would hide, reorder or control it written out.

    >>> escape("a\x1b[0m\u202eb\nc")
    'a\\x1b[0m\\u202eb\nc'
    """
    return HIDDEN.sub(lambda run: write_out(run[0]), text)


def write_out(text: str) -> str:
    """Characters as Python writes them."""
    return text.encode("unicode_escape").decode()


def one_line(text: str) -> str:
    r"""The text escaped and on one line.

    >>> one_line("a\nb\tc")
    'a\\nb\\tc'
    """
    return escape(text).replace("\n", "\\n").replace("\t", "\\t")


def tell(sentence: str) -> None:
    """Print a sentence to stderr; nothing that somebody else named acts on the terminal."""
    for line in escape(sentence).splitlines():
        print(f"tamis: {line}", file=sys.stderr)  # noqa: T201 a command prints
