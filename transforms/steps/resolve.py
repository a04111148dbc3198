"""The one final verdict of every row of a unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.plan import Plan
from schemas.verdict import NAMES, RESOLVED, Verdict
from transforms.kernels.tally import Tally
from transforms.steps import tables
from transforms.steps.job import Job
from transforms.steps.judge import Judged
from transforms.steps.keyed import UnitRows, numbers, row_of, unit_of


@dataclass(frozen=True)
class Resolved:
    """How many rows of a unit the ledger, the curated shards and the saved rejects get; its digests."""

    unit: int
    verdicts: int
    curated: int
    rejects: int
    file: int
    accounted: int
    digests: tuple[str, ...]


@dataclass(frozen=True)
class Fates:
    """What the other steps found of a unit's rows, any of it None where there is nothing."""

    copies: pa.Table | None
    copied: pa.Table | None
    fates: pa.Table | None
    gained: pa.Table | None


def resolve_unit(unit: int, judged: Judged, fates: Fates, job: Job) -> tuple[Resolved, Tally]:
    """Write the unit's RESOLVED rows to the staging area; give their counts and tally."""
    table = resolve(UnitRows(unit, judged), fates, job.plan)
    tables.store(job.places.resolved(unit), table)
    job.mark_done("resolve", unit, len(table))
    verdicts = _strings(table, "verdict")
    kept = int((verdicts == Verdict.KEPT.value).sum())
    gone = int((verdicts == Verdict.UNREADABLE.value).sum())
    resolved = Resolved(
        unit=unit,
        verdicts=len(table),
        curated=kept,
        rejects=len(table) - kept - gone,
        file=job.plan.units[unit].file,
        accounted=len(table) - gone + (pc.sum(table["rows_lost"]).as_py() or 0),
        digests=judged.digests,
    )
    return resolved, Tally.of(table)


def resolve(rows: UnitRows, fates: Fates, plan: Plan) -> pa.Table:
    """RESOLVED of all ledger rows of a unit, in input order."""
    lost = rows.all.filter(rows.all["row"].is_null())
    judgement = pa.concat_tables([rows.judgement, lost])
    found = _readable_columns(rows, fates, plan)
    padded = {name: _pad(values, len(lost)) for name, values in found.items()}
    unit, file = plan.units[rows.unit], plan.files[plan.units[rows.unit].file]
    columns = {name: judgement[name] for name in judgement.column_names} | padded
    columns |= {
        "source": pa.repeat(file.source, len(judgement)),
        "file": pa.repeat(file.name, len(judgement)),
        "row_group": _shifted(judgement["row_group"], unit.groups[0]),
        "row": _shifted(judgement["row"], unit.first_row),
        "verdict": _verdicts(rows, found, len(lost)),
        "reasons": _names(numbers(judgement, "reasons")),
        "flags": _names(numbers(judgement, "flags")),
        "reason_bits": judgement["reasons"],
        "flag_bits": judgement["flags"],
    }
    table = pa.table({name: columns[name] for name in RESOLVED.names}, schema=RESOLVED)
    return table.sort_by([("row_group", "ascending"), ("row", "ascending")]) if len(lost) else table


def _shifted(column: pa.ChunkedArray, by: int) -> pa.ChunkedArray:
    return pc.add(column, pa.scalar(by, column.type))


def _pad(values: pa.Array, more: int) -> pa.ChunkedArray:
    return pa.chunked_array([values, pa.nulls(more, values.type)])


def _strings(table: pa.Table, name: str) -> np.ndarray:
    return np.asarray(table[name].to_numpy(), object)


def _names(masks: np.ndarray) -> pa.ListArray:
    """Lists of reason names, in the order of the bits."""
    bits = (masks[:, None] >> np.arange(len(NAMES), dtype=np.uint64)) & np.uint64(1)
    rows, which = np.nonzero(bits)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(masks)))]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, pa.array(NAMES).take(pa.array(which)))


def _verdicts(rows: UnitRows, found: dict[str, pa.Array], lost: int) -> pa.Array:
    verdict = np.full(len(rows.row), Verdict.KEPT.value, object)
    verdict[found["similarity"].is_valid().to_numpy(zero_copy_only=False)] = Verdict.DUPLICATE.value
    verdict[numbers(rows.judgement, "reasons") != 0] = Verdict.REJECTED.value
    return pa.array([*verdict, *[Verdict.UNREADABLE.value] * lost], pa.string())


def _readable_columns(rows: UnitRows, fates: Fates, plan: Plan) -> dict[str, pa.Array]:
    """Survivor, cluster and identity columns of the readable rows."""
    size = len(rows.row)
    survivor = np.zeros(size, np.uint64)
    similarity = np.full(size, np.nan)
    ids = np.full(size, None, object)
    exact = np.zeros(size, bool)
    for table, same in ((fates.copies, True), (fates.fates, False)):
        if table is None:
            continue
        at = rows.at(numbers(table, "row"))
        survivor[at], ids[at] = numbers(table, "survivor"), _hex(table["survivor_id"])
        similarity[at] = 1.0 if same else numbers(table, "similarity")
        exact[at] = same
    gone = ~np.isnan(similarity)
    record = _hex(rows.identity["record_id"])
    sizes = _cluster_sizes(rows, fates, gone)
    nobody = np.full(size, None, object)
    cluster = np.where(gone, ids, np.where(sizes > 1, record, nobody))
    return {
        **_survivor_columns(survivor, gone, plan),
        "record_id": pa.array(record, pa.string()),
        "survivor_id": pa.array(ids, pa.string()),
        "similarity": pa.array(similarity, from_pandas=True),
        "cluster": pa.array(cluster, pa.string()),
        "exact": pa.array(exact),
        "cluster_size": pa.array(sizes, mask=sizes == 0),
    }


def _hex(ids: pa.ChunkedArray) -> np.ndarray:
    return np.array([value.hex() for value in ids.to_pylist()], object)


def _cluster_sizes(rows: UnitRows, fates: Fates, gone: np.ndarray) -> np.ndarray:
    """Rows that each kept row stands for, itself included; 0 where a row is not kept."""
    sizes = np.ones(len(rows.row), np.int64)
    if fates.copied is not None:
        np.add.at(sizes, rows.at(numbers(fates.copied, "row")), 1)
    if fates.gained is not None:
        np.add.at(sizes, rows.at(numbers(fates.gained, "row")), numbers(fates.gained, "gained"))
    sizes[gone | (numbers(rows.judgement, "reasons") != 0)] = 0
    return sizes


def _survivor_columns(survivor: np.ndarray, gone: np.ndarray, plan: Plan) -> dict[str, pa.Array]:
    """Source, file and row in the file of each survivor."""
    units = unit_of(survivor).astype(np.int64)
    file = plan.file_names.take(pa.array(plan.unit_files[units]))
    found: dict[str, Any] = {
        "survivor_source": file["source"],
        "survivor_file": file["name"],
        "survivor_row": pa.array(plan.first_rows[units] + row_of(survivor)),
    }
    nobody = {name: pa.scalar(None, values.type) for name, values in found.items()}
    return {name: _one_chunk(pc.if_else(pa.array(gone), found[name], nobody[name])) for name in found}


def _one_chunk(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
