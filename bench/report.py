"""What the report costs and how large it is against the rows: tally, JSON, page.

python bench/report.py [--rows 10000 100000 1000000]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from pipelines.report import Context, add_excerpts, build, draw_funnel, places_of, render_html, to_json
from schemas.verdict import RESOLVED
from transforms.kernels.decisions import CATEGORIES, verb_names
from transforms.kernels.sampling import Sampling
from transforms.kernels.tally import Tally
from transforms.steps.excerpts import Texts

ROWS = (10_000, 100_000, 1_000_000)
UNIT = 10_000
CONTEXT = Context(release="bench", tamis="0", profile="default", files_in=1, bytes_in=1, threshold=0.8)
_LANGUAGES = ["en", *("l" + chr(97 + at // 10) + chr(97 + at % 10) for at in range(80))]
_WORDS = [f"word{at}" for at in range(5_000)]


def main() -> None:
    """Make a report of every size, and print what it cost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", nargs="+", type=int, default=ROWS, metavar="N", help="sizes to run")
    table = Table(
        "rows", "tally, µs a row", "tally, kB", "largest unit's, kB", "report, s", "json, kB", "html, kB"
    )
    render_html(build(Tally(), CONTEXT))  # loads the library
    for rows in sorted(parser.parse_args().rows):
        table.add_row(*run(rows))
    Console().print(table)


def run(rows: int) -> list[str]:
    """Figures of one size."""
    sampling = Sampling.of_size(rows=rows, groups=rows // UNIT)
    total, spent, largest = Tally(), 0.0, 0
    for unit in units(rows):
        begun = time.perf_counter()
        packed = Tally.of(unit, sampling=sampling).to_bytes()
        total += Tally.from_bytes(packed)
        spent, largest = spent + time.perf_counter() - begun, max(largest, len(packed))
    begun = time.perf_counter()
    generator = np.random.default_rng(1)
    found = {place: _texts(generator) for place in places_of(total.picks)}
    report = add_excerpts(build(total, CONTEXT), total.picks, found)
    text, page = to_json(report), render_html(report)
    draw_funnel(report)
    took = time.perf_counter() - begun
    sizes = [len(total.to_bytes()) / 1e3, largest / 1e3]
    figures = [f"{1e6 * spent / rows:.2f}", *(f"{size:,.0f}" for size in sizes), f"{took:.2f}"]
    return [f"{rows:,}", *figures, f"{len(text) / 1e3:,.0f}", f"{len(page) / 1e3:,.0f}"]


def _texts(generator: np.random.Generator) -> Texts:
    return Texts(*(" ".join(generator.choice(_WORDS, length)) for length in (12, 0, 40)))


def units(rows: int) -> Iterator[pa.Table]:
    """Resolved rows with the tags, lengths and fates that a large mixed input has."""
    generator = np.random.default_rng(0)
    for at in range(0, rows, UNIT):
        size = min(UNIT, rows - at)
        verdicts = generator.choice(["kept", "rejected", "duplicate"], size, p=[0.6, 0.05, 0.35])
        verbs = generator.choice(len(verb_names()), size, p=_skewed(len(verb_names())))
        names = np.array([f"{number:032x}" for number in range(at, at + size)])
        copy = verdicts == "duplicate"
        columns = {
            "source": generator.choice(["web", "books", "forum"], size),
            "file": np.full(size, f"part-{at // (10 * UNIT):05d}.parquet"),
            "row_group": np.full(size, at // UNIT % 10, np.int32),
            "row": np.arange(at, at + size) % (10 * UNIT),
            "record_id": names,
            "verdict": verdicts,
            "language": generator.choice(_LANGUAGES, size, p=_skewed(len(_LANGUAGES), 2.0)),
            "output_language": generator.choice(_LANGUAGES, size, p=_skewed(len(_LANGUAGES), 2.0)),
            "verb": np.array(verb_names())[verbs],
            "category": np.array(CATEGORIES)[verbs % len(CATEGORIES)],
            "noun": generator.choice(_WORDS, size, p=_skewed(len(_WORDS))),
            "difficulty": generator.choice(["simple", "moderate", "complex"], size),
            "domain": generator.choice(["arts", "code", "law"], size),
            "similarity": pa.array(generator.uniform(0.8, 1, size), mask=~copy),
            "exact": pa.array(generator.random(size) < 0.8, mask=~copy),
            "survivor_source": pa.array(np.full(size, "web"), mask=~copy),
            "survivor_file": pa.array(np.full(size, "part-00000.parquet"), mask=~copy),
            "survivor_row": pa.array(np.zeros(size, np.int64), mask=~copy),
            "survivor_id": pa.array(names, mask=~copy),
            "reason_bits": np.where(verdicts == "rejected", 1 << generator.integers(0, 5, size), 0),
            "flag_bits": np.where(generator.random(size) < 0.3, 1 << generator.integers(5, 8, size), 0),
            "cluster_size": np.where(verdicts == "kept", generator.zipf(2.5, size), 0),
            **{f"{field}_chars": generator.lognormal(5, 1, size) for field in ("instruction", "output")},
            "input_chars": np.zeros(size, np.int64),
        }
        arrays = {name: _column(columns.get(name), name, size) for name in RESOLVED.names}
        yield pa.table(arrays, schema=RESOLVED)


def _column(values: object, name: str, size: int) -> pa.Array:
    kind = RESOLVED.field(name).type
    if values is None:
        return pa.nulls(size, kind)
    array = values if isinstance(values, pa.Array) else pa.array(values)
    return array.cast(kind, safe=False)


def _skewed(count: int, power: float = 1.0) -> np.ndarray:
    weights = 1 / np.arange(1, count + 1) ** power
    return weights / weights.sum()


if __name__ == "__main__":
    main()
