"""Throughput of `tamis export` by template and format, on a release.

python bench/export.py RELEASE [--tokenizer FILE] [--workers 1] [--repeat 3]
"""

from __future__ import annotations

import argparse
import json
import sysconfig
import tempfile
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table
from watched import Usage, watch

from transforms.kernels.templates import TEMPLATES

KINDS = [(template, format_) for template in TEMPLATES for format_ in ("parquet", "jsonl")]


def main() -> None:
    """Run the rounds, one kind after another in each, and print the medians."""
    asked = _parser().parse_args()
    console = Console(highlight=False)
    trials: dict[tuple[str, str], list[Usage]] = {kind: [] for kind in KINDS}
    rows = 0
    for _ in range(asked.repeat):
        for kind in KINDS:
            usage, rows = _run(asked, *kind)
            trials[kind].append(usage)
    table = Table(title=f"{rows:,} rows", title_justify="left")
    for at, column in enumerate(("template", "format", "wall s", "CPU s", "rows a CPU s", "peak MB")):
        table.add_column(column, justify="right" if at > 1 else "left")
    for (template, format_), usages in trials.items():
        wall, cpu, peak = (
            median(getattr(usage, name) for usage in usages) for name in ("wall", "cpu", "peak")
        )
        table.add_row(
            template, format_, f"{wall:.2f}", f"{cpu:.2f}", f"{rows / cpu:,.0f}", f"{peak / 1e6:,.0f}"
        )
    console.print(table)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("release", help="folder of a release, or an output folder for its latest")
    parser.add_argument("--tokenizer", metavar="FILE", help="count tokens by this tokenizer.json")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes that work")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="rounds; medians are shown")
    return parser


def _run(asked: argparse.Namespace, template: str, format_: str) -> tuple[Usage, int]:
    """Export to a fresh folder; give what it took, and its rows."""
    tamis = str(Path(sysconfig.get_path("scripts")) / "tamis")
    with tempfile.TemporaryDirectory(prefix="tamis-bench-") as root:
        flags = ["--template", template, "--format", format_, "--workers", str(asked.workers)]
        flags += ["--tokenizer", asked.tokenizer] if asked.tokenizer else []
        usage = watch([tamis, "export", asked.release, "--output", f"{root}/export", *flags])
        manifest = json.loads((Path(root) / "export" / "export.json").read_text())
    return usage, manifest["counts"]["written"]


if __name__ == "__main__":
    main()
