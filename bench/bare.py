"""The job's kernels run bare: CPU seconds of each on a share of the input, without the job around them."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.planning import UNIT_BYTES, plan_run
from schemas.plan import Plan
from schemas.recipe import Recipe, built_in, override
from transforms.kernels import language
from transforms.kernels.minhash import sign
from transforms.kernels.rows import content_hashes
from transforms.kernels.rules import Texts
from transforms.kernels.shingles import PART_TAGS, shingle
from transforms.kernels.text import join_present, normalise
from transforms.steps.language_model import find_model, model_digest
from transforms.steps.parquet import UnitReader, texts_of

READ, AGAIN, LANGUAGE, NORMALISE = "read", "read again", "language ID", "normalise"
SHINGLES, MINHASH, WRITE = "shingles", "MinHash", "write"
KERNELS = (READ, LANGUAGE, NORMALISE, SHINGLES, MINHASH, AGAIN, WRITE)
"""Every kernel of the sum, in the job's order."""

ROWS, DISTINCT, SHINGLED, WRITTEN = "rows", "distinct rows", "shingles", "written rows"
WORK = {
    READ: ROWS,
    LANGUAGE: ROWS,
    NORMALISE: ROWS,
    SHINGLES: SHINGLED,
    MINHASH: SHINGLED,
    AGAIN: ROWS,
    WRITE: WRITTEN,
}
"""What the work of each kernel is counted in."""

_START_SECONDS = 120

T = TypeVar("T")


@dataclass
class Costs:
    """CPU seconds (user and system, all threads) by kernel, and how much they worked on."""

    seconds: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Costs) -> Costs:
        """Costs of both shares."""
        return Costs(self.seconds + other.seconds, self.counts + other.counts)

    @property
    def total(self) -> float:
        """CPU seconds of all kernels."""
        return float(sum(self.seconds.values()))

    def spend(self, kernel: str, work: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """What the work gives, its CPU seconds put down to a kernel."""
        started = time.process_time()
        result = work(*arguments, **options)
        self.seconds[kernel] += time.process_time() - started  # type: ignore[assignment] # a Counter adds floats too
        return result


@dataclass(frozen=True)
class Share:
    """Every `of`-th unit of the input and part of the release, from the `index`-th."""

    inputs: tuple[str, ...]
    curated: tuple[str, ...]
    index: int
    of: int


def run_bare(inputs: Sequence[str], curated: Sequence[str], processes: int) -> Costs:
    """Costs of the kernels in some fresh processes that work side by side."""
    context = get_context("spawn")
    shares = [Share(tuple(inputs), tuple(curated), index, processes) for index in range(processes)]
    with ProcessPoolExecutor(processes, context, _warm_up, (context.Barrier(processes),)) as pool:
        return sum(pool.map(measure, shares), Costs())


def _model() -> str:
    return find_model(built_in("default").language.model)


def _warm_up(together: Barrier) -> None:
    """Load model and tables, which is no kernel's work, and wait for the other processes."""
    recipe, text = built_in("default"), pa.array(["é, a warm-up"], pa.large_string())
    language.identify(language.load_model(_model()), text, recipe)
    sign(shingle(text, PART_TAGS[0]))
    together.wait(_START_SECONDS)


def measure(share: Share) -> Costs:
    """Costs of the kernels on a share: read, judge, read again, write."""
    source = {"name": "input", "input": list(share.inputs)}
    recipe = override(built_in("default"), {"sources": [source]}, where="bench")
    plan = plan_run(recipe, "bench", (_model(), model_digest(_model())), UNIT_BYTES, None)
    readers = [UnitReader(plan, unit) for unit in plan.units[share.index :: share.of]]
    costs = Costs()
    for reader in readers:
        _judge(reader, recipe, costs)
    for reader in readers:
        for _ in _read(reader, costs, AGAIN):
            pass
    _write(share.curated[share.index :: share.of], plan, costs)
    return costs


def _read(reader: UnitReader, costs: Costs, kernel: str) -> Iterator[pa.RecordBatch]:
    """All columns of a unit, in the slices the job reads."""
    for group in range(*reader.unit.groups):
        slices = reader.slices(group)
        while (batch := costs.spend(kernel, next, slices, None)) is not None:
            yield batch


def _judge(reader: UnitReader, recipe: Recipe, costs: Costs) -> None:
    """Identify languages and normalise every row; sign the contents that are new in the unit."""
    model = language.load_model(_model())
    seen: set[bytes] = set()
    for batch in _read(reader, costs, READ):
        texts = texts_of(reader.columns, batch)
        for field_texts in (texts.instruction, texts.output):
            costs.spend(LANGUAGE, language.identify, model, field_texts, recipe)
        parts = costs.spend(NORMALISE, _parts, texts)
        new = _new_rows(parts, seen)
        for part, tag in zip(parts, PART_TAGS, strict=True):
            shingles = costs.spend(SHINGLES, shingle, part.take(new), tag)
            costs.spend(MINHASH, sign, shingles)
            costs.counts[SHINGLED] += len(shingles.values)
        costs.counts[ROWS] += len(batch)
        costs.counts[DISTINCT] += len(new)


def _parts(texts: Texts) -> list[pa.LargeStringArray]:
    """Prompt and output, normalised."""
    return [normalise(join_present([texts.instruction, texts.input])), normalise(texts.output)]


def _new_rows(parts: list[pa.LargeStringArray], seen: set[bytes]) -> pa.Int64Array:
    """Rows whose content stands in no earlier row of the unit."""
    rows = []
    for row, content in enumerate(content_hashes(parts).to_pylist()):
        if content not in seen:
            seen.add(content)
            rows.append(row)
    return pa.array(np.array(rows, np.int64))


def _write(curated: Sequence[str], plan: Plan, costs: Costs) -> None:
    """Write parts of the release once more: the kept rows, all columns."""
    for path in curated:
        table = pq.read_table(path).combine_chunks()
        with tempfile.TemporaryDirectory(prefix="tamis-bench-") as folder:
            target = Path(folder) / Path(path).name
            costs.spend(
                WRITE, pq.write_table, table, target, compression="zstd", row_group_size=plan.group_rows
            )
        costs.counts[WRITTEN] += len(table)
