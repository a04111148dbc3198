"""All duplicates of a release in their clusters, from a few columns of the ledger."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.releases.ledger import matching, scan
from pipelines.releases.places import Files
from pipelines.releases.release import Release
from schemas.verdict import WON_BY, Verdict
from transforms.kernels.arrays import run_starts
from transforms.kernels.rows import from_hex
from transforms.steps.write import VERDICTS

_PLACE = ("source", "file", "row")
_SURVIVOR = tuple(f"survivor_{name}" for name in _PLACE)
_COLUMNS = (*_PLACE, *_SURVIVOR, "record_id", "survivor_id", "similarity", "exact", "won_by")
_FOUND = pa.schema(
    [
        ("place", pa.int64()),
        ("survivor", pa.int64()),
        ("record_id", pa.binary(16)),
        ("survivor_id", pa.binary(16)),
        ("similarity", pa.float64()),
        ("exact", pa.bool_()),
        ("won_by", pa.int8()),
    ]
)


@dataclass(frozen=True)
class Groups:
    """Duplicates in clusters: of each cluster its survivor, of each duplicate the rest.

    ```
    survivors, survivor_ids   |  a     |  b  |      largest cluster first, then by the survivor's place
    starts                    0        3     5
    places, record_ids, …     | x y z  | u v |      least alike first, then by place
    ```
    """

    files: Files
    survivors: np.ndarray
    survivor_ids: pa.ChunkedArray
    starts: np.ndarray
    places: np.ndarray
    record_ids: pa.ChunkedArray
    similarities: np.ndarray
    exact: np.ndarray
    won_by: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """Rows of each cluster, its survivor included."""
        return np.diff(self.starts) + 1


def read_groups(release: Release) -> Groups:
    """The duplicates of a release, in their clusters."""
    files = Files.of(release)
    table = _read_duplicates(release, files)
    survivors, places = np.asarray(table["survivor"]), np.asarray(table["place"])
    similarities = np.asarray(table["similarity"])
    _, cluster, counts = np.unique(survivors, return_inverse=True, return_counts=True)
    order = np.lexsort((places, similarities, survivors, -counts[cluster]))
    table = table.take(pa.array(order))
    survivors, similarities = survivors[order], similarities[order]
    heads = run_starts(survivors)
    return Groups(
        files=files,
        survivors=survivors[heads],
        survivor_ids=table["survivor_id"].take(pa.array(heads)),
        starts=np.append(heads, len(order)),
        places=places[order],
        record_ids=table["record_id"],
        similarities=similarities,
        exact=np.asarray(table["exact"]),
        won_by=np.asarray(table["won_by"]),
    )


def _read_duplicates(release: Release, files: Files) -> pa.Table:
    duplicate = matching(verdict=Verdict.DUPLICATE.value)
    tables = [_shrunk(table, files) for table in scan(release.parts(VERDICTS), duplicate, _COLUMNS)]
    return pa.concat_tables([_FOUND.empty_table(), *tables])


def _shrunk(table: pa.Table, files: Files) -> pa.Table:
    """The columns of duplicates with numbers for their places and for why the survivor won, or -1."""
    won_by = pc.index_in(table["won_by"], value_set=pa.array(WON_BY))
    columns = {
        "place": files.places(*(table[name] for name in _PLACE)),
        "survivor": files.places(*(table[name] for name in _SURVIVOR)),
        "record_id": from_hex(table["record_id"].combine_chunks()),
        "survivor_id": from_hex(table["survivor_id"].combine_chunks()),
        "similarity": table["similarity"],
        "exact": table["exact"],
        "won_by": pc.fill_null(won_by, -1).cast(pa.int8()),
    }
    return pa.table(columns, schema=_FOUND)
