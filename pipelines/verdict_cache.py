"""The verdict cache looked at from outside: how much there is, and what may go."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from pipelines.errors import UsageError
from schemas.paths import CACHE
from transforms.steps import storage, tables
from transforms.steps.cache import KINDS, SHINGLES
from transforms.steps.notes import PLACES, read_note

DAY = 86_400.0
_THREADS = 8
HALF_WRITTEN = "half-written"
"""Kind of the files that writers left which were killed."""
_ENTRY = re.compile(
    rf"(?P<kind>{'|'.join((*KINDS, SHINGLES))})/[0-9a-f]{{2}}/(?P<key>[0-9a-f]{{40}})\.arrow(\.later)?"
)
_NOTE = re.compile(rf"(?P<kind>{PLACES})/[0-9a-f]{{2}}/(?P<key>[0-9a-f]{{40}})\.json")
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([kKMGT]?)(i?)B?")


@dataclass(frozen=True)
class Entry:
    """What was found of one unit, of one kind, or the note on its place.

    `used` is when it was written or, as far as that is known, a run found it, in seconds since 1970.
    """

    kind: str
    path: str
    bytes: int
    used: float


def find_cache(folder: str) -> str:
    """The cache in a folder that is one, or is the output folder of runs.

    Raises:
        UsageError: it is neither.
    """
    for path in (f"{folder}/{CACHE}", folder):
        if any(storage.list_names(f"{path}/{kind}") for kind in KINDS):
            return path
    raise UsageError(f"there is no verdict cache at {folder}: it has no folder {', '.join(KINDS)}")


def list_entries(cache: str) -> list[Entry]:
    """The entries of a cache, those first that were not used for longest."""
    found = dict[str, list[Entry]]()
    half_written = []
    for name, (size, written) in storage.dated_files_in(cache).items():
        path = f"{cache}/{name}"
        if match := _ENTRY.fullmatch(name) or _NOTE.fullmatch(name):
            found.setdefault(match["key"], []).append(Entry(match["kind"], path, size, written))
        elif storage.is_partial(name.rpartition("/")[2]):
            half_written.append(Entry(HALF_WRITTEN, path, size, written))
    used = _last_used(found)
    entries = [replace(entry, used=used[key]) for key, some in found.items() for entry in some]
    return sorted([*entries, *half_written], key=lambda entry: (entry.used, entry.path))


def _last_used(found: Mapping[str, Sequence[Entry]]) -> dict[str, float]:
    """When what has a key was last used: by a note that names it or, of a note, all that it names."""
    used = {key: max(entry.used for entry in entries) for key, entries in found.items()}
    named = _named({key: entry.path for key, (entry, *_) in found.items() if entry.kind == PLACES})
    for note, keys in named.items():
        for key in keys:
            used[key] = max(used.get(key, 0), used[note])
    of_notes = {note: min((used[key] for key in keys), default=0) for note, keys in named.items()}
    return used | {note: max(used[note], seconds) for note, seconds in of_notes.items()}


def _named(notes: Mapping[str, str]) -> dict[str, Collection[str]]:
    """The keys of the entries that notes name, by the notes' own keys."""
    with ThreadPoolExecutor(_THREADS) as pool:
        return {
            note: (keys or {}).values()
            for note, keys in zip(notes, pool.map(read_note, notes.values()), strict=True)
        }


def choose_old(
    entries: Sequence[Entry], now: float, *, unused_days: float | None, max_bytes: int | None
) -> list[Entry]:
    """Entries, longest unused first, that were not used for so many days, or that are too much.

    What was used within a day stays: a run may be at work with it.

    >>> entries = [Entry("identity", name, 10, age * -DAY) for name, age in (("a", 9), ("b", 2), ("c", 0))]
    >>> [entry.path for entry in choose_old(entries, 0, unused_days=5, max_bytes=None)]
    ['a']
    >>> [entry.path for entry in choose_old(entries, 0, unused_days=None, max_bytes=5)]
    ['a', 'b']
    """
    held, old = sum(entry.bytes for entry in entries), []
    for entry in entries:
        age = (now - entry.used) / DAY
        stale = unused_days is not None and age > unused_days
        if age > 1 and (stale or (max_bytes is not None and held > max_bytes)):
            old.append(entry)
            held -= entry.bytes
    return old


def find_damaged(entries: Sequence[Entry]) -> list[Entry]:
    """Those that are not what was written."""
    with ThreadPoolExecutor(_THREADS) as pool:
        return [entry for entry, bad in zip(entries, pool.map(_is_damaged, entries), strict=True) if bad]


def _is_damaged(entry: Entry) -> bool:
    """Whether an entry is not what was written."""
    if entry.kind == HALF_WRITTEN:
        return False
    if entry.kind == PLACES:
        return read_note(entry.path) is None
    try:
        tables.load(entry.path)
    except tables.DamagedError:
        return True
    return False


def read_size(text: str) -> int:
    """Bytes that a size names.

    >>> read_size("10GB"), read_size("1.5 MiB"), read_size("700")
    (10000000000, 1572864, 700)

    Raises:
        UsageError: it names none.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"--max-size takes a size such as 10GB or 500MiB, found {text!r}")
    number, unit, binary = found.groups()
    return round(float(number) * (1024 if binary else 1000) ** " KMGT".index(unit.upper() or " "))
