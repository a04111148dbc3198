"""Rows of the input files of a release, each as one number: the file's, then the row's in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import RunError
from pipelines.releases.release import Release
from schemas.release import InputRecord

_ROW_BITS = 40
_APART = "\0"


@dataclass(frozen=True)
class Files:
    """The input files as the manifest numbers them, references among them."""

    records: list[InputRecord]

    @classmethod
    def of(cls, release: Release) -> Files:
        """The files of a release."""
        return cls(release.manifest.inputs)

    def places(self, source: pa.ChunkedArray, file: pa.ChunkedArray, row: pa.ChunkedArray) -> np.ndarray:
        """Places of rows by source, file and row; they sort as the input does."""
        known = pa.array([f"{record.source}{_APART}{record.file}" for record in self.records], pa.string())
        found = pc.index_in(pc.binary_join_element_wise(source, file, _APART), value_set=known)
        if found.null_count:
            at = pc.index(found.is_null(), value=True).as_py()
            raise RunError(f"the ledger names the file {file[at]}, which the manifest does not list")
        return pack(np.asarray(found), np.asarray(row))

    def columns(self, places: np.ndarray) -> dict[str, pa.Array]:
        """Source, file and row of some places, as columns."""
        file, row = unpack(places)
        at = pa.array(file)
        return {
            "source": pa.array([record.source for record in self.records], pa.string()).take(at),
            "file": pa.array([record.file for record in self.records], pa.string()).take(at),
            "row": pa.array(row),
        }

    def is_reference(self, places: np.ndarray) -> np.ndarray:
        """Mark the places of rows of reference sets."""
        mask = np.array([record.role == "reference" for record in self.records], bool)
        return np.asarray(mask[unpack(places)[0]])


def pack(file: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Places (int64) of rows by the numbers of their files and theirs.

    >>> unpack(pack(np.array([0, 2]), np.array([7, 5])))
    (array([0, 2]), array([7, 5]))
    """
    return np.asarray(file.astype(np.int64) << _ROW_BITS | row.astype(np.int64))


def unpack(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number of the file, and row in it, of each place."""
    return places >> _ROW_BITS, places & ((1 << _ROW_BITS) - 1)
