"""Cost of a refresh beside the first run: nothing changed, texts of a file, all of them, a threshold.

python bench/refresh.py --input GLOB... [--share 0.02] [--repeat 3] [--json FILE]

Every refresh starts from a copy of the first run's output folder; its parts are compared with those that the
same command makes with an empty cache.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from statistics import median

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table
from watched import watch

from transforms.steps import storage

TAMIS = str(Path(sysconfig.get_path("scripts")) / "tamis")
PARTS = ("curated", "verdicts", "duplicates")


@dataclass(frozen=True)
class Case:
    """A kind of refresh: what share of the rows of a file change, in which fields, and what else is asked."""

    name: str
    share: float = 0.0
    fields: tuple[str, ...] = ("output",)
    flags: tuple[str, ...] = ()


def cases(share: float) -> list[Case]:
    """The kinds of refresh that are measured."""
    return [
        Case("nothing changed"),
        Case(f"{share:.0%} of the answers of one file", share),
        Case("all answers of one file", 1.0),
        Case("all prompts and answers of one file", 1.0, ("instruction", "output")),
        Case("another threshold", flags=("--threshold", "0.85")),
    ]


def curate(inputs: Path, output: Path, *flags: str) -> float:
    """CPU seconds of a run."""
    command = [TAMIS, "curate", "--input", f"{inputs}/*.parquet", "--output", str(output), "--quiet", *flags]
    return watch(command).cpu


def change(path: Path, kind: Case, seed: int) -> None:
    """Add words to some texts of a share of a file's rows."""
    table, rng = pq.read_table(path), Random(seed)  # noqa: S311 — seeded on purpose
    group = pq.ParquetFile(path).metadata.row_group(0).num_rows
    changed = [rng.random() < kind.share for _ in range(len(table))]
    for name in kind.fields:
        texts = zip(table[name].to_pylist(), changed, strict=True)
        longer = [f"{text or ''} Indeed so." if more else text for text, more in texts]
        at = table.column_names.index(name)
        table = table.set_column(at, name, pa.array(longer, table.schema.field(name).type))
    pq.write_table(table, path, compression="zstd", row_group_size=group)


def measure(inputs: Sequence[str], kinds: Sequence[Case], folder: Path, seed: int) -> Iterator[float]:
    """CPU seconds of a first run and then of each refresh, in fresh copies of its folders."""
    copies = folder / "input"
    copies.mkdir(parents=True)
    for path in inputs:
        shutil.copy(path, copies)
    yield curate(copies, folder / "first")
    for kind in kinds:
        output = folder / "refresh"
        shutil.copytree(folder / "first", output, symlinks=True)
        middle = sorted(copies.iterdir())[len(inputs) // 2]
        whole = middle.read_bytes()
        if kind.share:
            change(middle, kind, seed)
        run = partial(curate, copies, output, "--previous", str(folder / "first/releases/0001"), *kind.flags)
        yield run()
        run("--cache", str(folder / "empty"))
        compare(output, kind)
        middle.write_bytes(whole)
        shutil.rmtree(output)
        shutil.rmtree(folder / "empty", ignore_errors=True)


def compare(output: Path, kind: Case) -> None:
    """See that the refresh is what the same command makes with an empty cache."""
    for path in sorted((output / "releases" / "0002").rglob("*.parquet")):
        other = output / "releases" / "0003" / path.relative_to(output / "releases" / "0002")
        if path.read_bytes() != other.read_bytes():
            sys.exit(f"{kind.name}: {path} differs from {other}")


def main() -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--input", nargs="+", required=True, metavar="GLOB")
    parser.add_argument("--share", type=float, default=0.02)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", metavar="FILE")
    given = parser.parse_args()
    inputs = [path for pattern in given.input for path, _ in storage.find(pattern)]
    kinds, rows = cases(given.share), []
    for seed in range(given.repeat):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(list(measure(inputs, kinds, Path(folder), seed)))
    table = Table("", "CPU s", "to the first run", box=None)
    for at, name in enumerate(["first run", *(kind.name for kind in kinds)]):
        share = median(row[at] / row[0] for row in rows)
        table.add_row(name, f"{median(row[at] for row in rows):.1f}", f"{share:.1%}")
    Console(highlight=False).print(table)
    if given.json:
        Path(given.json).write_text(json.dumps(rows), "utf-8")


if __name__ == "__main__":
    main()
