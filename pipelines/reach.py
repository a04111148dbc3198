"""Beam's options for stores, for commands that run no pipeline."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pipelines.options import Parser, refuse


def reach(parsed: argparse.Namespace, rest: Sequence[str]) -> None:
    """Reach stores as Beam's options among the arguments say; refuse any other argument."""
    from apache_beam.options import pipeline_options

    from transforms.steps.stores.registry import configure

    parser = Parser(prog=parsed.parser.prog, allow_abbrev=False, add_help=False, conflict_handler="resolve")
    for options in ("S3Options", "GoogleCloudOptions", "HadoopFileSystemOptions"):
        getattr(pipeline_options, options)._add_argparse_args(parser)  # noqa: SLF001 — Beam's hook for its options
    refuse(parsed, parser.parse_known_args(list(rest))[1])
    configure(rest)
