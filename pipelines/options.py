"""Flags of the command line: Tamis's own and Beam's, and a clear word on any other."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from typing import NoReturn, TypeAlias

from pipelines.errors import UsageError

IN_MEMORY = "apache_beam.runners.portability.fn_api_runner.FnApiRunner"


class Parser(argparse.ArgumentParser):
    """A parser whose errors are sentences, raised."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong."""
        raise UsageError(f"{message} (see '{self.prog} --help')")


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001 - it has no public name
"""Where a command adds itself."""


def refuse(parsed: argparse.Namespace, rest: Sequence[str]) -> None:
    """Refuse arguments that a command does not know."""
    if rest:
        parsed.parser.error(f"unrecognised arguments: {' '.join(rest)}")


def beam_options() -> argparse.ArgumentParser:
    """A parser that knows every option of Beam's."""
    import apache_beam  # noqa: F401 — loads the classes that hold the options
    from apache_beam.options.pipeline_options import PipelineOptions

    parser = Parser(prog="tamis curate", allow_abbrev=False, add_help=False, conflict_handler="resolve")
    waiting = list(PipelineOptions.__subclasses__())
    while waiting:
        options = waiting.pop(0)
        waiting += options.__subclasses__()
        if "_add_argparse_args" in vars(options):
            options._add_argparse_args(parser)  # noqa: SLF001 — Beam's hook for its options
    return parser


def check_beam_flags(rest: Sequence[str], own: argparse.ArgumentParser) -> None:
    """Refuse flags that neither Tamis nor Beam knows, naming the nearest known one."""
    parser = beam_options()
    _, unknown = parser.parse_known_args(list(rest))
    if not unknown:
        return
    flag = unknown[0].split("=")[0]
    known = _flags(own) + _flags(parser)
    near = difflib.get_close_matches(flag, known, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise UsageError(f"{flag} is a flag of neither Tamis nor Beam{hint}")


def check_runner(name: str) -> None:
    """Refuse a runner that Beam does not know."""
    from apache_beam.runners.runner import create_runner

    try:
        create_runner(name)
    except (ValueError, ImportError, AttributeError) as error:
        raise UsageError(f"--runner: {str(error).splitlines()[0]}") from None


def _flags(parser: argparse.ArgumentParser) -> list[str]:
    return [flag for action in parser._actions for flag in action.option_strings]  # noqa: SLF001 — no public list


def beam_arguments(runner: str | None, workers: int, rest: Sequence[str]) -> list[str]:
    """Beam's arguments: the in-memory runner with all its workers unless another is named."""
    if runner is not None:
        return [f"--runner={runner}", *rest]
    chosen = [f"--runner={IN_MEMORY}", *rest]
    if workers > 1:
        chosen += [f"--direct_num_workers={workers}", "--direct_running_mode=multi_processing"]
    return chosen
