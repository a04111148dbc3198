"""Files on this machine and on any filesystem that Beam knows, read and written whole or not at all."""

from __future__ import annotations

import fcntl
import glob
import hashlib
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from transforms.steps.ranges import RangeFile
from transforms.steps.stores.errors import FULL
from transforms.steps.stores.registry import store_of

_IN_MEMORY_BYTES, _READ_BYTES = 8 << 20, 1 << 20
FAR_READ_BYTES = 8 << 20
"""Bytes of a read of a file that is read in order, where each read is a request."""

_PARTIAL = re.compile(r"\..+\.[0-9a-f]{32}")


def is_local(path: str) -> bool:
    """Whether a path is on this machine's own filesystem."""
    return "://" not in path


def absolute(path: str) -> str:
    """The one spelling of a path or glob that does not depend on where the process stands.

    >>> absolute("/data/./a//../*.parquet"), absolute("gs://bucket/*")
    ('/data/*.parquet', 'gs://bucket/*')
    """
    if not is_local(path):
        return path
    return os.path.normpath(Path(path).expanduser().absolute()) + ("/" if path.endswith("/") else "")


def trim(path: str) -> str:
    """The path of a folder with no slash at its end, unless that is all of it.

    >>> trim("out/"), trim("/"), trim("s3://bucket/out/"), trim("s3://")
    ('out', '/', 's3://bucket/out', 's3://')
    """
    scheme, colon, rest = path.rpartition("://")
    return f"{scheme}{colon}{rest.rstrip('/')}" or "/"


def folder(path: str) -> str:
    """The absolute path of a folder, with no slash at its end."""
    return absolute(trim(path))


def find(pattern: str) -> list[tuple[str, int]]:
    """Absolute paths that match a glob and their sizes in bytes, sorted by path."""
    if is_local(pattern):
        path = absolute(pattern)
        names = [path] if Path(path).is_file() else glob.glob(path, recursive=True)  # noqa: PTH207 — a Path's glob is relative to a folder
        return sorted((name, Path(name).stat().st_size) for name in names if Path(name).is_file())
    head = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
    if head == pattern:
        size = store_of(pattern).size(pattern)
        return [] if size is None else [(pattern, size)]
    names = pattern.split("/")
    found = store_of(pattern).walk(head)
    return sorted(entry for entry in found if matches(entry[0].split("/"), names))


def matches(names: Sequence[str], patterns: Sequence[str]) -> bool:
    """Whether the parts of a path match those of a glob, as they do on a local disk.

    `**` stands for any number of folders; only a pattern that begins with a dot matches a hidden name.

    >>> pattern = ["data", "**", "*.x"]
    >>> [matches(["data", *names], pattern) for names in (["a.x"], ["b", "c", "a.x"], [".b", "a.x"], [""])]
    [True, True, False, False]
    """
    if not patterns or not names:
        return not names and all(pattern == "**" for pattern in patterns)
    shown = names[0] != "" and not names[0].startswith(".")
    if patterns[0] == "**":
        return matches(names, patterns[1:]) or (shown and matches(names[1:], patterns))
    if names[0] != patterns[0] and not (shown or patterns[0].startswith(".")):
        return False
    return fnmatchcase(names[0], patterns[0]) and matches(names[1:], patterns[1:])


def files_in(folder: str) -> dict[str, int]:
    """Size in bytes of every file in a folder, hidden ones too, by its path there."""
    if is_local(folder):
        return {name: size for name, (size, _) in dated_files_in(folder).items()}
    found = store_of(folder).walk(f"{folder}/")
    return {path.removeprefix(f"{folder}/"): size for path, size in sorted(found)}


def dated_files_in(folder: str) -> dict[str, tuple[int, float]]:
    """The same, each with when it was last written, in seconds since 1970, by the clock of where it is."""
    if is_local(folder):
        files = [(str(path), path.stat()) for path in Path(folder).rglob("*") if path.is_file()]
        found = [(path, stat.st_size, stat.st_mtime) for path, stat in files]
    else:
        found = list(store_of(folder).dated(f"{folder}/"))
    return {path.removeprefix(f"{folder}/"): (size, written) for path, size, written in sorted(found)}


def exists(path: str) -> bool:
    """Whether there is a file at the path."""
    return Path(path).is_file() if is_local(path) else store_of(path).size(path) is not None


def stamp(path: str) -> tuple[int, int] | None:
    """What changes with each write to a local file; None of a file in a store, which is replaced whole."""
    if not is_local(path):
        return None
    found = Path(path).stat()
    return found.st_ino, found.st_mtime_ns


def open_input(path: str) -> pa.NativeFile:
    """A file to read from at any position."""
    if is_local(path):
        return pa.OSFile(path, "rb")
    return pa.PythonFile(open_ranges(path), mode="r")


def open_ranges(path: str) -> RangeFile:
    """A file of a store, to read from at any position or to fetch ranges of."""
    return RangeFile(store_of(path), path)


def read_bytes(path: str) -> bytes:
    """The content of a file."""
    if not is_local(path):
        return store_of(path).read(path)
    with open_input(path) as file:
        return bytes(file.read())


def partial_beside(target: Path) -> Path:
    """A fresh hidden name beside a local file that is to be replaced in one step."""
    return target.with_name(f".{target.name}.{uuid.uuid4().hex}")


def is_partial(name: str) -> bool:
    """Whether a name is one that `partial_beside` gave.

    >>> is_partial(partial_beside(Path("LATEST")).name), is_partial(".LATEST.old")
    (True, False)
    """
    return _PARTIAL.fullmatch(name) is not None


def delete_partials(folder: str) -> None:
    """Delete what writers that died left in a local folder, at any depth."""
    if is_local(folder):
        for path in Path(folder).rglob(".*"):
            if is_partial(path.name):
                path.unlink(missing_ok=True)


@contextmanager
def create(path: str) -> Iterator[IO[bytes]]:
    """A file to write to, at its path once it is closed without an error and not before.

    A device or a pipe is written to as it stands.
    """
    if not is_local(path):
        with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as spool:
            yield spool
            spool.seek(0)
            store_of(path).put(path, spool)
        return
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    in_place = target.is_char_device() or target.is_fifo()
    partial = target if in_place else partial_beside(target)
    try:
        with partial.open("wb") as file:
            yield file
        if not in_place:
            partial.replace(target)
    except OSError as error:
        if error.filename == str(partial) or (error.errno in FULL and error.filename is None):
            error.filename, error.filename2 = path, None
        raise
    finally:
        if not in_place:
            partial.unlink(missing_ok=True)


def write_bytes(path: str, content: bytes) -> None:
    """Write a whole file."""
    with create(path) as file:
        file.write(content)


def take_over(source: str, target: str) -> str:
    """Give a file that never changes a second path, as a link where that can be; give its SHA-256."""
    if is_local(source) and is_local(target):
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        partial = partial_beside(Path(target))
        try:
            partial.hardlink_to(source)
            partial.replace(target)
        except FileNotFoundError:
            raise
        except OSError:
            return _copy(source, target)
        return digest_file(target)
    return _copy(source, target)


def _copy(source: str, target: str) -> str:
    with open_input(source) as read, create(target) as file:
        hashed = Hashed(file)
        for data in _in_order(read, source):
            hashed.write(data)
    return hashed.sha256.hexdigest()


def digest_file(path: str) -> str:
    """SHA-256 of a file."""
    digest = hashlib.sha256()
    with open_input(path) as file:
        for data in _in_order(file, path):
            digest.update(data)
    return digest.hexdigest()


def _in_order(file: pa.NativeFile, path: str) -> Iterator[bytes]:
    """The bytes of an open file, some at a time."""
    size = _READ_BYTES if is_local(path) else FAR_READ_BYTES
    while data := file.read(size):
        yield data


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder of this machine, until this process ends at the latest."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def written_at(path: str) -> float:
    """When a file was last written, in seconds since 1970, by the clock of where it is."""
    if is_local(path):
        return Path(path).stat().st_mtime
    return store_of(path).written_at(path)


def touch(path: str) -> None:
    """Note that a file of this machine was used; a store has no such notes."""
    if is_local(path):
        with suppress(OSError):  # it may be somebody else's, or gone by now
            os.utime(path)


def delete_file(path: str) -> None:
    """Delete a file, if it is there."""
    delete_files([path])


def delete_files(paths: Sequence[str]) -> None:
    """Delete files of one folder, those that are there."""
    if paths and not is_local(paths[0]):
        store_of(paths[0]).delete(paths)
        return
    for path in paths:
        Path(path).unlink(missing_ok=True)


def is_link(path: str) -> bool:
    """Whether a path on this machine leads elsewhere; stores have no links."""
    return is_local(path) and Path(path).is_symlink()


def delete_folder(path: str) -> None:
    """Delete a folder and all in it, if it is there; of a link, not what it leads to."""
    if is_link(path):
        Path(path).unlink(missing_ok=True)
        return
    if is_local(path):
        shutil.rmtree(path, ignore_errors=True)
        return
    store_of(path).delete([name for name, _ in store_of(path).walk(f"{path}/")])


def list_names(folder: str) -> list[str]:
    """Names of what a folder holds, sorted; of none where there is no folder."""
    if is_local(folder):
        return sorted(path.name for path in Path(folder).iterdir()) if Path(folder).is_dir() else []
    return sorted(store_of(folder).names(folder))


class Hashed:
    """A writable file that knows the SHA-256 and the size of what went through it."""

    def __init__(self, file: IO[bytes]) -> None:
        """Wrap a file."""
        self.file = file
        self.sha256 = hashlib.sha256()
        self.bytes = 0
        self.closed = False

    def write(self, data: Any) -> int:
        """Write bytes or a buffer; give its length."""
        view = memoryview(data)
        self.sha256.update(view)
        self.bytes += view.nbytes
        self.file.write(view)
        return view.nbytes

    def flush(self) -> None:
        """Flush the file."""
        self.file.flush()

    def close(self) -> None:
        """Mark the stream as closed; the file is closed by whoever opened it."""
        self.closed = True
