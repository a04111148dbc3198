"""Which kept rows are held out for validation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.export.rows import read_part
from pipelines.releases.kept import KeptPart
from pipelines.releases.ledger import matching, scan
from pipelines.releases.places import Files, pack
from pipelines.releases.release import Release
from transforms.kernels.rows import prompt_hashes
from transforms.kernels.splits import group_rows, held_out
from transforms.kernels.templates import opening
from transforms.kernels.text import normalise
from transforms.steps.write import DUPLICATES, VERDICTS

_ANY = pc.field("similarity") >= 0
_ENDS, _PLACE = ("above", "below"), ("file", "row")


def prompts_of(folder: str, part: KeptPart) -> np.ndarray:
    """Hash of what the user says first in each row (uint64), once normalised."""
    found = [prompt_hashes(normalise(opening(rows.turns))) for rows in read_part(folder, part)]
    return np.concatenate([np.zeros(0, np.uint64), *found])


def choose_sides(
    release: Release, parts: list[KeptPart], prompts: Iterable[np.ndarray], share: float, seed: int
) -> list[KeptPart]:
    """The parts, each with which of its rows are held out.

    Rows go by groups: those of one prompt, and those that verified pairs of near-duplicates connect, through
    rows that were dropped as well.
    """
    hashes = list(prompts)
    places = _kept_places(release)
    mine = [places[part.first : part.first + len(one)] for part, one in zip(parts, hashes, strict=True)]
    links = _links(release, np.concatenate([np.zeros(0, np.int64), *mine]))
    groups = group_rows(np.concatenate([np.zeros(0, np.uint64), *hashes]), links)
    marked = held_out(groups, share, seed)
    pieces = np.split(marked, np.cumsum([len(one) for one in hashes])[:-1])
    return [
        replace(part, held_out=np.packbits(piece).tobytes())
        for part, piece in zip(parts, pieces, strict=False)
    ]


def _links(release: Release, kept: np.ndarray) -> np.ndarray:
    """Verified pairs (int64, (2, pairs)): rows whose places are given by number, others after them."""
    tables = scan(release.parts(DUPLICATES), _ANY, [f"{end}_{name}" for end in _ENDS for name in _PLACE])
    ends = np.concatenate([np.zeros((2, 0), np.int64), *map(_ends_of, tables)], axis=1)
    nodes = np.searchsorted(kept, ends)
    others = kept[np.minimum(nodes, len(kept) - 1)] != ends if len(kept) else np.ones(ends.shape, bool)
    nodes[others] = len(kept) + np.unique(ends[others], return_inverse=True)[1]
    return nodes


def _ends_of(pairs: pa.Table) -> np.ndarray:
    """Places of both rows of each pair (int64, (2, pairs))."""
    return np.stack([pack(*(pairs[f"{end}_{name}"].to_numpy() for name in _PLACE)) for end in _ENDS])


def _kept_places(release: Release) -> np.ndarray:
    """Place of each kept row, ascending, as the curated rows are."""
    files = Files.of(release)
    names = ("source", "file", "row")
    tables = scan(release.parts(VERDICTS), matching(verdict="kept"), names)
    found = [files.places(*(table[name] for name in names)) for table in tables]
    return np.concatenate([np.zeros(0, np.int64), *found])
