"""What a run takes over from a release made before: its kept rows, its report and its takedown list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines import output_folder
from pipelines.errors import UsageError
from pipelines.releases.kept import split_by_part
from pipelines.releases.parts import open_table
from pipelines.releases.release import Release, open_release, read_removed, read_report
from schemas.example import PREFIX
from schemas.recipe import Dedup, Gate
from schemas.release import Before
from transforms.kernels.arrays import is_new
from transforms.kernels.removals import Removals
from transforms.kernels.rows import as_words, from_hex
from transforms.kernels.splits import split_salt
from transforms.steps import storage

LATEST = "latest"
"""What `--previous` takes for the latest release of the run's own folder."""

_COLUMN = f"{PREFIX}record_id"


@dataclass(frozen=True)
class Previous:
    """The release before: its rows outrank new ones, its report is compared with, its takedowns hold on."""

    release: Release
    before: Before
    released: pa.Table
    removals: Removals


def find_latest(root: str, dedup: Dedup) -> Previous | None:
    """The release that an output folder's LATEST names; None where nothing has been published yet."""
    if output_folder.latest(root) is not None:
        return find_previous(root, dedup)
    if there := output_folder.releases(root):
        raise UsageError(
            f"{root} has releases ({', '.join(there[-3:])}), but no LATEST that names one to follow; "
            f"'tamis publish {root} NAME' does"
        )
    return None


def find_previous(path: str, dedup: Dedup) -> Previous:
    """The release at a folder, or the latest one of an output folder, to be followed."""
    release = open_release(storage.absolute(path))
    before = Before(release=release.name, digest=release.manifest.digest, report=read_report(release))
    return Previous(release, before, _read_released(release, dedup), read_removed(release))


def check_gate(gate: Gate, asked: str | None) -> None:
    """Refuse limits on what moved where no release is followed that it could have moved from."""
    if asked is None and (limits := gate.looking_back):
        raise UsageError(
            f"{limits[0]} needs a release before, found no --previous; --previous {LATEST} follows the "
            "latest release of --output, and nothing where there is none yet"
        )


def _read_released(release: Release, dedup: Dedup) -> pa.Table:
    """Record ids of the rows that a release kept, each once, sorted: a column `record_id` of 16 bytes.

    Where splits are apart, so are the ids of their rows.
    """
    ids = bytearray()
    for part, split in split_by_part(release).items():
        salt = split_salt(split) if dedup.splits == "apart" else np.uint64(0)
        for column in _read_ids(part):
            ids += (as_words(from_hex(column)) ^ salt).astype(">u8").tobytes()
    ordered = np.frombuffer(ids, "S16")
    ordered.sort()  # in its place, which nothing else of numpy's does with 16 bytes
    fresh = is_new(ordered)
    if not fresh.all():
        ordered = ordered[fresh]
    column = pa.Array.from_buffers(pa.binary(16), len(ordered), [None, pa.py_buffer(ordered)])
    return pa.table({"record_id": column})


def _read_ids(part: str) -> Iterator[pa.StringArray]:
    with open_table(part) as table:
        for batch in table.iter_batches(columns=[_COLUMN], use_threads=False):
            yield batch.column(0)
