"""Throughput of `tamis curate` by the kind of its input: the same rows in every file format and schema.

python bench/formats.py --input GLOB... [--repeat 3] [--workers 1] [--json FILE]

The input is Parquet with `instruction`, `input` and `output`; all of it is written anew in each format.
"""

from __future__ import annotations

import argparse
import json
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table
from watched import Usage, watch

from schemas.example import FIELDS
from transforms.steps import storage

FLAT, LEAST = "Parquet, flat", 0.5


def main() -> None:
    """Run the rounds, one format after another in each, and print throughput beside that of flat Parquet."""
    asked = _parser().parse_args()
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="tamis-bench-") as folder:
        characters = _write_all(asked.input, Path(folder))
        trials: dict[str, list[Usage]] = {name: [] for name in WRITERS}
        for turn in range(asked.repeat):
            for name in WRITERS:
                trials[name].append(_run(Path(folder) / _slug(name), asked.workers))
                console.print(f"[dim]{turn + 1}/{asked.repeat}, {name}: {trials[name][-1].cpu:.2f} CPU s")
    console.print(_table(trials, characters))
    if asked.json:
        figures = {name: [usage.cpu for usage in usages] for name, usages in trials.items()}
        asked.json.write_text(json.dumps({"characters": characters, "cpu": figures}, indent=2) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--input", nargs="+", required=True, metavar="GLOB", help="Parquet files")
    add("--workers", type=int, default=1, metavar="N", help="processes that work")
    add("--repeat", type=int, default=3, metavar="N", help="rounds; medians are shown")
    add("--json", type=Path, metavar="FILE", help="also write every round's figures")
    return parser


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower())


def as_messages(rows: pa.Table) -> pa.Table:
    """The same rows as conversations of one question and one answer."""
    asked = [
        "\n".join(filter(None, pair))
        for pair in zip(rows["instruction"].to_pylist(), rows["input"].to_pylist(), strict=True)
    ]
    answers = rows["output"].to_pylist()
    turns = [
        [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        for question, answer in zip(asked, answers, strict=True)
    ]
    return pa.table({"messages": turns})


def write_parquet(rows: pa.Table, path: Path) -> None:
    """Write rows as Parquet."""
    pq.write_table(rows, f"{path}.parquet", row_group_size=8192, compression="zstd")


def write_lines(rows: pa.Table, path: Path, codec: str | None = None) -> None:
    """Write rows as JSON Lines."""
    name = f"{path}.jsonl" + (".gz" if codec else "")
    with pa.CompressedOutputStream(name, codec) if codec else pa.OSFile(name, "wb") as file:
        for batch in rows.to_batches(8192):
            file.write(
                "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in batch.to_pylist()).encode()
            )


WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {
    FLAT: write_parquet,
    "JSON Lines, flat": write_lines,
    "JSON Lines, flat, gzip": lambda rows, path: write_lines(rows, path, "gzip"),
    "Parquet, messages": lambda rows, path: write_parquet(as_messages(rows), path),
    "JSON Lines, messages": lambda rows, path: write_lines(as_messages(rows), path),
}


def _write_all(patterns: Sequence[str], folder: Path) -> int:
    """Write the input in every format, a file for a file; give its characters."""
    paths = [path for pattern in patterns for path, _ in storage.find(pattern)]
    characters = 0
    for at, path in enumerate(paths):
        rows = pq.read_table(path, columns=list(FIELDS))
        characters += sum(pc.sum(pc.utf8_length(rows[name])).as_py() or 0 for name in FIELDS)
        for name, write in WRITERS.items():
            target = folder / _slug(name) / f"part-{at:05d}"
            target.parent.mkdir(exist_ok=True)
            write(rows, target)
    return characters


def _run(inputs: Path, workers: int) -> Usage:
    """Curate in a fresh output folder, so that nothing is cached."""
    tamis = str(Path(sysconfig.get_path("scripts")) / "tamis")
    with tempfile.TemporaryDirectory(prefix="tamis-bench-") as root:
        flags = ["--input", f"{inputs}/*", "--output", root, "--workers", str(workers), "--quiet"]
        return watch([tamis, "curate", *flags])


def _table(trials: dict[str, list[Usage]], characters: int) -> Table:
    """Median CPU seconds, characters a second, and how they stand to flat Parquet in the same round."""
    table = Table(title=f"Input of {characters:,} characters", title_justify="left")
    for at, column in enumerate(("input", "CPU s", "M characters a CPU s", "to flat Parquet", "target", "")):
        table.add_column(column, justify="right" if at else "left")
    for name, usages in trials.items():
        seconds = median(usage.cpu for usage in usages)
        ratio = median(flat.cpu / own.cpu for flat, own in zip(trials[FLAT], usages, strict=True))
        verdict = "[green]✓" if ratio >= LEAST else "[red]✗"
        shown = [f"{seconds:.2f}", f"{characters / seconds / 1e6:.2f}", f"{ratio:.2f}"]
        table.add_row(name, *shown, *(["", ""] if name == FLAT else [f"≥ {LEAST:g}", verdict]))
    return table


if __name__ == "__main__":
    main()
