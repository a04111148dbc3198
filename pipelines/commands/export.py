"""`tamis export`: rows of a release as files to train on."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pipelines.errors import PUBLISHED
from pipelines.options import Commands, add_command, read_share


def add(commands: Commands) -> None:
    """Add the command and its flags."""
    command = add_command(
        commands, "export", _export, help="write the rows of a release as files to train on"
    )
    flag = command.add_argument
    flag("release", metavar="DIR", help="folder of a release, or an output folder for its latest")
    flag("--output", required=True, metavar="FOLDER", help="a new folder for the files")
    flag(
        "--template",
        required=True,
        metavar="NAME|FILE",
        help="alpaca, default, chatml, messages, sharegpt or prompt-completion, or a Jinja file",
    )
    flag("--format", choices=("parquet", "jsonl"), default="parquet", help="kind of files (default: parquet)")
    flag(
        "--verdict",
        choices=("kept", "rejected", "duplicate"),
        default="kept",
        help="which rows: those that are kept (default), or some that were dropped",
    )
    flag("--eos", metavar="STRING", default="", help="text that ends every answer (default: none)")
    flag(
        "--tokenizer",
        metavar="FILE",
        help="a Hugging Face tokenizer.json to count tokens by (default: four characters are a token)",
    )
    flag("--max-tokens", type=int, metavar="N", help="the most tokens a row may have (default: any number)")
    flag(
        "--too-long",
        choices=("drop", "truncate"),
        default="drop",
        help="what becomes of a row with more tokens (default: drop)",
    )
    flag("--pack", type=int, metavar="LENGTH", help="say how many sequences of so many tokens the rows fill")
    flag("--validation", metavar="SHARE", help="hold out a share of the rows, such as 5%% (default: none)")
    flag("--seed", type=int, metavar="N", default=0, help="what rows are held out by (default: 0)")
    flag("--workers", type=int, metavar="N", help="processes that work (default: by the machine's cores)")


def _export(parsed: argparse.Namespace, rest: Sequence[str]) -> int:
    from pipelines.export import Request, export
    from pipelines.reach import reach
    from transforms.steps import storage

    reach(parsed, rest)
    request = Request(
        release=parsed.release,
        output=storage.trim(parsed.output),
        template=parsed.template,
        format=parsed.format,
        verdict=parsed.verdict,
        eos=parsed.eos,
        tokenizer=parsed.tokenizer,
        max_tokens=parsed.max_tokens,
        too_long=parsed.too_long,
        pack=parsed.pack,
        validation=0.0 if parsed.validation is None else read_share(parsed.validation, "--validation"),
        seed=parsed.seed,
        workers=parsed.workers,
    )
    export(request)
    return PUBLISHED
