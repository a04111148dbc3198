"""YAML as recipes use it: plain values, no tags, no key twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError
from yaml.reader import ReaderError

from schemas.recipe.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Hashable


class StrictLoader(yaml.SafeLoader):
    """A loader to which `no`, `off` and dates are text, and a key given twice is an error."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 as PyYAML has it

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose the next node, unless it carries a tag."""
        event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it untyped
        if getattr(event, "tag", None) is not None:
            raise ComposerError(None, None, f"a tag ({event.tag}) is not allowed", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 PyYAML's signature
        """Construct a mapping whose keys are texts that differ."""
        lines: dict[str, int] = {}
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise ConstructorError(None, None, "a key must be text", key_node.start_mark)
            if key in lines:
                problem = f"key `{key}` is given twice, first on line {lines[key]}"
                raise ConstructorError(None, None, problem, key_node.start_mark)
            lines[key] = key_node.start_mark.line + 1
        return super().construct_mapping(node, deep)


def _resolve(kind: str, pattern: str, first: list[str]) -> None:
    """Read plain text of a pattern as a kind of value; `first` are the characters it can begin with."""
    StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(rf"(?:{pattern})\Z"), first)


# Numbers are JSON's and a little more: no octal, no base 60, but 1e-3, which YAML 1.1 takes for text.
_resolve("null", "~|null|Null|NULL|", ["~", "n", "N", ""])
_resolve("bool", "true|True|TRUE|false|False|FALSE", [*"tTfF"])
_resolve("int", r"[-+]?(?:0|[1-9][0-9]{0,17})", [*"-+0123456789"])
_resolve("float", r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", [*"-+.0123456789"])


def read_yaml(text: str, where: str) -> object:
    """Read the plain values of a YAML document; a problem is a `RecipeError` that names the line."""
    try:
        return yaml.load(text, StrictLoader)  # noqa: S506 the loader is a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{where}, line {mark.line + 1}" if mark else where
        message = f"{place}: not valid YAML: {error.problem or error.context}"
        raise RecipeError(message) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"{where}, line {line}: not valid YAML: character U+{error.character:04X} is not allowed"
        raise RecipeError(message) from error
    except RecursionError:
        message = f"{where}: not valid YAML: it is nested too deeply"
        raise RecipeError(message) from None
