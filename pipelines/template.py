"""A Flex Template's parameters: options of `tamis curate`, and the arguments that its launcher makes of them.

A template's parameters are texts by names of letters, digits and underscores. A parameter is an option with
underscores for hyphens; several globs are one text, with spaces between as in a shell; a flag is `true` or
`false`. Everything else that the launcher adds is an option of Beam's and passes as it is.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipelines import cli
from pipelines.commands import curate
from pipelines.errors import UsageError
from pipelines.escapes import tell
from pipelines.options import Parser

LEFT_OUT = {"help", "runner", "workers", "quiet", "verbose"}
"""Options that make no sense in a template: it is Dataflow's, on a machine that nobody looks at."""

_PATH = "[a-z][a-z0-9+.-]*://"
_PATHS = {"paramType": "TEXT", "regexes": [rf"^['\"]?{_PATH}\S.*$"]}
_FLAG = {"paramType": "BOOLEAN", "regexes": ["^(true|false)$"]}
_KINDS: dict[Any, dict[str, Any]] = {
    int: {"paramType": "NUMBER", "regexes": ["^[1-9][0-9]*$"]},
    float: {"paramType": "NUMBER", "regexes": [r"^(0|1|[01]?\.[0-9]+)$"]},
}
_KINDS_BY_METAVAR: dict[Any, dict[str, Any]] = {
    "ROOT": {"paramType": "GCS_WRITE_FOLDER", "regexes": [r"^gs://\S+$"]},
    "DIR": {"paramType": "TEXT", "regexes": [rf"^{_PATH}\S+$"]},
    "latest|DIR": {"paramType": "TEXT", "regexes": [rf"^(latest|{_PATH}\S+)$"]},
    "FILE": {"paramType": "GCS_READ_FILE", "regexes": [rf"^{_PATH}\S+$"]},
    "NAME": {"paramType": "TEXT", "regexes": ["^[A-Za-z0-9][A-Za-z0-9._-]*$"]},
    "CODES": {"paramType": "TEXT", "regexes": ["^[a-z-]+( *, *[a-z-]+)*$"]},
}


def main(launched: Sequence[str] | None = None) -> int:
    """Run the command as a launcher asks for it; give its exit code."""
    try:
        arguments = to_arguments(sys.argv[1:] if launched is None else launched)
    except UsageError as error:
        tell(str(error))
        return error.exit_code
    return cli.main(arguments)


def metadata() -> dict[str, Any]:
    """The template's metadata, as `gcloud dataflow flex-template build` takes it."""
    return {
        "name": "Tamis",
        "description": "Curates instruction-tuning datasets: filters, deduplicates, tags and reports.",
        "parameters": [_parameter(action) for action in _actions().values()],
    }


def _actions() -> Mapping[str, argparse.Action]:
    """The options that are parameters, by name."""
    commands = Parser(prog="tamis").add_subparsers(parser_class=Parser)
    curate.add(commands)
    found = commands.choices["curate"]._actions  # noqa: SLF001 — no public list
    return {action.dest: action for action in found if action.dest not in LEFT_OUT}


def _parameter(action: argparse.Action) -> dict[str, Any]:
    """What a console shows of an option, and what it takes."""
    text = str(action.help)
    described: dict[str, Any] = {
        "name": action.dest,
        "label": action.dest.replace("_", " ").capitalize(),
        "helpText": text[0].upper() + text[1:],
    }
    if action.nargs == "+":
        described["helpText"] += "; several with spaces between them"
    return described | {"isOptional": not action.required} | _kind(action)


def _kind(action: argparse.Action) -> dict[str, Any]:
    if action.choices is not None:
        options = [{"value": choice, "label": choice} for choice in action.choices]
        return {"paramType": "ENUM", "enumOptions": options}
    if action.nargs == 0:
        return _FLAG
    if action.nargs == "+":
        return _PATHS
    return _KINDS.get(action.type) or _KINDS_BY_METAVAR[action.metavar]


def to_parameters(arguments: Sequence[str]) -> dict[str, str]:
    """The parameters that stand for options of `tamis curate`.

    >>> to_parameters(["--input", "gs://b/a", "gs://b/my data", "--output=gs://b/out", "--save-rejects"])
    {'input': "gs://b/a 'gs://b/my data'", 'output': 'gs://b/out', 'save_rejects': 'true'}
    """
    parser = Parser(prog="tamis curate", add_help=False)
    for name, action in _actions().items():
        many = {"nargs": action.nargs} if action.nargs == "+" else {}
        chosen: dict[str, Any] = {"action": "store_true"} if action.nargs == 0 else many
        flag = action.option_strings[0]
        parser.add_argument(flag, dest=name, required=action.required, default=argparse.SUPPRESS, **chosen)
    found = vars(parser.parse_args(arguments))
    return {
        name: shlex.join(value) if isinstance(value, list) else "true" if value is True else value
        for name, value in found.items()
    }


def to_arguments(launched: Sequence[str]) -> list[str]:
    """Arguments of `tamis` for those that a launcher gives, each of the form `--name=value`.

    >>> to_arguments(["--input=gs://b/a gs://b/c", "--save_rejects=true", "--unit_bytes=5", "--region=r"])
    ... # doctest: +NORMALIZE_WHITESPACE
    ['curate', '--input', 'gs://b/a', 'gs://b/c', '--save-rejects', '--unit-bytes=5', '--region=r',
     '--runner=dataflow']
    """
    actions = _actions()
    arguments = ["curate"]
    for argument in launched:
        name, equals, value = argument.removeprefix("--").partition("=")
        action = actions.get(name.replace("-", "_"))
        if action is None or not equals:
            arguments.append(argument)
        else:
            arguments += _argument(action, value)
    named = any(re.match("--runner(=|$)", argument) for argument in launched)
    return arguments if named else [*arguments, "--runner=dataflow"]


def _argument(action: argparse.Action, value: str) -> Iterator[str]:
    flag = action.option_strings[0]
    if not value:  # what a console leaves empty
        return
    if action.nargs == "+":
        yield from (flag, *_split(flag, value))
    elif action.nargs != 0:
        yield f"{flag}={value}"
    elif value.lower() == "true":
        yield flag
    elif value.lower() != "false":
        raise UsageError(f"{flag} is true or false, found {value!r}")


def _split(flag: str, value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError as error:
        raise UsageError(f"{flag} {value}: {str(error).lower()}") from None
