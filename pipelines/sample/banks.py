"""The phrase banks: YAML files of this package, one per subject or language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from pipelines.sample.grammar import Phrase

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Bank:
    """One file: its name, the language of its tasks, its phrases and what it says of each task."""

    name: str
    language: str
    phrases: Mapping[str, Phrase]
    tasks: Mapping[str, Mapping[str, Any]]


def parse_table(text: str) -> list[dict[str, str]]:
    r"""Records of a table: a line of field names, then a line for each record, cells parted by `|`.

    >>> parse_table("name | sound\ncat | meow\ndog | woof")
    [{'name': 'cat', 'sound': 'meow'}, {'name': 'dog', 'sound': 'woof'}]
    """
    head, *lines = ([cell.strip() for cell in line.split("|")] for line in text.strip().splitlines())
    return [dict(zip(head, line, strict=True)) for line in lines]


def parse_bank(name: str, text: str) -> Bank:
    r"""Bank written in YAML; a phrase that is one string is a table.

    >>> parse_bank("pets", "language: en\nphrases:\n  colours: [black, white]").phrases
    {'colours': ['black', 'white']}
    """
    content = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, the one in C where there is one
    phrases = {
        key: parse_table(said) if isinstance(said, str) else said for key, said in content["phrases"].items()
    }
    return Bank(name, content["language"], phrases, content.get("tasks", {}))


@cache
def load_banks() -> tuple[Bank, ...]:
    """All banks, by file name."""
    folder = files("pipelines.sample") / "phrases"
    found = {
        file.name.removesuffix(".yaml"): file for file in folder.iterdir() if file.name.endswith(".yaml")
    }
    return tuple(parse_bank(name, found[name].read_text("utf-8")) for name in sorted(found))


@cache
def edit_phrases() -> Mapping[str, Phrase]:
    """Phrases that edits and faults are made of."""
    return next(bank.phrases for bank in load_banks() if bank.name == "edits")
