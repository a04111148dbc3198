"""Any other filesystem of Beam's, such as HDFS: folders, a rename, and no conditional replacement."""

from __future__ import annotations

import io
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from apache_beam.io.filesystem import BeamIOError, CompressionTypes, FileSystem
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from transforms.steps.stores.errors import StoreError, StoreUsageError, first_line, lacking, not_found
from transforms.steps.stores.store import Store, Versioned

_TRIES = 3
"""How often a file is asked for whose connection breaks off."""


def make(_: PipelineOptions) -> Store:
    """The store; whether Beam knows the path's scheme is seen when it is used."""
    return OtherStore()


class OtherStore:
    """A Store on a filesystem that only Beam knows. A version is a file's content."""

    def size(self, path: str) -> int | None:
        """Size of a file in bytes; None where there is none."""
        with _filesystem(path) as files:
            return int(files.size(path)) if files.exists(path) else None

    def written_at(self, path: str) -> float:
        """When a file was written, in seconds since 1970 by the clock of where it is."""
        with _filesystem(path) as files:
            if not files.exists(path):
                raise not_found(path)
            return float(files.last_updated(path))

    def read(self, path: str, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes of a file, or those from `start` to `stop`."""
        for _ in range(_TRIES - 1):
            with suppress(StoreError):
                return self._read(path, start, stop)
        return self._read(path, start, stop)

    def _read(self, path: str, start: int, stop: int | None) -> bytes:
        with _filesystem(path) as files:
            if not files.exists(path):
                raise not_found(path)
            with files.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
                if start:
                    file.seek(start)
                return bytes(file.read() if stop is None else file.read(stop - start))

    def put(self, path: str, file: IO[bytes]) -> None:
        """Put a file there, whole or not at all: written beside its place, then moved there."""
        with _filesystem(path) as files, _beside(path, file, files) as partial:
            if files.exists(path):
                files.delete([path])
            files.rename([partial], [path])

    def walk(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Paths that begin with a prefix and their sizes, at any depth."""
        with _filesystem(prefix) as files:
            found = (
                _below(prefix.rpartition("/")[0], files) if files.has_dirs() else _match(f"{prefix}**", files)
            )
            yield from ((path, size) for path, size in found if path.startswith(prefix))

    def dated(self, prefix: str) -> Iterator[tuple[str, int, float]]:
        """The same with when each was written, which is asked for file by file."""
        yield from ((path, size, self.written_at(path)) for path, size in self.walk(prefix))

    def names(self, folder: str) -> set[str]:
        """Names of what a folder holds."""
        with _filesystem(folder) as files:
            found = _match(f"{folder}/{'*' if files.has_dirs() else '**'}", files)
            return {path.removeprefix(f"{folder}/").split("/")[0] for path, _ in found}

    def delete(self, paths: Sequence[str]) -> None:
        """Delete files, those that are there."""
        for path in paths:
            with _filesystem(path) as files:
                if files.exists(path):
                    files.delete([path])

    def load(self, path: str) -> Versioned | None:
        """A file with its version; None where there is none."""
        try:
            content = self.read(path)
        except FileNotFoundError:
            return None
        return Versioned(content, content.hex())

    def put_if(self, path: str, content: bytes, version: str | None) -> str | None:
        """Write a file if it has a version or, for None, is not there; its new version if that was so.

        A new name is taken by a rename, which one of several wins. Replacing looks first and writes then:
        of two that do so at the very same moment both may be told that they did.
        """
        found = self.load(path)
        if (found and found.version) != version:
            return None
        if version is not None:
            self.put(path, io.BytesIO(content))
            return content.hex()
        with _filesystem(path) as files, _beside(path, io.BytesIO(content), files) as partial:
            try:
                files.rename([partial], [path])
            except BeamIOError:
                if not files.exists(path):
                    raise
                return None
        return content.hex()


@contextmanager
def _beside(path: str, file: IO[bytes], files: FileSystem) -> Iterator[str]:
    """A copy of a file under a fresh hidden name beside a path, gone afterwards unless it was moved."""
    folder, _, name = path.rpartition("/")
    partial = f"{folder}/.{name}.{uuid.uuid4().hex}"
    try:
        with files.create(partial, compression_type=CompressionTypes.UNCOMPRESSED) as target:
            shutil.copyfileobj(file, target, 1 << 20)
        yield partial
    finally:
        if files.exists(partial):
            files.delete([partial])


def _match(pattern: str, files: FileSystem) -> list[tuple[str, int]]:
    try:
        found = files.match([pattern])[0].metadata_list
    except BeamIOError:
        if files.exists(pattern.rpartition("/")[0]):
            raise
        return []
    return [(entry.path, int(entry.size_in_bytes)) for entry in found]


def _below(folder: str, files: FileSystem) -> Iterator[tuple[str, int]]:
    """Files in a folder at any depth. Beam tells folders by nothing but that they can be listed."""
    for path, size in _match(f"{folder}/*", files):
        if size or not _is_folder(path, files):
            yield path, size
        else:
            yield from _below(path, files)


def _is_folder(path: str, files: FileSystem) -> bool:
    try:
        files.match([f"{path}/*"])
    except BeamIOError:
        return False
    return True


@contextmanager
def _filesystem(path: str) -> Iterator[FileSystem]:
    """Beam's filesystem for a path; what it raises is turned into one sentence."""
    scheme = path.partition("://")[0]
    try:
        yield FileSystems.get_filesystem(path)
    except (BeamIOError, ValueError, ImportError) as error:
        details = getattr(error, "exception_details", None) or {}
        cause = next(iter(details.values()), error)
        if isinstance(cause, BeamIOError) or not isinstance(cause, ValueError | ImportError):
            raise StoreError(path, first_line(cause)) from None
        raise StoreUsageError(path, _want(scheme, str(cause))) from None
    except (FileNotFoundError, StoreError):
        raise
    except Exception as error:
        # What its client raises where a connection fails has no errno, and would pass for damage of the data.
        if not isinstance(error, OSError) and type(error).__module__.partition(".")[0] != "hdfs":
            raise
        raise StoreError(path, first_line(error)) from None


def _want(scheme: str, text: str) -> str:
    """What is missing where Beam has no filesystem for a scheme, or one that is not told where it is."""
    if "is not set" in text:
        return f"{scheme}:// needs Beam's option --{text.split(maxsplit=1)[0]}"
    if scheme == "hdfs":
        return lacking("HDFS", "hdfs")
    return f"no filesystem is known for {scheme}://; local paths, s3://, gs:// and hdfs:// are"
