"""What is asked of a store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Protocol


@dataclass(frozen=True)
class Versioned:
    """The content of a file and the version it has: any other content comes with another version."""

    content: bytes
    version: str


class Store(Protocol):
    """A place for files, named by whole paths such as `s3://bucket/folder/file`.

    What is not there raises FileNotFoundError; all else that goes wrong is a StoreError.
    """

    def size(self, path: str) -> int | None:
        """Size of a file in bytes; None where there is none."""

    def written_at(self, path: str) -> float:
        """When a file was written, in seconds since 1970 by the store's clock."""

    def read(self, path: str, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes of a file, or those from `start` to `stop`, in one request."""

    def put(self, path: str, file: IO[bytes]) -> None:
        """Put a file there, whole or not at all, in place of any other."""

    def walk(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Paths that begin with a prefix and their sizes, at any depth."""

    def dated(self, prefix: str) -> Iterator[tuple[str, int, float]]:
        """The same with when each was written, in seconds since 1970 by the store's clock."""

    def names(self, folder: str) -> set[str]:
        """Names of what a folder holds, without looking deeper."""

    def delete(self, paths: Sequence[str]) -> None:
        """Delete files, those that are there."""

    def load(self, path: str) -> Versioned | None:
        """A file with its version; None where there is none."""

    def put_if(self, path: str, content: bytes, version: str | None) -> str | None:
        """Write a file if it has a version or, for None, is not there; its new version if that was so."""
