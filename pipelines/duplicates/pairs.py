"""The stored pairs of near-duplicates, and which of their rows fall at a threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.releases.ledger import scan
from pipelines.releases.places import Files, pack
from pipelines.releases.release import Release
from schemas.verdict import EDGES
from transforms.kernels.similarity import Edges
from transforms.kernels.survivors import NOBODY, choose
from transforms.steps.write import DUPLICATES


@dataclass(frozen=True)
class Pairs:
    """Pairs of similar rows, each row a number into `places`; `order` lists them, highest priority first."""

    places: np.ndarray
    order: np.ndarray
    edges: Edges


@dataclass(frozen=True)
class Fallen:
    """Places of the rows that fall, ascending, of those they fall to, and how similar they are."""

    places: np.ndarray
    survivors: np.ndarray
    similarities: np.ndarray


def read_pairs(release: Release, files: Files, least: float) -> Pairs:
    """The stored pairs of a release from a similarity on."""
    wanted = pc.field("similarity") >= least
    tables = [table.select(EDGES.names) for table in scan(release.parts(DUPLICATES), wanted, EDGES.names)]
    return number_pairs(pa.concat_tables([EDGES.empty_table(), *tables]), files)


def number_pairs(table: pa.Table, files: Files) -> Pairs:
    """The pairs of a table with the columns of EDGES; no reference row falls, so none is below."""
    column = {name: np.asarray(table[name]) for name in table.column_names}
    above, below = (pack(column[f"{end}_file"], column[f"{end}_row"]) for end in ("above", "below"))
    places, first, number = np.unique(np.concatenate([above, below]), return_index=True, return_inverse=True)
    # Ranks compare within a component; no pair goes from one to another.
    rank = np.concatenate([column["above_rank"], column["below_rank"]])[first]
    falls = ~files.is_reference(below)
    edges = Edges(number[: len(above)][falls], number[len(above) :][falls], column["similarity"][falls])
    return Pairs(places, np.argsort(rank, kind="stable"), edges)


def replay(pairs: Pairs, threshold: float) -> Fallen:
    """The rows that fall at a threshold, by the rule that made the release."""
    enough = pairs.edges.similarities >= threshold
    survivors = choose(pairs.order, Edges(*(column[enough] for column in pairs.edges)))
    fallen = np.flatnonzero(survivors.rows != NOBODY)
    return Fallen(pairs.places[fallen], pairs.places[survivors.rows[fallen]], survivors.similarities[fallen])
