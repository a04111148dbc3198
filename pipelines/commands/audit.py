"""`tamis audit`: what each rule marks, for tuning a recipe."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pipelines.commands.curate import recipe_of
from pipelines.errors import PUBLISHED, UsageError
from pipelines.options import Commands, add_files
from schemas.recipe import PROFILES


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    command = commands.add_parser(
        "audit",
        help="judge rows without writing data: what each rule marks, with examples",
        allow_abbrev=False,
    )
    command.set_defaults(
        handle=_audit, parser=command, reference=[], threshold=None, top=None, save_rejects=False
    )
    flag = command.add_argument
    add_files(flag, "--input", "files of Parquet or JSON Lines")
    add_files(flag, "--benchmark", "files that models are tested on")
    flag("--recipe", metavar="FILE", help="recipe in YAML (see 'tamis recipe')")
    flag("--profile", choices=PROFILES, help="built-in recipe, in place of --recipe (default: default)")
    flag("--languages", metavar="CODES", help="keep rows whose instruction is in one of these, such as en,de")
    flag("--sample", metavar="SHARE", default="100%", help="judge a share of the rows only, such as 1%%")
    flag("--examples", type=int, metavar="N", default=3, help="rows to show of each rule (default: 3)")
    flag("--seed", type=int, metavar="N", default=0, help="what rows are chosen by (default: 0)")
    flag("--json", action="store_true", help="print JSON")


def _audit(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines.audit import audit
    from pipelines.reach import reach

    reach(parsed, rest)
    for name in ("examples", "seed"):
        if getattr(parsed, name) < 0:
            raise UsageError(f"--{name} takes a whole number from 0, found {getattr(parsed, name)}")
    audit(
        recipe_of(parsed),
        share=read_share(parsed.sample),
        examples=parsed.examples,
        seed=parsed.seed,
        as_json=parsed.json,
    )
    return PUBLISHED


def read_share(text: str, flag: str = "--sample") -> float:
    """A share as a person writes it.

    >>> read_share("1%"), read_share("0.5")
    (0.01, 0.5)
    """
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise UsageError(f"{flag} takes a share over 0 and up to 100%, such as 1%, found {text}")
    return share
