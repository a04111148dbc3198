"""The job's kernels run bare: CPU seconds of each on a share of the input, without the job around them."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.example import FIELDS, INPUT, INSTRUCTION, OUTPUT
from schemas.recipe import built_in
from transforms.kernels import language
from transforms.kernels.minhash import sign
from transforms.kernels.quality_marks import mark_quality
from transforms.kernels.rules import mark_rows
from transforms.kernels.shingles import PART_TAGS, shingle
from transforms.kernels.slots import mark_slots
from transforms.kernels.tagger import by_phrases
from transforms.kernels.text import join_present, normalise
from transforms.kernels.texts import Texts
from transforms.steps.language_model import find_model

READ, AGAIN, LANGUAGE, NORMALISE = "read", "read again", "language ID", "normalise"
RULES, TAGS = "rules", "tags"
SHINGLES, MINHASH, WRITE = "shingles", "MinHash", "write"
KERNELS = (READ, RULES, TAGS, LANGUAGE, NORMALISE, SHINGLES, MINHASH, AGAIN, WRITE)
"""Every kernel of the sum, in the job's order."""

ROWS, SHINGLED, WRITTEN = "rows", "shingles", "written rows"
WORK = {READ: ROWS, RULES: ROWS, TAGS: ROWS, LANGUAGE: ROWS, NORMALISE: ROWS, AGAIN: ROWS, WRITE: WRITTEN}
WORK |= dict.fromkeys((SHINGLES, MINHASH), SHINGLED)
"""What the work of each kernel is counted in."""

_START_SECONDS = 120
_UNIT_BYTES, _SLICE_BYTES, _SLICE_ROWS = 32 << 20, 4 << 20, 8192
"""As the job plans its units and slices."""

T = TypeVar("T")


@dataclass
class Costs:
    """CPU seconds (user and system, all threads) by kernel, and how much they worked on."""

    seconds: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """CPU seconds of all kernels."""
        return sum(self.seconds.values())

    def spend(self, kernel: str, work: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """What the work gives, its CPU seconds put down to a kernel."""
        started = time.process_time()
        result = work(*arguments, **options)
        self.seconds[kernel] = self.seconds.get(kernel, 0.0) + time.process_time() - started
        return result

    def count(self, work: str, more: int) -> None:
        """Add to what was worked on."""
        self.counts[work] = self.counts.get(work, 0) + more


@dataclass(frozen=True)
class Share:
    """Every `of`-th unit of the input and part of the release, from the `index`-th."""

    inputs: Sequence[str]
    curated: Sequence[str]
    index: int
    of: int


class Unit(NamedTuple):
    """Row groups of a file."""

    path: str
    groups: list[int]


def run_bare(inputs: Sequence[str], curated: Sequence[str], processes: int) -> Costs:
    """Costs of the kernels in some fresh processes that work side by side."""
    context = get_context("spawn")
    shares = [Share(inputs, curated, index, processes) for index in range(processes)]
    with ProcessPoolExecutor(processes, context, _warm_up, (context.Barrier(processes),)) as pool:
        found = list(pool.map(measure, shares))
    return Costs(
        {kernel: sum(costs.seconds.get(kernel, 0.0) for costs in found) for kernel in KERNELS},
        {work: sum(costs.counts.get(work, 0) for costs in found) for work in WORK.values()},
    )


def _warm_up(together: Barrier) -> None:
    """Load model and tables, which is no kernel's work, and wait for the other processes."""
    text = pa.array(["é, a warm-up in five words or more"], pa.large_string())
    language.identify(_model(), text, built_in("default"))
    sign(shingle(normalise(text), PART_TAGS[0]))
    _mark(Texts(text, text, text))
    by_phrases(text, text)
    together.wait(_START_SECONDS)


def _model() -> Any:
    return language.load_model(find_model(built_in("default").language.model))


def measure(share: Share) -> Costs:
    """Costs of the kernels on a share: read, judge, read again, write."""
    units = list(_units(share.inputs))[share.index :: share.of]
    costs = Costs()
    for unit in units:
        _judge(unit, costs)
    for unit in units:
        for _ in _read(unit, costs, AGAIN):
            pass
    for path in share.curated[share.index :: share.of]:
        _write(path, costs)
    return costs


def _match(pattern: str) -> list[str]:
    anchor = Path(pattern).anchor
    return [str(path) for path in Path(anchor).glob(str(Path(pattern).relative_to(anchor)))]


def _units(globs: Sequence[str]) -> Iterator[Unit]:
    """Row groups that the job works on together, for it looks for new contents within them."""
    for path in sorted({path for pattern in globs for path in _match(pattern)}):
        metadata = pq.read_metadata(path)
        groups: list[int] = []
        size = 0
        for group in range(metadata.num_row_groups):
            more = metadata.row_group(group).total_byte_size
            if groups and size + more > _UNIT_BYTES:
                yield Unit(path, groups)
                groups, size = [], 0
            groups, size = [*groups, group], size + more
        yield Unit(path, groups)


def _read(unit: Unit, costs: Costs, kernel: str) -> Iterator[pa.RecordBatch]:
    """All columns of a unit, in slices."""
    file = costs.spend(kernel, pq.ParquetFile, unit.path)
    for group in unit.groups:
        metadata = file.metadata.row_group(group)
        rows = _SLICE_BYTES * metadata.num_rows // max(1, metadata.total_byte_size)
        slices = file.iter_batches(max(1, min(_SLICE_ROWS, rows)), [group], use_threads=False)
        while (batch := costs.spend(kernel, next, slices, None)) is not None:
            yield batch


def _judge(unit: Unit, costs: Costs) -> None:
    """Identify languages of every row, normalise, shingle and sign it."""
    model, recipe = _model(), built_in("default")
    for batch in _read(unit, costs, READ):
        texts = _texts(batch)
        costs.spend(RULES, _mark, Texts(**texts))
        costs.spend(TAGS, by_phrases, texts[INSTRUCTION], texts[INPUT])
        for name in (INSTRUCTION, OUTPUT):
            costs.spend(LANGUAGE, language.identify, model, texts[name], recipe)
        parts = costs.spend(NORMALISE, _parts, texts)
        for part, tag in zip(parts, PART_TAGS, strict=True):
            shingles = costs.spend(SHINGLES, shingle, part, tag)
            costs.spend(MINHASH, sign, shingles)
            costs.count(SHINGLED, len(shingles.values))
        costs.count(ROWS, len(batch))


def _mark(texts: Texts) -> None:
    """All that rules of the default recipe look for in texts, but languages."""
    for mark in (mark_rows, mark_slots, mark_quality):
        mark(built_in("default"), texts)


def _texts(batch: pa.RecordBatch) -> dict[str, pa.LargeStringArray]:
    """The canonical fields, nulls and absent columns as empty text."""
    empty = pa.repeat(pa.scalar("", pa.large_string()), len(batch))
    present = {name: batch[name].cast(pa.large_string()) for name in FIELDS if name in batch.schema.names}
    return {name: pc.fill_null(present.get(name, empty), "") for name in FIELDS}


def _parts(texts: dict[str, pa.LargeStringArray]) -> list[pa.LargeStringArray]:
    """Prompt and output, normalised."""
    return [normalise(join_present([texts[INSTRUCTION], texts[INPUT]])), normalise(texts[OUTPUT])]


def _write(path: str, costs: Costs) -> None:
    """Write a part of the release once more: the kept rows, all columns, in the same row groups."""
    with pq.ParquetFile(path) as file:
        table, size = file.read().combine_chunks(), file.metadata.row_group(0).num_rows
    with tempfile.TemporaryDirectory(prefix="tamis-bench-") as folder:
        target = Path(folder) / Path(path).name
        costs.spend(WRITE, pq.write_table, table, target, compression="zstd", row_group_size=size)
    costs.count(WRITTEN, len(table))
