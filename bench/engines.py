"""What each engine costs: `tamis curate` on every one in turns, beside the bare kernels of the same run.

python bench/engines.py --input GLOB... [--only NAME...] [--repeat 3] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bare import Costs, run_bare
from rich.console import Console
from rich.table import Table
from watched import Usage, watch

CLUSTER = "CLUSTER"
FIRST = "in-memory, 2 workers"
ENGINES: dict[str, Sequence[str]] = {
    FIRST: ["--workers", "2"],
    "in-memory, 1 worker": ["--workers", "1"],
    "prism": ["--runner", "prism", "--workers", "2"],
    "spark, local[2]": ["--runner", "spark", "--workers", "2"],
    "spark, two executors": ["--runner", "spark", "--spark-master", CLUSTER],
    "flink, local": ["--runner", "flink", "--workers", "2"],
}
MOST_SPARK = 2.5
"""The most that Spark's wall clock may be to that of the in-memory runner."""

_EXECUTORS_END_SECONDS = 5.0
STANDALONE = Path(__file__).parents[1] / "deploy" / "spark" / "standalone"


@dataclass(frozen=True)
class Turn:
    """Every engine once, and the bare kernels of the same minutes."""

    bare: Costs
    runs: Mapping[str, Usage]
    digests: frozenset[str]


def main() -> None:
    """Run the turns; print the medians."""
    asked = _parser().parse_args()
    console = Console(highlight=False)
    names = [name for name in ENGINES if not asked.only or name in {FIRST, *asked.only}]
    with _cluster(needed=any(CLUSTER in ENGINES[name] for name in names)) as cluster:
        turns = []
        for at in range(asked.repeat):
            turns.append(run_turn(asked.input, names, *cluster))
            walls = ", ".join(f"{name} {usage.wall:.1f} s" for name, usage in turns[-1].runs.items())
            console.print(f"[dim]{at + 1}/{asked.repeat}: {walls}", soft_wrap=True)
    console.print(table_of(names, turns))
    if asked.json:
        asked.json.write_text(json.dumps([{**asdict(turn), "digests": [*turn.digests]} for turn in turns]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--input", nargs="+", required=True, metavar="GLOB", help="Parquet files")
    add("--only", nargs="+", choices=ENGINES, metavar="NAME", help=f"beside {FIRST}: {', '.join(ENGINES)}")
    add("--repeat", type=int, default=3, metavar="N", help="turns; medians are shown")
    add("--json", type=Path, metavar="FILE", help="also write every turn's figures")
    return parser


@contextmanager
def _cluster(*, needed: bool) -> Iterator[tuple[str, Path]]:
    """Address and folder of a Spark cluster of two executors, up while the body runs."""
    if not needed:
        yield "", Path()
        return
    with tempfile.TemporaryDirectory(prefix="tamis-bench-") as folder:
        variables = {**os.environ, "STATE": f"{folder}/state", "PORT": "17077"}
        started = subprocess.run(
            [STANDALONE, "start", "2"], env=variables, capture_output=True, text=True, check=True
        )
        try:
            yield started.stdout.strip(), Path(folder, "state")
        finally:
            subprocess.run([STANDALONE, "stop"], env=variables, check=True)


def run_turn(inputs: Sequence[str], names: Sequence[str], address: str, state: Path) -> Turn:
    """One turn, each run in a fresh output folder, so that nothing is cached.

    A cluster's processes are not the command's children; its executors end with the job.

    Raises:
        SystemExit: two engines gave unlike releases.
    """
    tamis = str(Path(sysconfig.get_path("scripts")) / "tamis")
    runs, digests, bare = {}, set(), None
    for name in names:
        with tempfile.TemporaryDirectory(prefix="tamis-bench-") as root:
            flags = [address if flag == CLUSTER else flag for flag in ENGINES[name]]
            command = [tamis, "curate", "--input", *inputs, "--output", root, "--release", "bench", "--quiet"]
            before = _spent(state)
            runs[name] = watch([*command, *flags])
            if CLUSTER in ENGINES[name]:
                time.sleep(_EXECUTORS_END_SECONDS)
                runs[name].cpu += _spent(state) - before
            release = Path(root, "releases", "bench")
            digests.add(str(json.loads((release / "manifest.json").read_text())["digest"]))
            if bare is None:
                bare = run_bare(inputs, sorted(map(str, (release / "curated").glob("*.parquet"))), 2)
    if bare is None or len(digests) != 1:
        raise SystemExit(f"the engines' releases differ: {', '.join(sorted(digests))}")
    return Turn(bare, runs, frozenset(digests))


def table_of(names: Sequence[str], turns: Sequence[Turn]) -> Table:
    """Medians of each engine: wall clock, CPU of the machine, and both as ratios."""
    table = Table(title="One job on every engine", title_justify="left", caption_justify="left")
    bare = median(turn.bare.total for turn in turns)
    table.caption = f"kernels run bare: {bare:.1f} CPU s"
    for column in ("engine", "wall s", "times in memory", "from", "to", "CPU s", "times kernels", "peak MB"):
        table.add_column(column, justify="left" if column == "engine" else "right")
    for name in names:
        runs = [turn.runs[name] for turn in turns]
        walls = sorted(turn.runs[name].wall / turn.runs[FIRST].wall for turn in turns)
        kernels = [run.cpu / turn.bare.total for run, turn in zip(runs, turns, strict=True)]
        over = name.startswith("spark") and median(walls) > MOST_SPARK
        table.add_row(
            name,
            f"{median(run.wall for run in runs):.1f}",
            f"{median(walls):.2f}" + (" ✗" if over else ""),
            *(f"{wall:.2f}" for wall in (walls[0], walls[-1])),
            f"{median(run.cpu for run in runs):.1f}",
            f"{median(kernels):.2f}",
            f"{median(run.peak for run in runs) / 1e6:,.0f}",
        )
    return table


def _spent(folder: Path) -> float:
    """CPU seconds that a cluster's processes, and those they have seen end, have spent."""
    total = 0
    for file in folder.glob("*.pid"):
        fields = Path(f"/proc/{file.read_text().strip()}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
