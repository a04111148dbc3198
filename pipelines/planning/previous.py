"""What a run takes over from a release made before: its kept rows, its report and its takedown list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import publish
from pipelines.errors import RunError, UsageError
from pipelines.releases.release import Release, first_line, open_release, read_removed, read_report
from schemas.example import PREFIX
from schemas.release import Before
from schemas.report import Report
from transforms.kernels.removals import Removals
from transforms.kernels.rows import as_words, from_hex, from_words, unique_words
from transforms.steps import storage
from transforms.steps.parquet import READ_ERRORS
from transforms.steps.write import CURATED

NONE = "none"
"""What `--previous` takes for a run that looks at no earlier release."""

_COLUMN = f"{PREFIX}record_id"


@dataclass(frozen=True)
class Previous:
    """The release before: its rows win ties, its report is compared with, what it removed stays removed."""

    before: Before
    released: pa.Table
    removals: Removals


def find_previous(asked: str | None, root: str) -> Previous | None:
    """The release that a run is asked to follow: unless another is named, the latest of its own folder."""
    if asked == NONE or (asked is None and publish.latest(root) is None):
        return None
    release = open_release(root if asked is None else storage.absolute(asked))
    before = Before(
        release=release.name, digest=release.manifest.digest, report=_read_report(release, asked is None)
    )
    return Previous(before, _read_released(release), read_removed(release))


def _read_report(release: Release, by_default: bool) -> Report:  # noqa: FBT001 — private, and a plain fact
    try:
        return read_report(release)
    except UsageError as error:
        raise UsageError(f"{error}; --previous {NONE} does without" if by_default else str(error)) from None


def read_released(path: str) -> pa.Table:
    """Record ids of the rows that a release kept, each once, sorted: a column `record_id` of 16 bytes."""
    return _read_released(open_release(path))


def _read_released(release: Release) -> pa.Table:
    ids = [np.zeros((0, 2), np.uint64)]
    ids += [as_words(from_hex(column)) for part in release.parts(CURATED) for column in _read_ids(part)]
    return pa.table({"record_id": from_words(unique_words(np.concatenate(ids)))})


def _read_ids(part: str) -> Iterator[pa.StringArray]:
    try:
        with storage.open_input(part) as file:
            yield from pq.read_table(file, columns=[_COLUMN])[_COLUMN].chunks
    except READ_ERRORS as error:
        raise RunError(f"{part}: this file of the release cannot be read: {first_line(error)}") from None
