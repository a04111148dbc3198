"""The phrase banks: YAML files of this package, one per subject or language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from pipelines.sample.grammar import Phrase

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_table(text: str) -> list[dict[str, str]]:
    r"""Records of a table: a line of field names, then a line for each record, cells parted by `|`.

    >>> parse_table("name | sound\ncat | meow\ndog | woof")
    [{'name': 'cat', 'sound': 'meow'}, {'name': 'dog', 'sound': 'woof'}]
    """
    head, *lines = ([cell.strip() for cell in line.split("|")] for line in text.strip().splitlines())
    return [dict(zip(head, line, strict=True)) for line in lines]


def _read(phrases: Mapping[str, Any]) -> dict[str, Phrase]:
    return {name: parse_table(found) if isinstance(found, str) else found for name, found in phrases.items()}


class Bank:
    """One file: its name, its language, its phrases by name and what its tasks say."""

    def __init__(self, name: str, content: Mapping[str, Any]) -> None:
        """Take a file's content; a phrase that is one string is a table."""
        self.name = name
        self.language: str = content["language"]
        self.phrases = _read(content.get("phrases", {}))
        self.tasks: Mapping[str, Mapping[str, Any]] = content.get("tasks", {})


@cache
def load_banks() -> tuple[Bank, ...]:
    """All banks, by file name."""
    folder = files("pipelines.sample") / "phrases"
    found = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name
    )
    return tuple(
        Bank(file.name.removesuffix(".yaml"), yaml.load(file.read_text("utf-8"), Loader=_LOADER))  # noqa: S506 - safe, in C
        for file in found
    )
