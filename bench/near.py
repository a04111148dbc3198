"""Near-duplicates beside the peers: speed of shingles, signatures and verification; right and wrong drops.

python bench/near.py --input GLOB... [--only speed verification drops] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from clock import nanoseconds, ratios
from drops import Judged, judge_tools
from rich.console import Console
from rich.table import Table
from sample import draw_rows, joined_text, read_rows, two_parts
from speed import BOTH, DATASKETCH, MINHASH, OURS, PEERS, RENSA, SHINGLES, Speed, measure_speed, name_task
from verification import KERNEL, PLAIN, Verification, measure_verification

PARTS = ("speed", "verification", "drops")
AT_MOST = {SHINGLES: 120.0, MINHASH: 150.0}
"""Nanoseconds that our steps may take a shingle."""

AT_LEAST = {RENSA: 3.0, DATASKETCH: 20.0}
"""Times that a peer's CPU seconds are to be ours."""

MICROSECONDS = 5.0
"""That a candidate pair may take."""


@dataclass(frozen=True)
class Findings:
    """What was asked for and measured."""

    speed: Speed | None = None
    verification: Verification | None = None
    drops: Judged | None = None


def main() -> None:
    """Measure what is asked for, and print it."""
    asked = _parser().parse_args()
    console, found = Console(highlight=False), Findings()
    rows = read_rows(asked.input)
    if "speed" in asked.only:
        speed = measure_speed(joined_text(draw_rows(rows, asked.rows, asked.seed)), asked.repeat)
        found = replace(found, speed=speed)
        console.print(speed_table(speed))
    if "verification" in asked.only:
        texts = two_parts(rows)
        verification = measure_verification(texts, asked.threshold, asked.pairs, asked.seed, asked.repeat)
        found = replace(found, verification=verification)
        console.print(verification_table(verification))
    if "drops" in asked.only:
        drops = judge_tools(draw_rows(rows, asked.judged, asked.seed), asked.threshold, asked.datatrove)
        found = replace(found, drops=drops)
        console.print(drops_table(drops))
    if asked.json:
        asked.json.write_text(json.dumps(_record(asked, found), indent=2) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--input", nargs="+", required=True, metavar="GLOB", help="Parquet files")
    add("--only", nargs="+", choices=PARTS, default=PARTS, help="what to measure; everything by default")
    add("--rows", type=int, default=6000, metavar="N", help="rows drawn to time shingles and signatures on")
    add("--pairs", type=int, default=20_000, metavar="N", help="candidate pairs drawn for plain numpy")
    add("--judged", type=int, default=20_000, metavar="N", help="rows drawn to judge drops on")
    add("--threshold", type=float, default=0.8, metavar="T", help="least similarity of near-duplicates")
    add("--seed", type=int, default=1, metavar="N", help="of everything drawn")
    add("--repeat", type=int, default=7, metavar="N", help="rounds of everything timed; medians are shown")
    add("--datatrove", metavar="PYTHON", help="a Python that has datatrove[processing] and spacy")
    add("--json", type=Path, metavar="FILE", help="also write every figure")
    return parser


def speed_table(speed: Speed) -> Table:
    """Nanoseconds a shingle of every task, and its seconds to ours on the same texts."""
    table = _table(
        "Texts to signatures", "", "split at", "ns a shingle", "times ours", "from", "to", "aim", ""
    )
    table.caption = f"{speed.rows:,} texts, {speed.ours:,} shingles of ours; CPU time, one thread"
    for name in OURS:
        took, aim = nanoseconds(speed.seconds, name, speed.ours), AT_MOST.get(name)
        met = None if aim is None else took <= aim
        table.add_row(name, "", f"{took:.0f}", *_times(speed, name), _aim("≤", aim, " ns"), _mark(met=met))
    for split, count in speed.splits.items():
        table.add_section()
        for peer in (SHINGLES, *PEERS):
            name = name_task(peer, split)
            took = nanoseconds(speed.seconds, name, count)
            aim = next((least for maker, least in AT_LEAST.items() if peer.startswith(maker)), None)
            met = None if aim is None else median(ratios(speed.seconds, name, BOTH)) >= aim
            cells = (peer, split, f"{took:.0f}", *_times(speed, name), _aim("≥", aim, ""))
            table.add_row(*cells, _mark(met=met))
    return table


def _times(speed: Speed, name: str) -> list[str]:
    return _spread(ratios(speed.seconds, name, BOTH))


def _spread(times: list[float]) -> list[str]:
    """Median, least and most of what ascends, if there is any."""
    return [f"{value:.2f}" for value in (median(times), times[0], times[-1])] if times else [""] * 3


def verification_table(found: Verification) -> Table:
    """Microseconds a pair, of the kernel and of plain numpy."""
    table = _table(
        "Verification of candidates", "", "pairs", "µs a pair", "times ours", "from", "to", "aim", ""
    )
    counts = (found.rows, found.candidates, found.edges)
    table.caption = "{:,} rows of distinct content, {:,} candidates, {:,} edges".format(*counts)
    per_pair = found.pairs / found.drawn
    plain = [times * per_pair for times in ratios(found.seconds, PLAIN, KERNEL)]
    lines: tuple[tuple[str, str, int, list[float], float | None], ...] = (
        ("by pairs that share a band", KERNEL, found.pairs, [1.0], MICROSECONDS),
        ("by pairs compared in the end", KERNEL, found.compared, [], None),
        ("plain numpy, each pair", PLAIN, found.drawn, plain, None),
    )
    for name, task, pairs, times, aim in lines:
        took = median(found.seconds[task]) / pairs * 1e6
        met = None if aim is None else took <= aim
        cells = (name, f"{pairs:,}", f"{took:.2f}", *_spread(times), _aim("≤", aim, " µs"))
        table.add_row(*cells, _mark(met=met))
    return table


def drops_table(found: Judged) -> Table:
    """What each tool removed, and how much of it was right."""
    columns = ("removed", "recall", "near alone", "precision", "left", "groups lost")
    table = _table("Right and wrong drops", "", *columns)
    wanted = next(iter(found.tools.values())).wanted
    table.caption = f"{found.rows:,} rows, {found.pairs:,} similar pairs, {wanted:,} rows to remove"
    for tool, drops in found.tools.items():
        shares = (f"{share:.4f}" for share in (drops.recall, drops.near_recall, drops.precision))
        table.add_row(tool, f"{drops.removed:,}", *shares, f"{drops.left:,}", f"{drops.lost:,}")
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left")
    for at, column in enumerate(columns):
        table.add_column(column, justify="left" if at == 0 else "right")
    return table


def _aim(bound: str, aim: float | None, unit: str) -> str:
    return "" if aim is None else f"{bound} {aim:g}{unit}"


def _mark(*, met: bool | None) -> str:
    return {None: "", True: "[green]✓", False: "[red]✗"}[met]


def _record(asked: argparse.Namespace, found: Findings) -> dict[str, object]:
    """What was asked for, and everything measured."""
    settings = ("rows", "pairs", "judged", "threshold", "seed", "repeat")
    return {"settings": {name: getattr(asked, name) for name in settings}, **asdict(found)}


if __name__ == "__main__":
    main()
