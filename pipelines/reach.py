"""Beam's options for stores, for commands that run no pipeline."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pipelines.options import refuse


def reach(parsed: argparse.Namespace, rest: Sequence[str]) -> None:
    """Reach stores as Beam's options among the arguments say; refuse any other argument."""
    from transforms.steps.stores.registry import configure, option_parser

    refuse(parsed, option_parser().parse_known_args(list(rest))[1])
    configure(rest)
