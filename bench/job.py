"""Cost of `tamis curate` beside its kernels run bare, on the same input and in the same minute.

python bench/job.py --input GLOB... [--workers 1 2] [--repeat 3] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bare import KERNELS, ROWS, RULES, SHINGLED, TAGS, WORK, Costs, run_bare
from rich.console import Console
from rich.table import Table
from watched import Usage, watch

MB = 1e6


@dataclass(frozen=True)
class Trial:
    """The job run once, and the bare kernels right after it with as many processes."""

    workers: int
    bare: Costs
    job: Usage
    shuffled: int

    @property
    def ratio(self) -> float:
        """CPU seconds of the job to those of its kernels."""
        return self.job.cpu / self.bare.total

    def share(self, *kernels: str) -> float:
        """CPU seconds of some kernels to those of the job."""
        return sum(self.bare.seconds[kernel] for kernel in kernels) / self.job.cpu

    @property
    def wall_to_cpu(self) -> float:
        """Wall clock of the job to its CPU seconds."""
        return self.job.wall / self.job.cpu

    @property
    def shuffled_per_row(self) -> float:
        """Bytes in all shuffles for each input row."""
        return self.shuffled / self.bare.counts[ROWS]


@dataclass(frozen=True)
class Figure:
    """One line on the job: its name, its value in a trial, and the most it may be with so many workers."""

    name: str
    shown: str
    of: Callable[[Trial], float]
    target: float | None = None
    workers: int | None = None

    def aim(self, workers: int) -> float | None:
        """The target where it applies."""
        return self.target if self.workers in {None, workers} else None


FIGURES = (
    Figure("kernels run bare, CPU s", "{:.2f}", lambda trial: trial.bare.total),
    Figure("job, CPU s", "{:.2f}", lambda trial: trial.job.cpu),
    Figure("job to kernels", "{:.2f}", lambda trial: trial.ratio, 1.6),
    Figure("tags to job", "{:.3f}", lambda trial: trial.share(TAGS), 0.15),
    Figure("rules and tags to job", "{:.3f}", lambda trial: trial.share(RULES, TAGS)),
    Figure("job, wall s", "{:.2f}", lambda trial: trial.job.wall),
    Figure("others meanwhile, CPU s", "{:.2f}", lambda trial: trial.job.others),
    Figure("wall to CPU", "{:.2f}", lambda trial: trial.wall_to_cpu, 0.8, 2),
    Figure("peak memory, MB", "{:,.0f}", lambda trial: trial.job.peak / MB, 1600),
    Figure("shuffled, bytes a row", "{:.0f}", lambda trial: trial.shuffled_per_row, 400),
)


def main() -> None:
    """Run the trials, workers by workers and again, and print what they show."""
    asked = _parser().parse_args()
    console, trials = Console(highlight=False), []
    for turn in range(asked.repeat):
        for workers in asked.workers:
            trials.append(run_trial(asked.input, workers))
            done = f"{turn + 1}/{asked.repeat}, {_processes(workers)}"
            console.print(f"[dim]{done}: {_line(trials[-1])}", soft_wrap=True)
    for workers in asked.workers:
        chosen = [trial for trial in trials if trial.workers == workers]
        console.print(kernel_table(workers, chosen), job_table(workers, chosen))
    if asked.json:
        asked.json.write_text(json.dumps([_record(trial) for trial in trials], indent=2) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--input", nargs="+", required=True, metavar="GLOB", help="Parquet files")
    add("--workers", nargs="+", type=int, default=[1, 2], metavar="N", help="numbers of processes to try")
    add("--repeat", type=int, default=3, metavar="N", help="trials of each; medians are shown")
    add("--json", type=Path, metavar="FILE", help="also write every trial's figures")
    return parser


def run_trial(inputs: Sequence[str], workers: int) -> Trial:
    """One trial in a fresh output folder, so that nothing is cached."""
    tamis = str(Path(sysconfig.get_path("scripts")) / "tamis")
    with tempfile.TemporaryDirectory(prefix="tamis-bench-") as root:
        flags = ["--input", *inputs, "--output", root, "--release", "bench", "--workers", str(workers)]
        job = watch([tamis, "curate", *flags])
        record = json.loads(Path(root, "runs", "bench", "run.json").read_text())
        curated = sorted(map(str, Path(root, "releases", "bench", "curated").glob("*.parquet")))
        return Trial(workers, run_bare(inputs, curated, workers), job, record["shuffled_bytes"])


def kernel_table(workers: int, trials: Sequence[Trial]) -> Table:
    """Seconds of every kernel, and nanoseconds for each thing it works on."""
    counts = trials[0].bare.counts
    table = _table(f"Kernels run bare, {_processes(workers)}", "kernel", "CPU s", "work", "ns each")
    table.caption = f"{counts[ROWS]:,} rows, {counts[SHINGLED]:,} shingles"
    for kernel in KERNELS:
        seconds, work = median(trial.bare.seconds[kernel] for trial in trials), WORK[kernel]
        table.add_row(kernel, f"{seconds:.2f}", work, f"{seconds / counts[work] * 1e9:,.0f}")
    return table


def job_table(workers: int, trials: Sequence[Trial]) -> Table:
    """Median of every figure, its range, and its target with a tick or a cross."""
    table = _table(f"The job, {_processes(workers)}", "", "median", "from", "to", "target", "")
    for figure in FIGURES:
        values = sorted(figure.of(trial) for trial in trials)
        middle, aim = median(values), figure.aim(workers)
        shown = [figure.shown.format(value) for value in (middle, values[0], values[-1])]
        verdict = "" if aim is None else "[green]✓" if middle <= aim else "[red]✗"
        table.add_row(figure.name, *shown, "" if aim is None else f"≤ {aim:g}", verdict)
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left")
    for at, column in enumerate(columns):
        table.add_column(column, justify="left" if at == 0 or column == "work" else "right")
    return table


def _processes(workers: int) -> str:
    return "1 process" if workers == 1 else f"{workers} processes"


def _line(trial: Trial) -> str:
    shown = (f"{figure.name} {figure.shown.format(figure.of(trial))}" for figure in FIGURES)
    return "; ".join(shown)


def _record(trial: Trial) -> dict[str, object]:
    figures = {figure.name: figure.of(trial) for figure in FIGURES}
    return {
        "workers": trial.workers,
        "figures": figures,
        "bare": asdict(trial.bare),
        "job": asdict(trial.job),
    }


if __name__ == "__main__":
    main()
