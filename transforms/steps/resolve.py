"""The one final verdict of every row of a unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.plan import Plan
from schemas.reason import Reason, names_by_bit
from schemas.recipe import Recipe
from schemas.verdict import EDGES, LEDGER, RESOLVED, WON_BY, Verdict
from transforms.kernels.counts import VERDICTS
from transforms.kernels.rows import as_words, from_hex, to_hex
from transforms.kernels.sampling import Sampling
from transforms.kernels.tally import Tally
from transforms.steps import tables
from transforms.steps.job import Job, writing
from transforms.steps.judge import Judged
from transforms.steps.keyed import RANKING, numbers, row_of, unit_of, won_by
from transforms.steps.parquet import conform
from transforms.steps.unit_rows import UnitRows


@dataclass(frozen=True)
class Resolved:
    """How many rows of a unit each kind of part gets; how many are accounted for; its digests.

    `stayed` counts the kept rows that the release before kept, too.
    """

    unit: int
    verdicts: int
    curated: int
    rejects: int
    duplicates: int
    stayed: int
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
    capped: pa.Table | None = None
    edges: pa.Table | None = None
    dropped: pa.Table | None = None


def fates_of(found: Mapping[str, pa.Table | None]) -> Fates:
    """The fates among what was found of a unit's rows."""
    return Fates(**{field.name: found.get(field.name) for field in fields(Fates)})


@writing
def resolve_unit(unit: int, judged: Judged, fates: Fates, job: Job) -> tuple[Resolved, Tally]:
    """Write what was decided of the unit's rows and their edges to the staging area; give counts and tally.

    The rows of a reference set are in no part.
    """
    rows = UnitRows(unit, judged, job)
    if job.plan.source_of(unit).reference:
        job.mark_done("resolve", unit, 0)
        return _resolved(rows, len(rows.row)), Tally()
    table, edges = resolve(rows, fates), _edges(fates.edges, rows)
    _stage(unit, table, job)
    tables.store(job.places.edges(unit), edges)
    job.mark_done("resolve", unit, len(table))
    kept = int(_have(table, Verdict.KEPT).sum())
    gone = int(_have(table, Verdict.UNREADABLE).sum())
    accounted = len(table) - gone + (pc.sum(table["rows_lost"]).as_py() or 0)
    counts = {"verdicts": len(table), "curated": kept, "rejects": int(are_rejects(table).sum())}
    counts |= {"duplicates": len(edges), "stayed": _stayed(table, rows)}
    all_rows, groups = job.plan.rows_and_groups
    sampling = Sampling.of_size(rows=all_rows, groups=groups)
    return _resolved(rows, accounted, **counts), Tally.of(table, own_names(job.recipe), sampling)


_STAGED = pa.schema([*LEDGER, RESOLVED.field("reason_bits")])


def _stage(unit: int, table: pa.Table, job: Job) -> None:
    """Store what parts are written from, without columns that the unit says or that are null throughout."""
    names = [name for name in _STAGED.names if name not in {"source", "file"}]
    said = [name for name in names if table[name].null_count < len(table)]
    tables.store(job.places.resolved(unit), table.select(said))


def staged(unit: int, job: Job) -> pa.Table:
    """The ledger's columns and the reason bits of a resolved unit's rows."""
    table = tables.load(job.places.resolved(unit))
    file = job.plan.files[job.plan.units[unit].file]
    for name, value in (("source", file.source), ("file", file.name)):
        table = table.append_column(name, pa.repeat(value, len(table)))
    return conform(table, _STAGED)


def own_names(recipe: Recipe) -> list[str]:
    """The reason of each bit, with the recipe's own rules."""
    return names_by_bit([rule.name for rule in recipe.own])


def are_rejects(resolved: pa.Table) -> np.ndarray:
    """Mask of the RESOLVED rows that are saved in full as rejects: dropped, and not taken down."""
    dropped = _have(resolved, Verdict.REJECTED, Verdict.DUPLICATE)
    taken_down = numbers(resolved, "reason_bits") & np.uint64(Reason.REMOVED.bit)
    return np.asarray(dropped & (taken_down == 0))


def _have(table: pa.Table, *verdicts: Verdict) -> np.ndarray:
    """Mask of the rows that have one of some verdicts."""
    wanted = pa.array([verdict.value for verdict in verdicts])
    return np.asarray(pc.is_in(table["verdict"], value_set=wanted).to_numpy())


def _stayed(table: pa.Table, rows: UnitRows) -> int:
    """How many kept rows the release before kept, too."""
    if rows.job.released is None:
        return 0
    kept = table["record_id"].filter(pa.array(_have(table, Verdict.KEPT))).combine_chunks()
    return int(rows.were_released(as_words(from_hex(kept))).sum())


def _resolved(rows: UnitRows, accounted: int, **counts: int) -> Resolved:
    none = dict.fromkeys(("verdicts", "curated", "rejects", "duplicates", "stayed"), 0)
    file = rows.job.plan.units[rows.unit].file
    digests = rows.judged.digests
    return Resolved(unit=rows.unit, file=file, accounted=accounted, digests=digests, **(none | counts))


def _edges(edges: pa.Table | None, rows: UnitRows) -> pa.Table:
    """EDGES of the unit's rows that are the lower of a pair, in input order."""
    if edges is None:
        return EDGES.empty_table()
    plan = rows.job.plan
    edges = edges.append_column(
        "below_row", pc.add(edges["row"].cast(pa.int64()), plan.units[rows.unit].first_row)
    )
    above = numbers(edges, "above")
    units = unit_of(above).astype(np.int64)
    columns = {
        **{name: edges[name] for name in edges.column_names},
        "above_file": plan.unit_files[units],
        "above_row": plan.first_rows[units] + row_of(above),
        "below_file": np.full(len(edges), plan.units[rows.unit].file),
    }
    table = pa.table({name: columns[name] for name in EDGES.names}).cast(EDGES)
    return table.sort_by([(name, "ascending") for name in ("below_row", "above_file", "above_row")])


def resolve(rows: UnitRows, fates: Fates) -> pa.Table:
    """RESOLVED of all ledger rows of a unit, in input order."""
    plan = rows.job.plan
    lost = rows.all.filter(rows.all["error"].is_valid())
    judgement = pa.concat_tables([rows.judgement, lost])
    found = _readable_columns(rows, fates, plan)
    padded = {name: _pad(values, len(lost)) for name, values in found.items()}
    reasons = _reasons(rows, judgement, fates)
    names = own_names(rows.job.recipe)
    unit, file = plan.units[rows.unit], plan.files[plan.units[rows.unit].file]
    columns = {name: judgement[name] for name in judgement.column_names} | padded
    columns |= {
        "source": pa.repeat(file.source, len(judgement)),
        "file": pa.repeat(file.name, len(judgement)),
        "row_group": _shifted(judgement["row_group"], unit.groups[0]),
        "row": _shifted(judgement["row"], unit.first_row),
        "verdict": _verdicts(reasons[: len(rows.row)], found, len(lost)),
        "reasons": _names(reasons, names),
        "flags": _names(numbers(judgement, "flags"), names),
        "reason_bits": reasons,
        "flag_bits": judgement["flags"],
    }
    table = pa.table({name: columns[name] for name in RESOLVED.names}, schema=RESOLVED)
    return table.sort_by([("row_group", "ascending"), ("row", "ascending")]) if len(lost) else table


def _shifted(column: pa.ChunkedArray, by: int) -> pa.ChunkedArray:
    return pc.add(column, pa.scalar(by, column.type))


def _pad(values: pa.Array, more: int) -> pa.ChunkedArray:
    return pa.chunked_array([values, pa.nulls(more, values.type)])


def _names(masks: np.ndarray, names: Sequence[str]) -> pa.ListArray:
    """Lists of reason names, in the order of the bits."""
    some = np.flatnonzero(masks)
    bits = (masks[some, None] >> np.arange(len(names), dtype=np.uint64)) & np.uint64(1)
    rows, which = np.nonzero(bits)
    counts = np.bincount(some[rows], minlength=len(masks))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, pa.array(names).take(pa.array(which)))


def _reasons(rows: UnitRows, judgement: pa.Table, fates: Fates) -> np.ndarray:
    """Mask of the reasons of each ledger row, the readable ones first."""
    reasons = numbers(judgement, "reasons").copy()
    reasons[_positions(rows, fates.capped)] |= np.uint64(Reason.PROMPT_CAP.bit)
    if fates.dropped is not None:
        reasons[_positions(rows, fates.dropped)] |= numbers(fates.dropped, "bit")
    return reasons


_FALLS = pa.schema(
    [
        ("survivor", pa.uint64()),
        ("survivor_id", pa.binary(16)),
        ("similarity", pa.float64()),
        ("exact", pa.bool_()),
    ]
)


def falls(rows: UnitRows, fates: Fates) -> pa.Table:
    """Which row each readable one falls to, and how; null for those that fall to none or are removed."""
    found, at = [_FALLS.empty_table()], np.full(len(rows.row), -1)
    for table, exact in ((fates.copies, True), (fates.fates, False)):
        if table is not None:
            at[_positions(rows, table)] = sum(map(len, found)) + np.arange(len(table))
            similarity = np.ones(len(table)) if exact else table["similarity"]
            columns = [table["survivor"], table["survivor_id"], similarity, np.full(len(table), exact)]
            found.append(pa.table(columns, schema=_FALLS))
    at[_removed(rows, fates)] = -1
    return pa.concat_tables(found).combine_chunks().take(pa.array(at, mask=at < 0))


def _verdicts(reasons: np.ndarray, found: dict[str, pa.Array], lost: int) -> pa.Array:
    fallen = found["similarity"].is_valid().to_numpy(zero_copy_only=False)
    codes = np.where(fallen, VERDICTS.index(Verdict.DUPLICATE), VERDICTS.index(Verdict.KEPT))
    codes[reasons != 0] = VERDICTS.index(Verdict.REJECTED)
    codes = np.append(codes, np.full(lost, VERDICTS.index(Verdict.UNREADABLE)))
    return pa.array(VERDICTS).take(pa.array(codes))


def _readable_columns(rows: UnitRows, fates: Fates, plan: Plan) -> dict[str, pa.Array]:
    """Survivor, cluster and identity columns of the readable rows."""
    fallen = falls(rows, fates)
    gone = fallen["survivor"].is_valid().to_numpy()
    sizes = _cluster_sizes(rows, fates, gone)
    nobody = pa.scalar(None, pa.string())
    record = to_hex(rows.identity["record_id"].combine_chunks())
    survivor = pc.if_else(pa.array(gone), to_hex(_one_chunk(fallen["survivor_id"])), nobody)
    return {
        **_survivor_columns(fallen["survivor"], plan),
        "record_id": record,
        "survivor_id": survivor,
        "similarity": _one_chunk(fallen["similarity"]),
        "cluster": pc.coalesce(survivor, pc.if_else(pa.array(sizes > 1), record, nobody)),
        "won_by": pa.array(WON_BY).take(pa.array(_won_by(rows, fates), mask=~gone)),
        "exact": _one_chunk(fallen["exact"]),
        "cluster_size": pa.array(sizes, mask=sizes == 0),
        **_match_columns(rows, plan),
    }


def _won_by(rows: UnitRows, fates: Fates) -> np.ndarray:
    """Number in `WON_BY` (uint8) for each row that falls to another; 0 for others."""
    won = np.zeros(len(rows.row), np.uint8)
    if fates.copies is not None:
        won[_positions(rows, fates.copies)] = numbers(fates.copies, "won_by")
    if fates.fates is not None:
        at = _positions(rows, fates.fates)
        won[at] = _outranked_by(rows, at, fates.fates)
    return won


def _outranked_by(rows: UnitRows, at: np.ndarray, fates: pa.Table) -> np.ndarray:
    """What their survivors outrank some rows by; copies that fall along rank by themselves."""
    losers = pa.table(rows.contenders(at))
    known = {"ref": fates["survivor"], "record_id": fates["survivor_id"], "row_hash": losers["row_hash"]}
    known |= {name: fates[name] for name in RANKING}
    winners = pa.table({name: known[name] for name in losers.column_names}).cast(losers.schema)
    places = np.arange(len(at))
    return won_by(pa.concat_tables([winners, losers]), places, len(at) + places)


def _positions(rows: UnitRows, table: pa.Table | None) -> np.ndarray:
    """Positions of a table's rows."""
    return np.zeros(0, np.int64) if table is None else rows.at(numbers(table, "row"))


def _removed(rows: UnitRows, fates: Fates) -> np.ndarray:
    """Positions of the rows that the recipe's caps and choices reject."""
    return np.concatenate([_positions(rows, table) for table in (fates.capped, fates.dropped)])


def _match_columns(rows: UnitRows, plan: Plan) -> dict[str, pa.Array]:
    """Source, file and row in the file of the benchmark's example that each contaminated row holds."""
    lines = rows.judgement["match"]
    none = lines.is_null().to_numpy()
    line = pc.fill_null(lines, 0).to_numpy()
    at = np.searchsorted(plan.benchmark_lines, line, "right") - 1
    names = plan.benchmark_names.take(pa.array(at, mask=none))
    return {
        "match_source": _one_chunk(names["source"].cast(pa.string())),
        "match_file": _one_chunk(names["name"].cast(pa.string())),
        "match_row": pa.array(line - plan.benchmark_lines[at], mask=none),
    }


def _cluster_sizes(rows: UnitRows, fates: Fates, gone: np.ndarray) -> np.ndarray:
    """Rows that each kept row stands for, itself included; 0 where a row is not kept."""
    sizes = np.ones(len(rows.row), np.int64)
    if fates.copied is not None:
        np.add.at(sizes, rows.at(numbers(fates.copied, "row")), 1)
    if fates.gained is not None:
        np.add.at(sizes, rows.at(numbers(fates.gained, "row")), numbers(fates.gained, "gained"))
    sizes[gone | (numbers(rows.judgement, "reasons") != 0)] = 0
    sizes[_removed(rows, fates)] = 0
    return sizes


def _survivor_columns(survivors: pa.ChunkedArray, plan: Plan) -> dict[str, pa.Array]:
    """Source, file and row in the file of each survivor; null where there is none."""
    references, none = pc.fill_null(survivors, 0).to_numpy(), survivors.is_null().to_numpy()
    units = unit_of(references).astype(np.int64)
    file = plan.file_names.take(pa.array(plan.unit_files[units], mask=none))
    return {
        "survivor_source": _one_chunk(file["source"]),
        "survivor_file": _one_chunk(file["name"]),
        "survivor_row": pa.array(plan.first_rows[units] + row_of(references), mask=none),
    }


def _one_chunk(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
