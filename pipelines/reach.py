"""Beam's options for stores, for commands that run no pipeline."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pipelines.options import flags_of, refuse, spell


def reach(parsed: argparse.Namespace, rest: Sequence[str]) -> None:
    """Reach stores as Beam's options among the arguments say; refuse any other argument."""
    from transforms.steps.stores.registry import configure, option_parser

    parser = option_parser()
    parser.error = parsed.parser.error  # type: ignore[method-assign]
    flags = [spell(flag, flags_of(parser)) for flag in rest]
    refuse(parsed, parser.parse_known_args(flags)[1])
    configure(flags)
