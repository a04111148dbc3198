"""How the cost of the deduplication stage grows with the rows, on keys alone.

python bench/growth.py [--rows 100000 1000000 10000000] [--workers W] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from watched import Usage, watch

ROWS = (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
EXPONENT = 1.05
_START_ROWS = 1000
MB = 1e6


@dataclass(frozen=True)
class Point:
    """One run: its rows, what it used, and what it found."""

    rows: int
    usage: Usage
    figures: dict[str, Any]


def main() -> None:
    """Run every size, print the curve and its exponents."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", nargs="+", type=int, default=ROWS, metavar="N", help="sizes to run")
    parser.add_argument("--workers", type=int, default=1, metavar="W", help="local processes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure")
    asked = parser.parse_args()
    console, points = Console(highlight=False), []
    start = run(_START_ROWS, asked.workers)
    for rows in sorted(asked.rows):
        points.append(run(rows, asked.workers))
        console.print(f"[dim]{rows:,} rows: {points[-1].usage.cpu:.1f} CPU s", soft_wrap=True)
    console.print(show(points, start))
    console.print(f"starting up: {start.usage.cpu:.1f} CPU s, left out of the exponents")
    for name, chosen in {"all sizes": points, "the last two": points[-2:]}.items():
        value = exponent(chosen, start)
        console.print(
            f"exponent over {name}: {value:.3f} {'✓' if value <= EXPONENT else '✗'} (at most {EXPONENT})"
        )
    if asked.json:
        asked.json.write_text(json.dumps([asdict(point) for point in (start, *points)], indent=2) + "\n")


def run(rows: int, workers: int) -> Point:
    """One run in a process of its own."""
    script = str(Path(__file__).with_name("dedup_alone.py"))
    with NamedTemporaryFile("r", prefix="tamis-bench-") as found:
        command = [sys.executable, script, "--rows", str(rows), "--workers", str(workers), "--to", found.name]
        usage = watch(command)
        return Point(rows, usage, json.loads(found.read()))


def exponent(points: Sequence[Point], start: Point) -> float:
    """Slope of CPU seconds over rows, both as logarithms, without what every run costs to start."""
    if len(points) < 2:
        return math.nan
    seconds = [max(point.usage.cpu - start.usage.cpu, 1e-3) for point in points]
    return float(np.polyfit(np.log([point.rows for point in points]), np.log(seconds), 1)[0])


def show(points: Sequence[Point], start: Point) -> Table:
    """The curve as a table."""
    names = (
        "rows",
        "CPU s",
        "µs/row",
        "wall s",
        "peak MB",
        "peak B/row",
        "shuffled B/row",
        "fallen",
        "found",
    )
    table = Table(title="Deduplication alone", title_justify="left")
    for name in names:
        table.add_column(name, justify="right")
    for point in points:
        usage, found, expected = point.usage, point.figures["found"], point.figures["expected"]
        if found["copies"] != expected["copies"] or found["fallen"] > expected["fallen"]:
            raise SystemExit(f"{point.rows:,} rows: found {found}, expected {expected}")
        table.add_row(
            f"{point.rows:,}",
            f"{usage.cpu:.1f}",
            f"{(usage.cpu - start.usage.cpu) / point.rows * 1e6:.1f}",
            f"{usage.wall:.1f}",
            f"{usage.peak / MB:,.0f}",
            f"{(usage.peak - start.usage.peak) / point.rows:,.0f}",
            f"{point.figures['shuffled'] / point.rows:.0f}",
            f"{found['fallen']:,}",
            f"{found['fallen'] / expected['fallen']:.2%}",
        )
    return table


if __name__ == "__main__":
    main()
