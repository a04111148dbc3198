"""Whose the kept rows of a release are: their sources, and the split of each curated file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.releases.ledger import matching, scan
from pipelines.releases.release import Release
from schemas.plan import TRAIN
from transforms.steps.write import CURATED, VERDICTS


@dataclass(frozen=True)
class Run:
    """Consecutive kept rows of one source: from which up to which, counted over the release."""

    source: str
    start: int
    end: int


def runs_of(release: Release) -> list[Run]:
    """The kept rows of each source, one after another."""
    total = release.manifest.counts.verdicts["kept"]
    sources = [source.name for source in release.recipe.sources]
    if len(sources) == 1:
        return [Run(sources[0], 0, total)]
    runs: list[Run] = []
    for table in scan(release.parts(VERDICTS), matching(verdict="kept"), ["source"]):
        for source, rows in run_ends(table["source"]):
            start = runs[-1].end if runs else 0
            if runs and runs[-1].source == source:
                runs[-1] = Run(source, runs[-1].start, start + rows)
            else:
                runs.append(Run(source, start, start + rows))
    return runs


def run_ends(names: pa.ChunkedArray) -> Iterator[tuple[str, int]]:
    """Each name that stands some times in a row, and how often."""
    encoded = pc.run_end_encode(names.combine_chunks())
    ends = encoded.run_ends.to_numpy()
    yield from zip(encoded.values.to_pylist(), np.diff(ends, prepend=0).tolist(), strict=True)


def split_by_part(release: Release) -> dict[str, str]:
    """The split of each curated file, by its path; one without rows is of `train` where there are several."""
    splits = {source.name: source.split or TRAIN for source in release.recipe.sources}
    paths = release.parts(CURATED)
    if len({*splits.values()}) == 1:
        return dict.fromkeys(paths, *{*splits.values()})
    found, first, runs = {}, 0, runs_of(release)
    rows = {f"{release.folder}/{file.path}": file.rows or 0 for file in release.manifest.files}
    for path in paths:
        whose = [run.source for run in runs if run.start <= first < run.end and rows[path]]
        found[path] = splits[whose[0]] if whose else TRAIN
        first += rows[path]
    return found
