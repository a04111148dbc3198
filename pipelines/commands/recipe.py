"""`tamis recipe`: a built-in recipe, or the JSON Schema of all."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from pipelines.errors import PUBLISHED
from pipelines.options import Commands, add_command, refuse
from schemas.recipe import PROFILES, built_in, json_schema, render


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    command = add_command(
        commands, "recipe", _recipe, help="print a recipe with a comment on every key", stores=False
    )
    command.add_argument("--profile", choices=PROFILES, default=PROFILES[0], help="which built-in recipe")
    command.add_argument(
        "--schema", action="store_true", help="print the JSON Schema that editors use instead"
    )


def _recipe(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    refuse(parsed, rest)
    text = json.dumps(json_schema(), indent=2) + "\n" if parsed.schema else render(built_in(parsed.profile))
    sys.stdout.write(text)
    return PUBLISHED
