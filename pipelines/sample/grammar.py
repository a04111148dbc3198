"""Phrases with slots, and what fills a slot."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import TypeAlias

Phrase: TypeAlias = "str | int | float | Sequence[Phrase] | Mapping[str, Phrase]"
"""A text, a list to choose one of, or a record whose fields are phrases."""

Scope: TypeAlias = "Mapping[str, Phrase]"
"""What the names in slots stand for."""

_SLOT = re.compile(r"\{(?P<name>[A-Za-z]\w*)(?:\.(?P<field>\w+))?(?:\|(?P<count>\d+|all) (?P<style>\w+))?\}")


def _number(items: Sequence[str]) -> str:
    return "\n".join(f"{place}. {item}" for place, item in enumerate(items, 1))


def _bullet(items: Sequence[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


STYLES: Mapping[str, Callable[[Sequence[str]], str]] = {
    "numbered": _number,
    "bullets": _bullet,
    "lines": "\n".join,
    "sentences": " ".join,
    "joined": "".join,
    "commas": ", ".join,
}
"""How a slot such as `{tips|3 numbered}` puts its items together."""


def stream(seed: int, name: str) -> Random:
    """Random numbers for one purpose, independent of those for any other.

    >>> stream(7, "a").random() == stream(7, "a").random(), stream(7, "a").random() == stream(7, "b").random()
    (True, False)
    """
    return Random(f"{seed} {name}")


def expand(phrase: Phrase, scope: Scope, rng: Random) -> str:
    """Text of a phrase, its slots filled from the scope, again and again until none is left.

    `{pet}` is a choice from `pet`, `{Pet}` the same with a capital, `{pet.name}` a field of a record,
    `{pet|2 commas}` two different choices in a style of `STYLES` and `{pet|all commas}` all in order.

    >>> pets = [{"name": "cat"}, {"name": "dog"}]
    >>> expand("{Pet.name}s, {animal} and {pet.name}s", {"pet": pets[0], "animal": ["birds"]}, Random(1))
    'Cats, birds and cats'
    """
    if isinstance(phrase, str):
        return _SLOT.sub(lambda slot: _fill(slot, scope, rng), phrase)
    if isinstance(phrase, Mapping):
        raise TypeError(f"a record needs a field: one of {sorted(phrase)}")
    if isinstance(phrase, Sequence):
        return expand(rng.choice(phrase), scope, rng)
    return str(phrase)


def _fill(slot: re.Match[str], scope: Scope, rng: Random) -> str:
    name = slot["name"]
    small = name[0].lower() + name[1:]
    found = _find(small, slot["field"], scope)
    if slot["style"]:
        return STYLES[slot["style"]]([expand(item, scope, rng) for item in _pick(found, slot["count"], rng)])
    text = expand(found, scope, rng)
    return text if small == name else text[:1].upper() + text[1:]


def _find(name: str, field: str | None, scope: Scope) -> Phrase:
    found = scope.get(name)
    if field is not None and isinstance(found, Mapping):
        found = found.get(field)
    if found is None:
        raise KeyError(f"no phrase is called {name if field is None else f'{name}.{field}'!r}")
    return found


def _pick(found: Phrase, count: str, rng: Random) -> Sequence[Phrase]:
    """All items in order, or as many as asked for: different ones where there are enough."""
    choices = found if isinstance(found, Sequence) and not isinstance(found, str) else [found]
    if count == "all":
        return choices
    number = int(count)
    return rng.sample(choices, number) if number <= len(choices) else rng.choices(choices, k=number)
