"""Which source each kept row of a release comes from, and which split each curated file is of."""

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


@dataclass(frozen=True)
class KeptPart:
    """A curated file: its split, its first row among all that are kept, whose they are, who is held out."""

    path: str
    split: str
    first: int
    runs: tuple[Run, ...]
    held_out: bytes | None = None


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


def kept_parts(release: Release) -> Iterator[KeptPart]:
    """The curated files in order; one without rows is of `train` where there are several splits."""
    runs, splits, first = runs_of(release), _splits_of(release), 0
    empty = TRAIN if len({*splits.values()}) > 1 else next(iter(splits.values()))
    rows = {f"{release.folder}/{file.path}": file.rows or 0 for file in release.manifest.files}
    for path in release.parts(CURATED):
        end = first + rows[path]
        mine = [Run(run.source, max(run.start, first), min(run.end, end)) for run in runs]
        mine = [run for run in mine if run.start < run.end]
        yield KeptPart(path, splits[mine[0].source] if mine else empty, first, tuple(mine))
        first = end


def split_by_part(release: Release) -> dict[str, str]:
    """The split of each curated file, by its path; the ledger is read only where there are several."""
    splits = {*_splits_of(release).values()}
    if len(splits) == 1:
        return dict.fromkeys(release.parts(CURATED), *splits)
    return {part.path: part.split for part in kept_parts(release)}


def _splits_of(release: Release) -> dict[str, str]:
    """The split of each source."""
    return {source.name: source.split or TRAIN for source in release.recipe.sources}
