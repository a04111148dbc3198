"""Flags of the command line: Tamis's own and Beam's, and a clear word on any other."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeAlias

from pipelines.errors import UsageError

_CHOICE = re.compile(r"invalid choice: '(?P<found>[^']*)' \(choose from (?P<known>.*)\)")
ALIASES = {"spark_master": "spark_master_url"}
"""Shorter names of Beam's options."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are sentences, raised, that name the nearest of what there is."""

    given: Sequence[str] = ()

    def __init__(self, **settings: Any) -> None:
        """Make a parser that takes no flag by its first letters."""
        super().__init__(**{"allow_abbrev": False, **settings})

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """The arguments read, and those that are not known."""
        self.given = sys.argv[1:] if args is None else list(args)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong."""
        choice = _CHOICE.search(message)
        known = re.findall(r"[\w-]+", choice["known"]) if choice else flags_of(self)
        names = [choice["found"]] if choice else [one.split("=")[0] for one in self.given if one[:2] == "--"]
        near = ((name, _nearest(name, known)) for name in names if name not in known)
        hint = next((f"; for {name}, did you mean {other}?" for name, other in near if other), "")
        raise UsageError(f"{message}{hint} (see '{self.prog} --help')")


class ShowVersion(argparse.Action):
    """Prints the version, which takes a while to be found, and ends."""

    def __call__(self, *_: object) -> NoReturn:
        """Print and end."""
        from importlib.metadata import version

        sys.stdout.write(f"tamis {version('tamis')}\n")
        raise SystemExit(0)


def _nearest(found: str, known: Sequence[str]) -> str | None:
    """The one of some names that another is most like, if it is much like any."""
    return next(iter(difflib.get_close_matches(found, known, 1)), None)


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001 - it has no public name
"""Where a command adds itself."""


def add_command(  # noqa: PLR0913 — what a command says of itself
    commands: Commands,
    name: str,
    handle: Callable[[argparse.Namespace, Sequence[str]], int],
    *,
    help: str,  # noqa: A002 — as argparse calls it
    description: str | None = None,
    epilog: str | None = None,
    stores: bool = True,
) -> Parser:
    """A new command that a function handles; Beam's options for stores may follow it, or none."""
    told = "Options of Beam's for stores may follow, such as --s3-endpoint-url URL." if stores else None
    command = commands.add_parser(
        name, help=help, description=description or f"{help[0].upper()}{help[1:]}.", epilog=epilog or told
    )
    command.set_defaults(handle=handle, parser=command)
    return command


def add_files(flag: Callable[..., object], name: str, about: str, metavar: str = "GLOB") -> None:
    """Add a flag of files, which may be given several times."""
    flag(name, nargs="+", action="extend", metavar=metavar, default=[], help=about)


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


def check_seed(number: int) -> int:
    """A seed, unless it does not fit into 64 bits."""
    if not 0 <= number < 1 << 64:
        raise UsageError(f"--seed takes a whole number from 0 and under 2**64, found {number}")
    return number


def refuse(parsed: argparse.Namespace, rest: Sequence[str]) -> None:
    """Refuse arguments that a command does not know."""
    if rest:
        parsed.parser.error(f"unrecognised arguments: {' '.join(rest)}")


def refuse_empty(parsed: argparse.Namespace) -> None:
    """Refuse an argument of a command that is an empty text, as a shell's variable is that is not set.

    But where an empty text is the default.
    """
    for action in parsed.parser._actions:  # noqa: SLF001 — no public list
        value = vars(parsed).get(action.dest)
        if action.default != "" and "" in (value if isinstance(value, list) else [value]):
            name = "/".join(action.option_strings) or action.metavar
            parsed.parser.error(f"argument {name}: expected a value, found an empty text")


def beam_options() -> argparse.ArgumentParser:
    """A parser that knows every option of Beam's."""
    import apache_beam  # noqa: F401 — loads the classes that hold the options
    from apache_beam.options.pipeline_options import PipelineOptions

    parser = Parser(prog="tamis curate", add_help=False, conflict_handler="resolve")
    waiting = list(PipelineOptions.__subclasses__())
    while waiting:
        options = waiting.pop(0)
        waiting += options.__subclasses__()
        if "_add_argparse_args" in vars(options):
            options._add_argparse_args(parser)  # noqa: SLF001 — Beam's hook for its options
    return parser


def read_beam_flags(rest: Sequence[str], own: argparse.ArgumentParser) -> tuple[list[str], dict[str, Any]]:
    """Beam's flags as Beam spells them, and the values given, by option.

    Raises:
        UsageError: a flag is known to neither Tamis nor Beam; the nearest known one is named.
    """
    parser = beam_options()
    known = flags_of(parser)
    flags = [spell(flag, known) for flag in rest]
    for action in parser._actions:  # noqa: SLF001 — no public list
        action.default = argparse.SUPPRESS
    given, unknown = parser.parse_known_args(flags)
    if not unknown:
        return flags, vars(given)
    flag = unknown[0].split("=")[0]
    if not flag.startswith("-"):
        raise UsageError(f"{flag} stands alone; what is to be read is named by --input")
    near = _nearest(flag, flags_of(own) + known)
    hint = f"; did you mean {near}?" if near else ""
    raise UsageError(f"{flag} is a flag of neither Tamis nor Beam{hint}")


def spell(flag: str, known: Sequence[str]) -> str:
    """The flag as Beam spells it, which is with underscores.

    >>> spell("--spark-master=local[2]", ["--spark_master_url"]), spell("--job-name", ["--job_name"])
    ('--spark_master_url=local[2]', '--job_name')
    """
    if not flag.startswith("--"):
        return flag
    name, equals, value = flag[2:].partition("=")
    spelled = name.replace("-", "_")
    spelled = f"--{ALIASES.get(spelled, spelled)}"
    return f"{spelled}{equals}{value}" if spelled in known and f"--{name}" not in known else flag


def flags_of(parser: argparse.ArgumentParser) -> list[str]:
    """The flags that a parser knows."""
    return [flag for action in parser._actions for flag in action.option_strings]  # noqa: SLF001 — no public list
