"""Reading the benchmarks that rows are compared with, before any work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq

from pipelines.errors import UsageError
from pipelines.planning.folders import with_files
from pipelines.planning.footers import Footer, read_set
from schemas.plan import InputFile
from schemas.recipe import Benchmark, Recipe
from transforms.kernels.containment import Index, Words, build_index, read_words
from transforms.kernels.json_lines import cut_lines, read_lines
from transforms.kernels.json_shapes import table_of
from transforms.kernels.text import normalise
from transforms.kernels.texts import Texts
from transforms.steps import storage
from transforms.steps.lines import is_lines, pieces_of
from transforms.steps.parquet import decoded
from transforms.steps.parts import prompt_of
from transforms.steps.reader import READ_ERRORS, damage_of

_ROWS = 1024


@dataclass(frozen=True)
class Benchmarks:
    """The files of the benchmarks, and the index whose lines are their rows, one file after another."""

    files: list[InputFile]
    index: Index


def read_benchmarks(recipe: Recipe) -> Benchmarks | None:
    """The benchmarks of a recipe; None where it has none or its rule is off."""
    rule = recipe.rules.contaminated
    if not recipe.benchmarks or rule.action == "off":
        return None
    files: list[InputFile] = []
    prompts, answers = [_NOTHING], [_NOTHING]
    for benchmark in recipe.benchmarks:
        for footer in read_set(with_files(benchmark)):
            files.append(footer.file)
            for texts in _read_texts(footer, benchmark):
                prompts.append(read_words(prompt_of(texts)))
                answers.append(read_words(normalise(texts.output)))
    return Benchmarks(files, build_index(_join(prompts), _join(answers), rule.ngram))


_NOTHING = Words(np.zeros(0, np.uint64), np.zeros(1, np.int64))


def _join(words: Sequence[Words]) -> Words:
    counts = np.concatenate([one.counts for one in words])
    return Words(np.concatenate([one.hashes for one in words]), np.append(0, np.cumsum(counts)))


def _read_texts(footer: Footer, benchmark: Benchmark) -> Iterator[Texts]:
    """The examples of a file, some at a time; a benchmark that cannot be read was refused before."""
    path, adapter, schema = footer.file.path, footer.adapter, footer.schema
    if adapter is None:
        return
    try:
        with storage.open_input(path) as file:
            if is_lines(path):
                for start, data in pieces_of(file, path):
                    lines, starts = cut_lines(data)
                    objects, damaged = read_lines(lines)
                    for line, error in damaged.items():
                        raise ValueError(f"byte {start + starts[line]}: {error}")
                    yield adapter.texts(table_of(objects, schema))
                return
            parquet = pq.ParquetFile(file)
            wanted = [name for name in adapter.columns.values() if name in parquet.schema_arrow.names]
            for batch in parquet.iter_batches(_ROWS, columns=wanted):
                yield adapter.texts(decoded(batch))
    except READ_ERRORS as problem:
        raise UsageError(
            f"{path} of the benchmark {benchmark.name} cannot be read: {damage_of(problem)}"
        ) from None
