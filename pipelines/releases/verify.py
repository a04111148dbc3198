"""Verifying a release: its files, their columns, and that every row is accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.errors import UsageError
from pipelines.releases.digests import digest_release
from pipelines.releases.release import Release, load_report
from schemas import paths
from schemas.example import CURATED_COLUMNS, PREFIX
from schemas.release import OutputRecord
from schemas.report import REPORT
from schemas.verdict import EDGES, LEDGER, Verdict
from transforms.kernels.rows import digest_rows
from transforms.steps import storage
from transforms.steps.parquet import conform
from transforms.steps.reader import READ_ERRORS
from transforms.steps.stores.errors import StoreError, first_line
from transforms.steps.write import CURATED, DUPLICATES, VERDICTS, Sums, stored_type


@dataclass
class Found:
    """What the parts of a release hold: sums by kind, and counts of the ledger."""

    sums: dict[str, Sums] = field(default_factory=lambda: {CURATED: Sums(), VERDICTS: Sums()})
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    accounted: Counter[tuple[str, str]] = field(default_factory=Counter)
    lost: int = 0
    kept: Sums = field(default_factory=Sums)
    curated: Sums = field(default_factory=Sums)


def find_faults(release: Release) -> Iterator[str]:
    """Sentences on all that a release is not as its manifest says; none if it is whole."""
    faults = [*_check_files(release), *_check_report(release)]
    yield from faults
    found, unread = Found(), False
    for part in sorted(release.manifest.files, key=lambda file: file.path):
        if part.path.endswith(".parquet"):
            told = any(fault.startswith(part.path) for fault in faults)
            fault = None if told else _read_part(release, part, found)
            unread |= told or fault is not None
            if fault is not None:
                yield fault
    if not unread:
        yield from _check_counts(release, found)
        yield from _check_files_rows(release, found)
        yield from _check_digests(release, found)


def _check_files(release: Release) -> Iterator[str]:
    """Whether there are just the files that the manifest names, byte for byte."""
    there = storage.files_in(release.folder)
    held = paths.MANIFEST not in there
    there.pop(paths.HELD if held else paths.MANIFEST, None)
    for file in release.manifest.files:
        size = there.pop(file.path, None)
        if size is None:
            yield f"{file.path}: missing"
        elif size != file.bytes:
            yield f"{file.path}: {size:,} bytes, not {file.bytes:,}"
        elif (found := storage.digest_file(f"{release.folder}/{file.path}")) != file.sha256:
            yield f"{file.path}: its SHA-256 is {found}, not {file.sha256}"
    for path in there:
        yield f"{path}: the manifest names no such file"


def _check_report(release: Release) -> Iterator[str]:
    """Whether the report is of this release."""
    path, manifest = REPORT, release.manifest
    try:
        report = load_report(f"{release.folder}/{REPORT}")
    except UsageError as error:
        yield str(error).removeprefix(f"{release.folder}/")
        return
    for name, said, wanted in (
        ("release", report.release, manifest.release),
        ("digest", report.digest, manifest.digest),
        ("content digest", report.content_digest, manifest.content_digest),
        ("number of kept rows", report.rows.kept, manifest.counts.verdicts[Verdict.KEPT.value]),
    ):
        if said != wanted:
            yield f"{path}: its {name} is {said}, the manifest's {wanted}"


def _read_part(release: Release, part: OutputRecord, found: Found) -> str | None:
    """Sum up a part; what is wrong with it as a file of Parquet, if anything is."""
    kind = part.path.split("/")[0]
    try:
        with storage.open_input(f"{release.folder}/{part.path}") as file:
            parquet = pq.ParquetFile(file)
            fault = _fault_of_schema(kind, parquet.schema_arrow, release)
            if fault is None and parquet.metadata.num_rows != part.rows:
                fault = f"{parquet.metadata.num_rows:,} rows, not {part.rows or 0:,}"
            for group in range(parquet.metadata.num_row_groups if fault is None else 0):
                _add(kind, parquet.read_row_group(group, use_threads=False), found)
    except StoreError:
        raise
    except READ_ERRORS as error:
        fault = f"cannot be read: {first_line(error)}"
    return fault and f"{part.path}: {fault}"


def _fault_of_schema(kind: str, schema: pa.Schema, release: Release) -> str | None:
    """What columns a part has that are not those of its kind."""
    if kind in {VERDICTS, DUPLICATES}:
        asked = {field.name: stored_type(field.type) for field in (LEDGER if kind == VERDICTS else EDGES)}
        found = {field.name: field.type for field in schema}
        wrong = [name for name in asked if found.get(name) != asked[name]] or [*(found.keys() - asked.keys())]
        return f"its column {min(wrong)} is not as the release's version has it" if wrong else None
    if kind == CURATED:
        wanted = release.manifest.columns.get(CURATED, [])
        right = [column.startswith(f"{name}:") for name, column in zip(schema.names, wanted, strict=False)]
        if wanted and (len(schema.names) != len(wanted) or not all(right)):
            return f"its columns are {', '.join(schema.names)}, not {', '.join(wanted)}"
    lacking = [name for name in CURATED_COLUMNS if PREFIX + name not in schema.names]
    return f"it has no column {PREFIX}{lacking[0]}" if lacking else None


def _add(kind: str, table: pa.Table, found: Found) -> None:
    """Add a row group."""
    if kind not in found.sums:
        return
    table = conform(table, table.schema)
    found.sums[kind].add(table, 0)
    if kind == CURATED:
        _add_ids(table[PREFIX + "record_id"], found.curated)
        return
    _add_ids(table["record_id"].filter(pc.equal(table["verdict"], Verdict.KEPT.value)), found.kept)
    found.verdicts += _count(table["verdict"])
    for name, counter in (("reasons", found.reasons), ("flags", found.flags)):
        counter.update(_count(pc.list_flatten(table[name])))
    lost = pc.fill_null(table["rows_lost"], 0)
    found.lost += pc.sum(lost).as_py() or 0
    readable = pc.not_equal(table["verdict"], Verdict.UNREADABLE.value).cast(pa.int64())
    by_file = pa.table({"source": table["source"], "file": table["file"], "rows": pc.add(lost, readable)})
    for line in by_file.group_by(["source", "file"]).aggregate([("rows", "sum")]).to_pylist():
        found.accounted[line["source"], line["file"]] += line["rows_sum"] or 0


def _add_ids(ids: pa.ChunkedArray, sums: Sums) -> None:
    sums.digest += digest_rows([ids.combine_chunks()], sums.rows)
    sums.rows += len(ids)


def _count(values: pa.ChunkedArray | pa.Array) -> Counter[str]:
    return Counter({entry["values"]: entry["counts"] for entry in pc.value_counts(values).to_pylist()})


def _check_counts(release: Release, found: Found) -> Iterator[str]:
    """Whether the ledger has the rows that the manifest counts, and the curated files those it keeps."""
    counts = release.manifest.counts
    yield from _compare("ledger rows", {"all": found.sums[VERDICTS].rows}, {"all": counts.ledger})
    yield from _compare("ledger rows of verdict", found.verdicts, counts.verdicts)
    yield from _compare("ledger rows of reason", found.reasons, counts.reasons)
    yield from _compare("ledger rows of flag", found.flags, counts.flags)
    yield from _compare("rows lost", {"all": found.lost}, {"all": counts.rows_lost})
    kept, curated = found.kept, found.curated
    if (kept.rows, kept.digest % (1 << 128)) != (curated.rows, curated.digest % (1 << 128)):
        yield (
            f"curated/: its {curated.rows:,} rows are not, in order, the {kept.rows:,} that the ledger keeps"
        )


def _compare(what: str, found: Mapping[str, int], wanted: Mapping[str, int]) -> Iterator[str]:
    for name in sorted(found.keys() | wanted.keys(), key=str):
        here, there = found.get(name, 0), wanted.get(name, 0)
        if here != there:
            yield f"{what} {name}: {here:,}, the manifest says {there:,}"


def _check_files_rows(release: Release, found: Found) -> Iterator[str]:
    """Whether every row of every input file is in the ledger, or counted as lost."""
    wanted = {
        (record.source, record.file): record.rows_planned
        for record in release.manifest.inputs
        if record.role == "input"
    }
    for source, file in sorted(found.accounted.keys() | wanted.keys(), key=str):
        here, there = found.accounted[source, file], wanted.get((source, file), 0)
        if here != there:
            yield f"input {source}/{file}: the ledger accounts for {here:,} rows, the manifest has {there:,}"


def _check_digests(release: Release, found: Found) -> Iterator[str]:
    """Whether the rows give the digests that the manifest has."""
    manifest = release.manifest
    content = f"{found.sums[CURATED].records:032x}"
    if content != manifest.content_digest:
        yield f"the content digest of the rows is {content}, the manifest's {manifest.content_digest}"
    if not manifest.columns:
        yield "the manifest names no columns, so its digest cannot be checked"
        return
    digest = digest_release(manifest.columns, {kind: sums.digest for kind, sums in found.sums.items()})
    if digest != manifest.digest:
        yield f"the digest of the rows is {digest}, the manifest's {manifest.digest}"
