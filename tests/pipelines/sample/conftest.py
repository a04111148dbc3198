"""One sample for all its tests, read back, and its exact similarities."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.sample import Plants, write_sample
from transforms.kernels.shingles import PART_TAGS, shingle
from transforms.kernels.text import join_present, normalise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Shingled = list[frozenset[int]]


def shingle_sets(text: pa.Array, part: int) -> Shingled:
    """Shingle hashes of each text as sets."""
    values, offsets = shingle(text, PART_TAGS[part])
    listed = values.tolist()
    return [frozenset(listed[low:high]) for low, high in pairwise(offsets)]


def jaccard(left: frozenset[int], right: frozenset[int]) -> float:
    """Shared shingles as a part of all."""
    shared = len(left & right)
    return shared / (len(left) + len(right) - shared)


@dataclass
class Sample:
    """What was written, what was planted, and the normalised parts of each row."""

    folder: Path
    plants: Plants

    def __post_init__(self) -> None:
        """Read the shards back in order."""
        self.files = sorted(self.folder.glob("*.parquet"))
        self.table = pa.concat_tables(
            map(pq.read_table, self.files), promote_options="permissive"
        ).combine_chunks()
        self.rows = {row["id"]: row for row in self.table.to_pylist()}
        self.place = {name: place for place, name in enumerate(self.rows)}
        columns = [self.table[name].combine_chunks() for name in ("instruction", "input", "output")]
        self.texts = normalise(join_present(columns[:2])), normalise(join_present(columns[2:]))
        self.parts = [shingle_sets(text, part) for part, text in enumerate(self.texts)]

    def similarity(self, left: str, right: str) -> float:
        """The smaller of the Jaccard similarities of prompts and of outputs."""
        a, b = self.place[left], self.place[right]
        return min(jaccard(sets[a], sets[b]) for sets in self.parts)

    def pairs_above(self, threshold: float) -> Iterator[tuple[str, str, float]]:
        """Every pair of rows at or above the threshold.

        Only pairs whose prompts share one of their rarest shingles are compared; no others can be as like.
        """
        names, prompts = list(self.rows), self.parts[0]
        counts = Counter(value for found in prompts for value in found)
        seen: defaultdict[int, list[int]] = defaultdict(list)
        for place, found in enumerate(prompts):
            rare = sorted(found, key=lambda value: (counts[value], value))
            rare = rare[: len(found) - int(threshold * len(found) - 1e-9)]
            for other in sorted({other for value in rare for other in seen[value]}):
                reached = self.similarity(names[other], names[place])
                if reached >= threshold:
                    yield names[other], names[place], reached
            for value in rare:
                seen[value].append(place)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The sample of the default seed."""
    folder = tmp_path_factory.mktemp("sample")
    return Sample(folder, write_sample(folder))


@pytest.fixture(scope="session")
def read_sample() -> type[Sample]:
    """The reader of samples, for tests that write one of their own."""
    return Sample
