"""The `tamis` command."""

from __future__ import annotations

import errno
import gc
import logging
import os
import sys
import warnings
from collections.abc import Sequence

from pipelines.commands import (
    audit,
    cache,
    curate,
    diff,
    duplicates,
    explain,
    export,
    prune,
    publish,
    recipe,
    report,
    sample,
    unlock,
    verify,
)
from pipelines.errors import FAILED, STOPPED, TamisError, UsageError
from pipelines.escapes import tell
from pipelines.footprint import settle_in
from pipelines.options import Parser, ShowVersion, refuse_empty
from schemas.recipe import RecipeError
from transforms.steps.stores.errors import FULL, StoreError, sentence_of

_COMMANDS = (
    *(curate, audit, recipe, explain, report, duplicates, diff, export),
    *(verify, publish, prune, cache, unlock, sample),
)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
_OTHERWISE = (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)
_OF_THE_MACHINE = {*FULL, *_DENIED, *_OTHERWISE, errno.EIO, errno.EMFILE, errno.ENFILE}
_COLLECT_AT = 500_000
"""Objects made before Python looks for cycles: importing Beam makes half a million that stay."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; give its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    gc.set_threshold(_COLLECT_AT)
    settle_in()
    # Beam warns of what is not installed as soon as it is imported.
    logging.basicConfig(level=logging.INFO if "--verbose" in given else logging.ERROR)
    # So do Google's packages, of Python versions that they will not support.
    warnings.filterwarnings("ignore", "You are using a (non-supported )?Python version", FutureWarning)
    try:
        parsed, rest = _parser().parse_known_args(given)
        refuse_empty(parsed)
        return int(parsed.handle(parsed, rest))
    except (TamisError, RecipeError, StoreError) as error:
        tell(str(error))
        return getattr(error, "exit_code", UsageError.exit_code)
    except KeyboardInterrupt:
        tell("stopped")
        return STOPPED
    except BrokenPipeError:
        # Whoever read has had enough. Python would write the rest as it ends, and fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        # Where no temporary folder can be written to, Python names no file that is not found.
        unplaced = isinstance(error, FileNotFoundError) and error.filename is None
        if error.errno not in _OF_THE_MACHINE and not unplaced:
            raise
        tell(sentence_of(error))
        return FAILED


def _parser() -> Parser:
    parser = Parser(
        prog="tamis",
        description="Curate instruction-tuning datasets: filter, deduplicate, tag and report.",
    )
    parser.add_argument("--version", action=ShowVersion, nargs=0, help="print the version and end")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    for command in _COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
