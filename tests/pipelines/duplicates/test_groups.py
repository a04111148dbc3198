"""Clusters from the ledger: their order, and which duplicates are exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipelines.duplicates.groups import read_groups
from pipelines.errors import RunError
from pipelines.releases.places import Files, pack, unpack
from pipelines.releases.release import open_release
from tests.ledgers import Fall, write_release

FILE = "a.parquet"


def rows(count: int) -> list[dict[str, str]]:
    return [{"instruction": f"Say {number}.", "output": "It."} for number in range(count)]


def test_members_stand_least_alike_first(tmp_path: Path) -> None:
    alike = {1: 1.0, 2: 0.9, 3: 0.8, 4: 1.0, 5: 0.9}
    falls = [Fall((FILE, row), (FILE, 0), similarity) for row, similarity in alike.items()]
    groups = read_groups(open_release(str(write_release(tmp_path, {FILE: rows(6)}, falls))))
    assert unpack(groups.places)[1].tolist() == [3, 2, 5, 1, 4]
    assert groups.similarities.tolist() == [0.8, 0.9, 0.9, 1.0, 1.0]
    assert groups.sizes.tolist() == [6]


def test_near_duplicate_of_all_the_same_shingles_is_not_exact(tmp_path: Path) -> None:
    falls = [Fall((FILE, 1), (FILE, 0)), Fall((FILE, 2), (FILE, 0), exact=False)]
    groups = read_groups(open_release(str(write_release(tmp_path, {FILE: rows(3)}, falls))))
    assert unpack(groups.places)[1].tolist() == [1, 2]
    assert groups.exact.tolist() == [True, False]


def test_no_duplicates_are_no_clusters(tmp_path: Path) -> None:
    groups = read_groups(open_release(str(write_release(tmp_path, {FILE: rows(2)}))))
    assert (len(groups.survivors), len(groups.places), groups.starts.tolist()) == (0, 0, [0])


def test_places_sort_as_the_input_does() -> None:
    places = pack(np.array([0, 0, 1]), np.array([0, (1 << 40) - 1, 0]))
    assert (np.diff(places) > 0).all()
    assert [part.tolist() for part in unpack(places)] == [[0, 0, 1], [0, (1 << 40) - 1, 0]]


def test_file_that_the_manifest_does_not_list_is_told(tmp_path: Path) -> None:
    files = Files.of(open_release(str(write_release(tmp_path, {FILE: rows(1)}))))
    column = [pa.chunked_array([pa.array(values)]) for values in (["input"] * 2, [FILE, "b"], [0, 1])]
    with pytest.raises(RunError, match="names the file b, which the manifest does not list"):
        files.places(*column)
