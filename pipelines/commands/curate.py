"""`tamis curate`: files of Parquet or JSON Lines in, a release out."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from pipelines.errors import PUBLISHED, UsageError
from pipelines.escapes import escape, tell
from pipelines.options import Commands, add_command, add_files, read_beam_flags
from pipelines.recipe_flags import add_recipe_flags, recipe_of


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    command = add_command(
        commands,
        "curate",
        _curate,
        help="curate Parquet and JSON Lines into a release",
        description="Curate files of Parquet and JSON Lines into a release.",
        epilog="Any option of Beam's may follow, such as --spark-master spark://host:7077.",
    )
    _add_files(command.add_argument)
    _add_choices(command.add_argument)
    _add_work(command.add_argument)


def _add_files(flag: Callable[..., object]) -> None:
    """What is read, and what is written where."""
    add_files(
        flag,
        "--input",
        "files of Parquet or JSON Lines, or a dataset's folder, local or on any filesystem of Beam's",
    )
    flag("--output", required=True, metavar="ROOT", help="folder of the releases")
    add_files(flag, "--reference", "files whose rows outrank all others: a row like one of them is dropped")
    add_files(
        flag,
        "--benchmark",
        "files that models are tested on: a row that holds one of their examples is dropped",
    )
    flag(
        "--previous",
        metavar="latest|DIR",
        help="the release to follow, the latest of ROOT or one in another folder: rows it kept outrank all "
        "new ones, what it removed stays removed, and the report says what moved since (default: none)",
    )
    add_files(
        flag,
        "--remove",
        "takedown lists: record ids, or patterns of source, file and row, one a line",
        metavar="FILE",
    )
    flag("--keep", type=int, metavar="N", help="once published, delete all but the N newest releases")


def _add_choices(flag: Callable[..., object]) -> None:
    """What is kept."""
    add_recipe_flags(flag)
    flag("--release", metavar="NAME", help="name of the release (default: the next number)")
    flag("--threshold", type=float, help="similarity from which rows are near-duplicates (default: 0.8)")
    flag("--top", type=int, metavar="N", help="keep only the N rows that score best")
    flag("--save-rejects", action="store_true", help="also write the rejected and duplicate rows in full")


def _add_work(flag: Callable[..., object]) -> None:
    """How it is worked out."""
    flag("--cache", metavar="DIR", help="folder of the verdict cache (default: ROOT/.cache)")
    flag(
        "--workers",
        type=int,
        metavar="N",
        help="processes that work, on this machine or on each of a cluster (default: by its cores)",
    )
    flag(
        "--runner",
        metavar="NAME",
        help="in-memory (default), prism, spark, flink, dataflow, or any runner of Beam's",
    )
    flag("--unit-bytes", type=int, metavar="N", help="bytes a worker reads at a time (default: 32 MiB)")
    flag("--buckets", type=int, metavar="N", help="buckets of the shuffles (default: planned from the rows)")
    flag(
        "--crowd-rows",
        type=int,
        metavar="N",
        help="rows of a component from which it is split over workers (default: 250,000)",
    )
    flag("--quiet", action="store_true", help="show nothing but errors")
    flag("--verbose", action="store_true", help="show what Beam and its workers log")


def _curate(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines.planning import UNIT_BYTES
    from pipelines.run import Request, run
    from schemas.plan import CROWD_ROWS

    for name in ("workers", "unit_bytes", "buckets", "crowd_rows", "keep"):
        value = getattr(parsed, name)
        if value is not None and value < 1:
            raise UsageError(f"--{name.replace('_', '-')} takes a whole number from 1, found {value}")
    flags, given = read_beam_flags(rest, parsed.parser)
    request = Request(
        recipe=recipe_of(parsed),
        output=parsed.output,
        release=parsed.release,
        previous=parsed.previous,
        remove=parsed.remove,
        keep=parsed.keep,
        cache=parsed.cache,
        workers=parsed.workers,
        runner=parsed.runner,
        beam=flags,
        given=given,
        unit_bytes=parsed.unit_bytes or UNIT_BYTES,
        buckets=parsed.buckets,
        crowd_rows=parsed.crowd_rows or CROWD_ROWS,
        quiet=parsed.quiet,
        verbose=parsed.verbose,
    )
    outcome, places = run(request)
    if outcome.status != "published":
        print(escape(outcome.message))
    elif not parsed.quiet:
        _show(outcome.report, places.release_folder)
    if outcome.status == "published" and outcome.message:
        tell(outcome.message)
    return PUBLISHED


def _show(report: str, folder: str) -> None:
    from pipelines.report import summarise
    from pipelines.terminal import open_console
    from schemas.report import Report

    console = open_console()
    found = Report.model_validate_json(report)
    console.print(summarise(found))
    console.print(f"\nrelease  {folder}\nreport   {folder}/report/report.html", soft_wrap=True)
    console.print(f"digest   {found.digest}\ncontent  {found.content_digest}", soft_wrap=True)
