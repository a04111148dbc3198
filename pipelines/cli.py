"""The `tamis` command."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipelines.errors import PUBLISHED, TamisError, UsageError
from pipelines.options import Parser, check_beam_flags, check_runner
from schemas.recipe import PROFILES, Recipe, RecipeError, built_in, json_schema, load_recipe, override, render


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; give its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    # Beam warns of what is not installed as soon as it is imported.
    logging.basicConfig(level=logging.INFO if "--verbose" in given else logging.ERROR)
    try:
        parsed, rest = _parser().parse_known_args(given)
        return int(parsed.handle(parsed, rest))
    except (TamisError, RecipeError) as error:
        for line in str(error).splitlines():
            print(f"tamis: {line}", file=sys.stderr)
        return getattr(error, "exit_code", UsageError.exit_code)
    except KeyboardInterrupt:
        print("tamis: stopped; nothing was published", file=sys.stderr)
        return 130


def _parser() -> Parser:
    parser = Parser(
        prog="tamis",
        description="Curate instruction-tuning datasets: filter, deduplicate, tag and report.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    _add_curate(commands)
    _add_recipe(commands)
    _add_explain(commands)
    _add_duplicates(commands)
    _add_sample(commands)
    return parser


def _add_curate(commands: argparse._SubParsersAction[Parser]) -> None:
    command = commands.add_parser(
        "curate",
        help="curate sharded Parquet into a release",
        description="Curate sharded Parquet into a release. Any Beam option may follow.",
        allow_abbrev=False,
    )
    command.set_defaults(handle=_curate, parser=command)
    add = command.add_argument
    add(
        "--input",
        nargs="+",
        metavar="GLOB",
        default=[],
        help="Parquet files, local or on any filesystem of Beam's",
    )
    add("--output", required=True, metavar="ROOT", help="folder of the releases")
    add(
        "--reference",
        nargs="+",
        metavar="GLOB",
        default=[],
        help="Parquet files whose rows outrank all others: a row like one of them is dropped",
    )
    add(
        "--benchmark",
        nargs="+",
        metavar="GLOB",
        default=[],
        help="Parquet files that models are tested on: a row that holds one of their examples is dropped",
    )
    add(
        "--previous",
        metavar="DIR",
        help="a release, or a folder of releases for its latest: rows it kept win ties",
    )
    add("--recipe", metavar="FILE", help="recipe in YAML (see 'tamis recipe')")
    add("--profile", choices=PROFILES, help="built-in recipe, in place of --recipe (default: default)")
    add("--release", metavar="NAME", help="name of the release (default: the next number)")
    add("--languages", metavar="CODES", help="keep rows whose instruction is in one of these, such as en,de")
    add("--threshold", type=float, help="similarity from which rows are near-duplicates (default: 0.8)")
    add("--save-rejects", action="store_true", help="also write the rejected and duplicate rows in full")
    add("--cache", metavar="DIR", help="folder of the verdict cache (default: ROOT/.cache)")
    add(
        "--workers",
        type=int,
        default=os.cpu_count() or 1,
        help="local processes (default: the machine's cores)",
    )
    add("--runner", help="Beam runner by name (default: in memory, on all workers)")
    add("--unit-bytes", type=int, metavar="N", help="bytes a worker reads at a time (default: 32 MiB)")
    add("--buckets", type=int, metavar="N", help="buckets of the shuffles (default: planned from the rows)")
    add(
        "--crowd-rows",
        type=int,
        metavar="N",
        help="rows of a component from which it is split over workers (default: 250,000)",
    )
    add("--quiet", action="store_true", help="show nothing but errors")
    add("--verbose", action="store_true", help="show what Beam and its workers log")


def _add_recipe(commands: argparse._SubParsersAction[Parser]) -> None:
    command = commands.add_parser(
        "recipe", help="print a recipe with a comment on every key", allow_abbrev=False
    )
    command.set_defaults(handle=_recipe, parser=command)
    command.add_argument("--profile", choices=PROFILES, default=PROFILES[0], help="which built-in recipe")
    command.add_argument(
        "--schema", action="store_true", help="print the JSON Schema that editors use instead"
    )


def _add_explain(commands: argparse._SubParsersAction[Parser]) -> None:
    command = commands.add_parser(
        "explain", help="say what happened to a row of a release, and why", allow_abbrev=False
    )
    command.set_defaults(handle=_explain, parser=command)
    command.add_argument(
        "release", metavar="DIR", help="folder of a release, or an output folder for its latest"
    )
    command.add_argument("record", metavar="RECORD", help="record id, or FILE:ROW, or SOURCE/FILE:ROW")


def _add_duplicates(commands: argparse._SubParsersAction[Parser]) -> None:
    command = commands.add_parser(
        "duplicates",
        help="list which rows of a release are duplicates of which, or try other thresholds",
        allow_abbrev=False,
    )
    command.set_defaults(handle=_duplicates, parser=command)
    add = command.add_argument
    add("release", metavar="DIR", help="folder of a release, or an output folder for its latest")
    add("--limit", type=int, metavar="N", default=10, help="clusters to list, largest first (default: 10)")
    add("--members", type=int, metavar="M", default=5, help="members to list of each (default: 5)")
    add("--json", action="store_true", help="print JSON")
    either = command.add_mutually_exclusive_group()
    either.add_argument("--parquet", metavar="FILE", help="write all clusters with all members to a new file")
    either.add_argument(
        "--what-if",
        metavar="THRESHOLDS",
        help="show what other thresholds would keep instead, such as 0.8,0.85,0.9",
    )


def _add_sample(commands: argparse._SubParsersAction[Parser]) -> None:
    command = commands.add_parser(
        "sample", help="write the sample dataset that the demo runs on", allow_abbrev=False
    )
    command.set_defaults(handle=_sample, parser=command)
    command.add_argument("folder", metavar="DIR", type=Path, help="folder to write to")


def _no_rest(parsed: argparse.Namespace, rest: Sequence[str]) -> None:
    if rest:
        parsed.parser.error(f"unrecognised arguments: {' '.join(rest)}")


def recipe_of(parsed: argparse.Namespace) -> Recipe:
    """The recipe that the flags of `tamis curate` ask for."""
    if parsed.recipe and parsed.profile:
        raise UsageError("--recipe and --profile exclude each other; a recipe names its own profile")
    recipe = _read_recipe(parsed.recipe) if parsed.recipe else built_in(parsed.profile or PROFILES[0])
    changes = dict(_sets_of(parsed, recipe))
    if parsed.languages is not None:
        codes = [code.strip() for code in parsed.languages.split(",")]
        changes |= {"language.keep": codes, "language.enabled": True, "rules.language.action": "reject"}
    if parsed.threshold is not None:
        changes["dedup.threshold"] = parsed.threshold
    if parsed.save_rejects:
        changes["output.save_rejects"] = True
    recipe = override(recipe, changes, where="flags")
    if not recipe.sources:
        raise UsageError("there is nothing to read: give --input, or sources in a recipe")
    return recipe


def _sets_of(parsed: argparse.Namespace, recipe: Recipe) -> Iterator[tuple[str, object]]:
    """Each key of the recipe whose files a flag names instead, with the one set that it names."""
    for flag, key in (("input", "sources"), ("reference", "references"), ("benchmark", "benchmarks")):
        globs = getattr(parsed, flag)
        if globs and getattr(recipe, key):
            raise UsageError(f"--{flag} and the recipe's {key} exclude each other")
        if globs:
            yield key, [{"name": flag, "input": globs}]


def _read_recipe(path: str) -> Recipe:
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"{path}: the recipe cannot be read: {reason}") from None
    return load_recipe(text, where=path)


def _curate(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines.planning import UNIT_BYTES
    from pipelines.run import Request, run
    from schemas.plan import CROWD_ROWS

    for name in ("workers", "unit_bytes", "buckets", "crowd_rows"):
        value = getattr(parsed, name)
        if value is not None and value < 1:
            raise UsageError(f"--{name.replace('_', '-')} takes a whole number from 1, found {value}")
    check_beam_flags(rest, parsed.parser)
    if parsed.runner is not None:
        check_runner(parsed.runner)
    request = Request(
        recipe=recipe_of(parsed),
        output=parsed.output,
        release=parsed.release,
        previous=parsed.previous,
        cache=parsed.cache,
        workers=parsed.workers,
        runner=parsed.runner,
        beam=rest,
        unit_bytes=parsed.unit_bytes or UNIT_BYTES,
        buckets=parsed.buckets,
        crowd_rows=parsed.crowd_rows or CROWD_ROWS,
        quiet=parsed.quiet,
        verbose=parsed.verbose,
    )
    outcome, places = run(request)
    if not parsed.quiet:
        _show(outcome.report, places.release_folder)
    return PUBLISHED


def _show(report: str, folder: str) -> None:
    from rich.console import Console

    from pipelines.report import summarise
    from schemas.report import Report

    console = Console(highlight=False)
    found = Report.model_validate_json(report)
    console.print(summarise(found))
    console.print(f"\nrelease  {folder}\nreport   {folder}/report/report.html", soft_wrap=True)
    console.print(f"digest   {found.digest}\ncontent  {found.content_digest}", soft_wrap=True)


def _recipe(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    import json

    _no_rest(parsed, rest)
    text = json.dumps(json_schema(), indent=2) + "\n" if parsed.schema else render(built_in(parsed.profile))
    sys.stdout.write(text)
    return PUBLISHED


def _explain(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines.explain import explain

    _no_rest(parsed, rest)
    explain(parsed.release, parsed.record)
    return PUBLISHED


def _duplicates(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines.duplicates import Question, list_duplicates

    _no_rest(parsed, rest)
    for name in ("limit", "members"):
        if getattr(parsed, name) < 0:
            raise UsageError(f"--{name} takes a whole number from 0, found {getattr(parsed, name)}")
    question = Question(
        release=parsed.release,
        limit=parsed.limit,
        members=parsed.members,
        what_if=parsed.what_if,
        parquet=parsed.parquet,
        json=parsed.json,
    )
    list_duplicates(question)
    return PUBLISHED


def _sample(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines.sample import write_sample

    _no_rest(parsed, rest)
    write_sample(parsed.folder)
    print(f"sample data is in {parsed.folder}")
    return PUBLISHED


if __name__ == "__main__":
    sys.exit(main())
