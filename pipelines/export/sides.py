"""Which kept rows are held out for validation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.duplicates.files import Files, pack
from pipelines.export.rows import read_part
from pipelines.releases.kept import KeptPart
from pipelines.releases.ledger import matching, scan
from pipelines.releases.release import Release
from transforms.kernels.rows import prompt_hashes
from transforms.kernels.splits import group_rows, held_out
from transforms.kernels.templates import opening
from transforms.kernels.text import normalise
from transforms.steps.write import DUPLICATES, VERDICTS

_ANY = pc.field("similarity") >= 0


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
    columns = [f"{end}_{name}" for end in ("above", "below") for name in ("file", "row")]
    tables = [table.select(columns) for table in scan(release.parts(DUPLICATES), _ANY)]
    if not tables:
        return np.zeros((2, 0), np.int64)
    pairs = pa.concat_tables(tables)
    ends = np.stack(
        [pack(pairs[f"{end}_file"].to_numpy(), pairs[f"{end}_row"].to_numpy()) for end in ("above", "below")]
    )
    others = np.setdiff1d(ends, kept)
    at = np.searchsorted(kept, ends)
    is_kept = kept[np.minimum(at, len(kept) - 1)] == ends if len(kept) else np.zeros(ends.shape, bool)
    return np.where(is_kept, at, len(kept) + np.searchsorted(others, ends))


def _kept_places(release: Release) -> np.ndarray:
    """Place of each kept row, ascending, as the curated rows are."""
    files = Files.of(release)
    names = ("source", "file", "row")
    tables = scan(release.parts(VERDICTS), matching(verdict="kept"), names)
    found = [files.places(*(table[name] for name in names)) for table in tables]
    return np.concatenate([np.zeros(0, np.int64), *found])
