"""Reading the footers of the input files, before any work."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import UsageError
from pipelines.planning.adapters import key_of, read_as
from pipelines.planning.surveys import GRAIN, Surveyed, survey_all
from schemas.example import PREFIX
from schemas.plan import InputFile
from schemas.recipe import Benchmark, FileSet, Recipe, Reference
from transforms.kernels.adapters import Adapter
from transforms.kernels.json_shapes import Shape
from transforms.steps import storage
from transforms.steps.lines import Content, is_lines
from transforms.steps.parquet import digest_footer
from transforms.steps.reader import READ_ERRORS, damage_of
from transforms.steps.stores.errors import StoreError

_MAGIC = b"PAR1"
_THREADS = 16
_NUMBERS = (
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_boolean,
    pa.types.is_null,
)


class Footer(NamedTuple):
    """What is known of a file before it is read.

    `groups` has the rows and the bytes of each row group of Parquet (int64, (groups, 2)).
    """

    file: InputFile
    groups: np.ndarray | None
    schema: pa.Schema | None
    adapter: Adapter | None = None
    content: Content | None = None

    @property
    def readable(self) -> bool:
        """Whether there are rows to be read, and columns to read them in."""
        return self.schema is not None

    @property
    def size(self) -> int:
        """Bytes of its rows, not compressed as far as that is known."""
        return self.file.bytes if self.groups is None else int(self.groups[:, 1].sum())


def read_footers(recipe: Recipe, grain: int = GRAIN) -> list[Footer]:
    """Footers of all input files, in input order, then those of the reference sets.

    Files of JSON Lines can be cut about every `grain` bytes.
    """
    footers = [footer for source in recipe.sources for footer in read_set(source, grain)]
    for footer in footers:
        _check_order(recipe.dedup.column, footer)
    compared = [footer for reference in recipe.references for footer in read_set(reference, grain)]
    _refuse_shared_files(footers, compared)
    return [*footers, *compared]


def read_set(source: FileSet, grain: int = GRAIN) -> list[Footer]:
    """Footers of the files of a set, in the order of their paths."""
    found: dict[str, int] = {}
    for pattern in source.input:
        if storage.is_local(pattern) and Path(pattern).is_dir():
            raise UsageError(f"{pattern} is a folder without files of Parquet or JSON Lines")
        matches = storage.find(pattern)
        if not matches:
            raise UsageError(f"no file matches {pattern}")
        found.update(matches)
    prefix = _common_prefix([storage.absolute(pattern) for pattern in source.input])
    files = sorted(found.items())
    lines = [(path, size) for path, size in files if is_lines(path)]
    contents = dict(zip((path for path, _ in lines), survey_all(lines, grain), strict=True))
    with ThreadPoolExecutor(_THREADS) as pool:
        jobs = {
            path: pool.submit(_read_footer, source, path, size, prefix)
            for path, size in files
            if path not in contents
        }
        footers = [
            _of_lines(source, path, size, prefix, contents[path]) if path in contents else jobs[path].result()
            for path, size in files
        ]
    return _of_one_shape(footers, source)


def _of_one_shape(footers: Sequence[Footer], source: FileSet) -> list[Footer]:
    """The footers, all files of JSON Lines of a set having one schema, which holds the values of them all."""
    whole = Shape()
    for footer in footers:
        if footer.content is not None:
            whole.merge(footer.content.shape, most=None)
    found = []
    for footer in footers:
        schema = whole.schema if footer.content is not None and whole.fields else footer.schema
        if schema is not None:
            _check_columns(source, footer.file.path, schema)
            footer = footer._replace(schema=schema, adapter=read_as(source, footer.file.path, schema))  # noqa: PLW2901
        found.append(footer)
    return found


def _common_prefix(patterns: Sequence[str]) -> str:
    """The folder that all globs share before their first wildcard.

    >>> _common_prefix(["a/b/*.parquet", "a/c/x-?.parquet"]), _common_prefix(["gs://b/d/*"])
    ('a/', 'gs://b/d/')
    """
    heads = [re.split(r"[*?\[{]", pattern, maxsplit=1)[0].split("/")[:-1] for pattern in patterns]
    shared = [names[0] for names in takewhile(lambda names: len(set(names)) == 1, zip(*heads, strict=False))]
    return "".join(f"{name}/" for name in shared)


def _of_lines(source: FileSet, path: str, size: int, prefix: str, found: Surveyed) -> Footer:
    """What is known of a file of JSON Lines, which was read through."""
    content, error = None, None
    if isinstance(found, Content):
        content = found
    else:
        error = _damage(path, found)
        _refuse_damage(source, path, error)
    record = InputFile(
        source=source.name,
        path=path,
        name=_name(path, prefix),
        bytes=size,
        rows=None if content is None else content.rows,
        error=error,
        digest=None if content is None else content.digest,
    )
    return Footer(record, None, None, content=content)


def _name(path: str, prefix: str) -> str:
    return path.removeprefix(prefix) if path.startswith(prefix) else path.rpartition("/")[2]


def _refuse_damage(source: FileSet, path: str, error: str) -> None:
    """Refuse a damaged file of a set that rows must be compared with whole."""
    if isinstance(source, Reference | Benchmark):
        kind = key_of(source).removesuffix("s")
        raise UsageError(f"{path} of the {kind} {source.name} cannot be read: {error}") from None


def _read_footer(source: FileSet, path: str, size: int, prefix: str) -> Footer:
    name = _name(path, prefix)
    error = None
    try:
        with storage.open_input(path) as file:
            head = bytes(file.read(len(_MAGIC)))
            if head and head != _MAGIC:
                raise UsageError(f"{path} is not a Parquet file: it begins with {head!r}, not {_MAGIC!r}")
            parquet = pq.ParquetFile(file)
            metadata, schema = parquet.metadata, parquet.schema_arrow
    except READ_ERRORS as problem:
        error, metadata, schema = _damage(path, problem), None, None
        _refuse_damage(source, path, error)
    record = InputFile(
        source=source.name,
        path=path,
        name=name,
        bytes=size,
        rows=None if metadata is None else metadata.num_rows,
        error=error,
        footer=None if metadata is None else digest_footer(metadata),
    )
    return Footer(record, None if metadata is None else _groups_of(metadata), schema)


def _groups_of(metadata: pq.FileMetaData) -> np.ndarray:
    """What planning needs of a footer, which itself takes a kilobyte for each column of each row group."""
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    sizes = [(group.num_rows, group.total_byte_size) for group in groups]
    return np.array(sizes, np.int64).reshape(-1, 2)


def _damage(path: str, problem: Exception) -> str:
    try:
        return damage_of(problem)
    except StoreError:
        raise
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _check_columns(source: FileSet, path: str, schema: pa.Schema) -> None:
    """Refuse a file with a column twice, or with Tamis's own."""
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        raise UsageError(f"{path} has more than one column named {', '.join(twice)}")
    taken = [name for name in schema.names if name.startswith(PREFIX)]
    if taken and not isinstance(source, Reference | Benchmark):
        raise UsageError(
            f"{path} has columns that Tamis writes itself: {', '.join(taken)}; drop or rename them"
        )


def _check_order(column: str | None, footer: Footer) -> None:
    """Refuse a file without the column of numbers that the recipe's order goes by."""
    if column is None or footer.schema is None:
        return
    if column not in footer.schema.names:
        raise UsageError(
            f"{footer.file.path} has no column {column!r}, which dedup.column names; "
            f"it has {', '.join(footer.schema.names)}"
        )
    kind = footer.schema.field(column).type
    if not any(check(kind) for check in _NUMBERS):
        raise UsageError(
            f"{footer.file.path}: column {column!r}, which dedup.column names, is {kind}, not numbers"
        )


def _refuse_shared_files(footers: Sequence[Footer], compared: Sequence[Footer]) -> None:
    """Refuse a file that is in two sets; several references may have it, as each split has its own."""
    owners: dict[str, str] = {}
    for footer in footers:
        _refuse_other(owners.setdefault(footer.file.path, footer.file.source), footer)
    for footer in compared:
        _refuse_other(owners.get(footer.file.path, footer.file.source), footer)


def _refuse_other(owner: str, footer: Footer) -> None:
    if owner != footer.file.source:
        raise UsageError(f"{footer.file.path} belongs to two sources: {owner} and {footer.file.source}")
