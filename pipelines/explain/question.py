"""What a RECORD on the command line asks for: a record id, or a place in an input file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.releases.release import Release
from schemas.release import InputRecord
from transforms.steps import storage

_HEX = re.compile("[0-9a-fA-F]+")
_PLACE = re.compile("(.+):([0-9]+)", re.DOTALL)
_FEWEST, _WHOLE = 6, 32
_NAMED = 5


@dataclass(frozen=True)
class ById:
    """Asks for the rows whose record id begins with some digits."""

    digits: str

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole record id."""
        return len(self.digits) == _WHOLE


@dataclass(frozen=True)
class ByPlace:
    """Asks for a row of an input file or, without a row, for what of the file cannot be read."""

    file: InputRecord
    row: int | None


def parse_record(record: str, release: Release) -> ById | ByPlace:
    """What a RECORD asks for, its file found among the release's inputs."""
    if _HEX.fullmatch(record):
        if not _FEWEST <= len(record) <= _WHOLE:
            raise UsageError(
                f"a record id has {_WHOLE} hex digits, of which at least {_FEWEST} are needed; "
                f"{record} has {len(record)}"
            )
        return ById(record.lower())
    place = _PLACE.fullmatch(record)
    if place is None:
        return ByPlace(_find_file(record, release, "is neither a record id nor FILE:ROW"), None)
    name, row = place.groups()
    return ByPlace(_find_file(name, release, "is no input file"), int(row))


def _find_file(name: str, release: Release, otherwise: str) -> InputRecord:
    """The one input file that a name means, or the sentence that says why there is none."""
    files = release.manifest.inputs
    tests: Sequence[Callable[[InputRecord], bool]] = (
        lambda file: name == f"{file.source}/{file.file}",
        lambda file: name in {file.file, file.path},
        lambda file: _same_place(name, file.path),
        lambda file: f"/{file.path}".endswith(f"/{name}"),
    )
    for test in tests:
        found = [file for file in files if test(file)]
        if len(found) > 1:
            raise UsageError(f"{name} may be {list_some(_names(found, release), 'or')}; name one of them")
        if found:
            return found[0]
    raise UsageError(
        f"{name} {otherwise} of release {release.name}, which has {list_some(_names(files, release))}"
    )


def _same_place(name: str, path: str) -> bool:
    """Whether two paths lead to one local file."""
    return storage.is_local(name) and storage.is_local(path) and Path(name).resolve() == Path(path).resolve()


def _names(files: Sequence[InputRecord], release: Release) -> list[str]:
    return [release.address(file.source, file.file) for file in files]


def list_some(names: Sequence[str], joint: str = "and") -> str:
    """The first few of some names, and how many more there are.

    >>> list_some(["a"]), list_some(["a", "b", "c"], "or"), list_some("abcdefgh")
    ('a', 'a, b or c', 'a, b, c, d, e and 3 more')
    """
    if len(names) > _NAMED + 1:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
    return f" {joint} ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
