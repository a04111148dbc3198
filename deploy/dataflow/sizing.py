"""Machines for a number of rows: the table in README.md.

    python3 deploy/dataflow/sizing.py [ROWS ...]

What is counted comes from docs/benchmarks.md and docs/decisions/0001 and 0009; beyond ten million rows it is
reckoned, not run.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

ROWS_OF_UNIT, ROWS_OF_BUCKET, MOST_BUCKETS = 44_000, 500_000, 4096
CPU_OF_ROW = 133e-6 * 2
"""Seconds of the whole job for a row, doubled for the engine."""

SHUFFLED, SHINGLES = 384, 182
"""Bytes a row on the benchmark, and of these shingle sets, which double as more rows share bands."""

FOREST = 60
"""Bytes an input row that the one worker holds that merges the forests of candidates."""

DISTINCT, BANDS, BAND_BYTES = 0.635, 21, 16 * 4
"""Share of rows that are no copies, bands of each, and bytes of a band in work."""

PARTITION = 1e9
"""Bytes of a component of 250,000 rows in work, beyond which components are split."""

PROCESS, SYSTEM = 0.3e9, 1e9
"""Bytes of an SDK worker that has loaded everything, and of what else runs on a machine."""

UNITS_OF_CORE, MOST_CORES = 32, 256
PER_CORE_HOUR, PER_GB_HOUR, PER_SHUFFLED_GB = 0.056, 0.0036, 0.011
"""List prices in dollars as of writing."""


@dataclass(frozen=True)
class Machine:
    """A kind of machine."""

    name: str
    cores: int
    memory: float


MACHINES = (
    Machine("n2-standard-4", 4, 16e9),
    Machine("n2-standard-8", 8, 32e9),
    Machine("n2-highmem-8", 8, 64e9),
    Machine("n2-highmem-16", 16, 128e9),
)


def work_of_core(rows: int) -> float:
    """Bytes that one SDK worker needs: a bucket of bands or a partition, whichever is larger."""
    buckets = min(MOST_BUCKETS, math.ceil(rows / ROWS_OF_BUCKET))
    return PROCESS + max(rows / buckets * DISTINCT * BANDS * BAND_BYTES, PARTITION)


def memory(rows: int, cores: int) -> float:
    """Bytes that a machine needs on which the forests are merged while its other cores work."""
    return SYSTEM + cores * work_of_core(rows) + FOREST * rows


def machine_for(rows: int) -> Machine | None:
    """The smallest machine that the rows fit on; None where there is none."""
    return next((each for each in MACHINES if memory(rows, each.cores) <= each.memory), None)


def machines_for(rows: int, machine: Machine) -> int:
    """As many as have some minutes of work for each core."""
    cores = min(MOST_CORES, math.ceil(rows / ROWS_OF_UNIT / UNITS_OF_CORE))
    return max(1, math.ceil(cores / machine.cores))


def cells(rows: int) -> Iterator[str]:
    """One row of the table."""
    hours, shuffled = rows * CPU_OF_ROW / 3600, rows * (SHUFFLED + SHINGLES)
    yield f"{rows:,}"
    yield f"{math.ceil(rows / ROWS_OF_UNIT):,}"
    yield f"{shuffled / 1e9:,.0f} GB"
    yield f"{FOREST * rows / 1e9:,.1f} GB"
    machine = machine_for(rows)
    if machine is None:
        yield from ("none", "", "", f"{hours:,.1f}", "", "")
        return
    count = machines_for(rows, machine)
    price = hours * (PER_CORE_HOUR + PER_GB_HOUR * machine.memory / 1e9 / machine.cores)
    yield machine.name
    yield f"{memory(rows, machine.cores) / 1e9:,.0f} of {machine.memory / 1e9:,.0f} GB"
    yield f"{count}"
    yield f"{hours:,.1f}"
    yield f"{hours * 60 / (count * machine.cores):,.0f} min"
    yield f"${price + shuffled / 1e9 * PER_SHUFFLED_GB:,.2f}"


def table(sizes: Iterable[int]) -> str:
    """The table for some numbers of rows, in Markdown."""
    heads = "rows, units, shuffled, merging the forests, machine, in use, machines, CPU hours, at work, about"
    names = heads.split(", ")
    lines = [names, ["---:" if name != "machine" else "---" for name in names]]
    lines += [list(cells(rows)) for rows in sizes]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    print(table([int(float(rows)) for rows in sys.argv[1:]] or [10**7, 10**8, 10**9]), end="")
