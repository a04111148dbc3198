"""Releases written by hand: what is in their ledger and among their pairs is the test's to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.recipe import built_in, override, to_dict
from schemas.release import Counts, InputRecord, Manifest, OutputRecord
from schemas.verdict import EDGES, LEDGER
from transforms.kernels.rows import record_ids

Place = tuple[str, int]
"""A file, by its name, and a row in it."""

REFERENCES = "known"


@dataclass(frozen=True)
class Fall:
    """A duplicate: which row falls to which, how similar they are, and why the other one won."""

    row: Place
    to: Place
    similarity: float = 1.0
    won_by: str | None = "content"
    exact: bool | None = None


@dataclass(frozen=True)
class Pair:
    """A stored pair: the row that ranks higher, the other, and how similar they are."""

    above: Place
    below: Place
    similarity: float


def write_release(
    folder: Path,
    files: Mapping[str, Sequence[Mapping[str, str]]],
    falls: Iterable[Fall] = (),
    pairs: Iterable[Pair] = (),
    **changes: Any,
) -> Path:
    """Write inputs, and a release of them whose rows rank as they stand; give its folder.

    Files whose name begins with `REFERENCES` are a set of references.
    """
    inputs = [_write_input(folder / name, rows) for name, rows in files.items()]
    ids = {record.file: _ids(files[record.file]) for record in inputs}
    fallen = {fall.row: fall for fall in falls}
    lines = [_line(record, row, ids, fallen) for record in inputs for row in range(record.rows or 0)]
    lines = [line for line in lines if line["source"] != REFERENCES]
    kept = [(line["file"], line["row"]) for line in lines if line["verdict"] == "kept"]
    tables = {
        "verdicts": pa.Table.from_pylist(lines, LEDGER),
        "duplicates": pa.Table.from_pylist([_edge(pair, inputs) for pair in pairs], EDGES),
        "curated": pa.Table.from_pylist(
            [{**files[name][row], "tamis_record_id": ids[name][row]} for name, row in kept],
        ),
    }
    release = folder / "release"
    outputs = [_write_part(release, kind, table) for kind, table in tables.items()]
    verdicts = {"kept": len(kept), "rejected": 0, "duplicate": len(lines) - len(kept), "unreadable": 0}
    manifest = Manifest(
        release="0001",
        inputs=inputs,
        recipe=_recipe(folder, inputs, changes),
        versions={},
        language_model=None,
        counts=Counts(ledger=len(lines), rows_lost=0, verdicts=verdicts, reasons={}, flags={}),
        content_digest="",
        digest="",
        files=outputs,
    )
    (release / "manifest.json").write_text(manifest.model_dump_json())
    return release


def _source(name: str) -> str:
    return REFERENCES if name.startswith(REFERENCES) else "input"


def _write_input(path: Path, rows: Sequence[Mapping[str, str]]) -> InputRecord:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows)), path, row_group_size=2)
    source = _source(path.name)
    return InputRecord(
        role="reference" if source == REFERENCES else "input",
        source=source,
        file=path.name,
        path=str(path),
        bytes=path.stat().st_size,
        rows=len(rows),
        rows_planned=len(rows),
        digest=None,
    )


def _ids(rows: Sequence[Mapping[str, str]]) -> list[str]:
    fields = {
        name: pa.array([row.get(name, "") for row in rows], pa.large_string())
        for name in ("instruction", "input", "output")
    }
    return [one.hex() for one in record_ids(fields).to_pylist()]


def _line(
    record: InputRecord, row: int, ids: Mapping[str, list[str]], fallen: Mapping[Place, Fall]
) -> dict[str, Any]:
    fall = fallen.get((record.file, row))
    line = {"source": record.source, "file": record.file, "row_group": row // 2, "row": row}
    line |= {"record_id": ids[record.file][row], "verdict": "duplicate" if fall else "kept"}
    if fall:
        file, at = fall.to
        line |= {"survivor_source": _source(file), "survivor_file": file, "survivor_row": at}
        line |= {"survivor_id": ids[file][at], "similarity": fall.similarity, "won_by": fall.won_by}
        line["exact"] = fall.similarity == 1 if fall.exact is None else fall.exact
    return line


def _edge(pair: Pair, inputs: Sequence[InputRecord]) -> dict[str, Any]:
    """A line of EDGES, where references rank first and other rows as they stand."""
    names = [record.file for record in inputs]
    line: dict[str, Any] = {"similarity": pair.similarity}
    for end, (file, row) in (("above", pair.above), ("below", pair.below)):
        at = names.index(file)
        rank = row if inputs[at].role == "reference" else (at + 1) * 1000 + row
        line |= {f"{end}_file": at, f"{end}_row": row, f"{end}_rank": rank}
    return line


def _write_part(release: Path, kind: str, table: pa.Table) -> OutputRecord:
    name = f"{kind}/part-00000-of-00001.parquet"
    (release / kind).mkdir(parents=True)
    pq.write_table(table, release / name, row_group_size=3)
    return OutputRecord(path=name, bytes=(release / name).stat().st_size, sha256="", rows=len(table))


def _recipe(folder: Path, inputs: Sequence[InputRecord], changes: Mapping[str, Any]) -> dict[str, Any]:
    sets: dict[str, Any] = {"sources": [{"name": "input", "input": f"{folder}/*.parquet"}]}
    if any(record.role == "reference" for record in inputs):
        sets["references"] = [{"name": REFERENCES, "input": f"{folder}/{REFERENCES}*.parquet"}]
    plain = {name.replace("__", "."): value for name, value in changes.items()}
    return to_dict(override(built_in("default"), sets | plain))
