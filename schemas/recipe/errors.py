"""One sentence for every problem of a recipe: the key, what was expected and what was found."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    Schema = Mapping[str, Any]
    Place = tuple[int | str, ...]

LONGEST = 60
LONGEST_CHOICE = 12
_KINDS = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "array": "a list",
    "null": "null",
}


class RecipeError(ValueError):
    """A recipe that cannot be used: one line for each problem."""

    def __init__(self, message: str) -> None:
        """Keep what UTF-8 cannot hold as an escape, so that any stream can print the message."""
        super().__init__(message.encode(errors="backslashreplace").decode())


def dotted(place: Place) -> str:
    """Write the key of a value as a person writes it.

    >>> dotted(("sources", 0, "name"))
    'sources[0].name'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{_quoted(part)}" for part in place)
    return text.removeprefix(".")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def show(value: object) -> str:
    """Show a value found, as YAML would have it, cut where it is long.

    >>> show("five"), show(None), show([1])
    ('"five"', 'null', 'a list')
    """
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None or isinstance(value, str | bool):
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return repr(value) if isinstance(value, int | float) else type(value).__name__


def expected(schema: Schema, root: Schema) -> str:
    """Say what a JSON Schema asks for.

    >>> expected({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}, {})
    'a whole number of at least 1 or null'
    """
    schema = _resolved(schema, root)
    if "anyOf" in schema:
        return " or ".join(expected(option, root) for option in schema["anyOf"])
    if "const" in schema:
        return str(schema["const"])
    if len(schema.get("enum", [])) in range(1, LONGEST_CHOICE):
        return f"one of {', '.join(schema['enum'])}"
    if "properties" in schema:
        return f"a mapping with the keys {', '.join(schema['properties'])}"
    return _KINDS[schema["type"]] + _bounds(schema)


def _bounds(schema: Schema) -> str:
    low, high, over = (schema.get(name) for name in ("minimum", "maximum", "exclusiveMinimum"))
    if over is not None and high is not None:
        return f" over {over:,} and up to {high:,}"
    if low is not None and high is not None:
        return f" from {low:,} to {high:,}"
    if low is not None:
        return f" of at least {low:,}"
    return ", not empty" if schema.get("minLength", 0) or schema.get("minItems", 0) else ""


def _resolved(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def schema_at(place: Place, root: Schema) -> Schema:
    """Find the schema of the value at a place that the schema knows."""
    schema = root
    for part in place:
        if isinstance(part, int):
            inner = next(option["items"] for option in _options(schema, root) if "items" in option)
        else:
            inner = _keys(schema, root)[part]
        schema = _resolved(inner, root)
    return schema


def _options(schema: Schema, root: Schema) -> list[Schema]:
    return [_resolved(option, root) for option in schema.get("anyOf", [schema])]


def _keys(schema: Schema, root: Schema) -> dict[str, Schema]:
    """Schemas of a mapping's keys, of one that may be null, too; of anything else none."""
    return {
        key: inner for option in _options(schema, root) for key, inner in option.get("properties", {}).items()
    }


def known_keys(schema: Schema, root: Schema, above: str = "") -> Iterator[str]:
    """List every dotted key of a schema, those inside lists left out."""
    for name, inner in _keys(_resolved(schema, root), root).items():
        yield above + name
        yield from known_keys(inner, root, f"{above}{name}.")


def unknown_key(place: Place, root: Schema) -> str:
    """Advise on a key that does not exist: the nearest one there, or elsewhere, or those there are."""
    *above, last = place
    siblings = list(_keys(schema_at(tuple(above), root), root))
    close = get_close_matches(str(last), siblings, 1)
    elsewhere = {key.rpartition(".")[2]: key for key in known_keys(root, root)}
    if close:
        advice = f"did you mean `{dotted((*above, close[0]))}`?"
    elif found := get_close_matches(str(last), list(elsewhere), 1, 0.8):
        advice = f"did you mean `{elsewhere[found[0]]}`?"
    else:
        advice = f"the keys here are {', '.join(siblings)}"
    return f"unknown key `{dotted(place)}`; {advice}"


def _problem(error: ErrorDetails, root: Schema) -> str:
    place = error["loc"]
    if error["type"] in ("extra_forbidden", "invalid_key"):
        return unknown_key(place, root)
    if error["type"] == "value_error":
        return f"`{dotted(place)}` {error['ctx']['error']}" if place else str(error["ctx"]["error"])
    wanted = expected(schema_at(place, root), root)
    if error["type"] == "missing":
        return f"`{dotted(place)}` is missing; it must be {wanted}"
    return f"`{dotted(place)}` must be {wanted}, found {show(error['input'])}"


def explain(error: ValidationError, root: Schema, where: str) -> RecipeError:
    """Make the error that says, one line each, what validation found wrong."""
    found = error.errors(include_url=False)
    # Of a list that has something wrong in it, it is also told that it is no text.
    within = {each["loc"][:depth] for each in found for depth in range(len(each["loc"]))}
    problems = (_problem(each, root) for each in found if each["loc"] not in within)
    return RecipeError("\n".join(f"{where}: {problem}" for problem in problems))
