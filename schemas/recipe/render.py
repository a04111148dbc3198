"""A recipe as YAML that explains itself: every key with its description."""

from __future__ import annotations

import re
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING

import yaml

from schemas.recipe.fields import Section
from schemas.recipe.model import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 100
LONGEST_BESIDE = 36
"""Entries up to this length have their comment beside them, longer ones above."""

_PLAIN = re.compile(r"(?![yn]\Z)[A-Za-z][A-Za-z0-9_/-]*\Z")


def render(recipe: Recipe) -> str:
    """YAML of a recipe, a comment on every key; `load_recipe` reads it back the same.

    >>> render(Recipe()).splitlines()[-1]
    '  save_rejects: false  # Whether to write rejected and duplicate rows in full, too.'
    """
    blocks = [_comment(Recipe.__doc__ or "", WIDTH)]
    for key, value in recipe:
        entry = [*_example(recipe, key, WIDTH), *_entry(key, value, WIDTH)]
        blocks.append([*_comment(_about(recipe, key), WIDTH), *entry])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _about(section: Section, key: str) -> str:
    return str(type(section).model_fields[key].description)


def _comment(text: str, width: int) -> list[str]:
    return [f"# {line}" for line in wrap(text, width - 2, break_on_hyphens=False)]


def _example(section: Section, key: str, width: int) -> Iterator[str]:
    """Show a value as a comment where there is none, since that shows none of its keys."""
    examples = type(section).model_fields[key].examples or []
    for example in examples if getattr(section, key) in {(), None} else []:
        read = getattr(type(section).model_validate({key: example}), key)
        if read != example:  # a plain value has no keys
            yield "# For example:"
            yield from (f"# {line}" for line in _entry(key, read, width - 2))


def _entry(key: str, value: object, width: int) -> list[str]:
    """Lines of a key with its value."""
    if isinstance(value, Section):
        return [f"{key}:", *(f"  {line}".rstrip() for line in _section(value, width - 2))]
    if not isinstance(value, tuple):
        return [f"{key}: {scalar(value)}"]
    if any(isinstance(item, Section) for item in value):
        return [f"{key}:", *(line for item in value for line in _item(_section(item, width - 4)))]
    write = scalar if all(map(_is_plain, value)) else quote
    texts = [write(item) for item in value]
    flow = f"{key}: [{', '.join(texts)}]"
    return [flow] if len(flow) <= width else [f"{key}:", *(f"  - {text}" for text in texts)]


def _item(lines: list[str]) -> Iterator[str]:
    return (("    " if n else "  - ") + line for n, line in enumerate(lines))


def _section(section: Section, width: int) -> list[str]:
    """Lines of a section's keys and comments; sections inside it stand apart."""
    entries = {key: _entry(key, value, width) for key, value in section}
    short = {key for key, lines in entries.items() if len(lines) == 1 and len(lines[0]) <= LONGEST_BESIDE}
    column = max((len(entries[key][0]) for key in short), default=0) + 2
    lines: list[str] = []
    for key, entry in entries.items():
        about, example = _about(section, key), [*_example(section, key, width)]
        if key in short and not example:
            beside = zip_longest(entry, _comment(about, width - column), fillvalue="")
            lines += [f"{text:{column}}{comment}" for text, comment in beside]
        else:
            gap = [""] if lines and not short else []
            lines += [*gap, *_comment(about, width), *example, *entry]
    return lines


def scalar(value: object) -> str:
    """YAML of a single value; text is quoted unless every reader of YAML takes it for text.

    >>> scalar("en"), scalar("no"), scalar("[insert"), scalar(None), scalar(0.8)
    ('en', '"no"', '"[insert"', 'null', '0.8')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value if _is_plain(value) else quote(value)
    return repr(value)


def _is_plain(text: str) -> bool:
    return bool(_PLAIN.match(text)) and isinstance(yaml.safe_load(text), str)


def quote(text: str) -> str:
    r"""YAML of a text in double quotes, on one line.

    >>> quote('a "b"\n')
    '"a \\"b\\"\\U0000000a"'
    """
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"
