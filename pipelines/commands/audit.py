"""`tamis audit`: what each rule marks, for tuning a recipe."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pipelines.errors import PUBLISHED, UsageError
from pipelines.options import Commands, add_command, add_files, check_seed, read_share
from pipelines.recipe_flags import add_recipe_flags, recipe_of


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    command = add_command(
        commands, "audit", _audit, help="judge rows without writing data: what each rule marks, with examples"
    )
    flag = command.add_argument
    add_files(flag, "--input", "files of Parquet or JSON Lines")
    add_files(flag, "--benchmark", "files that models are tested on")
    add_recipe_flags(flag)
    flag("--sample", metavar="SHARE", default="100%", help="judge a share of the rows only, such as 1%%")
    flag("--examples", type=int, metavar="N", default=3, help="rows to show of each rule (default: 3)")
    flag("--seed", type=int, metavar="N", default=0, help="what rows are chosen by (default: 0)")
    flag("--json", action="store_true", help="print JSON")


def _audit(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines.audit import audit
    from pipelines.reach import reach

    reach(parsed, rest)
    if parsed.examples < 0:
        raise UsageError(f"--examples takes a whole number from 0, found {parsed.examples}")
    audit(
        recipe_of(parsed),
        share=read_share(parsed.sample),
        examples=parsed.examples,
        seed=check_seed(parsed.seed),
        as_json=parsed.json,
    )
    return PUBLISHED
