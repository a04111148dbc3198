"""Filesystems that only Beam knows: here one of Beam's own over a folder, with a scheme, as HDFS is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from apache_beam.io.filesystem import BeamIOError, FileMetadata
from apache_beam.io.localfilesystem import LocalFileSystem

from transforms.steps import conditional, storage
from transforms.steps.reader import damage_of
from transforms.steps.stores.errors import StoreError, StoreUsageError


class FolderFileSystem(LocalFileSystem):
    """Beam's local filesystem under `folder://`, which like HDFS renames over nothing."""

    @classmethod
    def scheme(cls) -> str:
        return "folder"

    def _list(self, dir_or_prefix: str) -> Iterator[FileMetadata]:
        folder = _plain(dir_or_prefix)
        if not folder.is_dir():
            raise BeamIOError("not a folder", {dir_or_prefix: NotADirectoryError(str(folder))})
        for path in folder.iterdir():
            yield FileMetadata(f"folder://{path}", path.stat().st_size if path.is_file() else 0)

    def _url_dirname(self, url_or_path: str) -> str:
        return url_or_path.rpartition("/")[0]

    def exists(self, path: str) -> bool:
        return _plain(path).exists()

    def size(self, path: str) -> int:
        return _plain(path).stat().st_size

    def last_updated(self, path: str) -> float:
        return _plain(path).stat().st_mtime

    def create(self, path: str, *given: object, **options: object) -> object:
        return super().create(str(_plain(path)), *given, **options)

    def open(self, path: str, *given: object, **options: object) -> object:
        return super().open(str(_plain(path)), *given, **options)

    def rename(self, source_file_names: list[str], destination_file_names: list[str]) -> None:
        (source,), (target,) = source_file_names, destination_file_names
        if _plain(target).exists():
            raise BeamIOError("there already", {target: FileExistsError(target)})
        _plain(source).rename(_plain(target))

    def delete(self, paths: list[str]) -> None:
        super().delete([str(_plain(path)) for path in paths])


def _plain(path: str) -> Path:
    return Path(path.removeprefix("folder://"))


@pytest.fixture
def root(tmp_path: Path) -> str:
    return f"folder://{tmp_path}/root"


def test_files_are_written_read_listed_and_deleted(root: str) -> None:
    assert storage.list_names(root) == []
    assert storage.find(f"{root}/**/*") == []
    for name in ("a", "b/c", "b/d/e", "b/empty"):
        storage.write_bytes(f"{root}/{name}", b"" if name == "b/empty" else name.encode())
    storage.write_bytes(f"{root}/a", b"new")
    assert storage.list_names(root) == ["a", "b"]
    found = [("a", 3), ("b/c", 3), ("b/d/e", 5), ("b/empty", 0)]
    assert storage.find(f"{root}/**/*") == [(f"{root}/{name}", size) for name, size in found]
    with storage.open_input(f"{root}/b/d/e") as file:
        file.seek(2)
        assert (file.read(2), file.size()) == (b"d/", 5)
    with pytest.raises(FileNotFoundError):
        storage.read_bytes(f"{root}/none")
    os.utime(_plain(f"{root}/a"), (5, 7))
    assert storage.written_at(f"{root}/a") == 7
    assert storage.files_in(root) == dict(found)
    dates = {name: written for name, (_, written) in storage.dated_files_in(root).items()}
    assert dates == {name: storage.written_at(f"{root}/{name}") for name in storage.files_in(root)}
    storage.delete_folder(f"{root}/b")
    assert storage.find(f"{root}/**/*") == [(f"{root}/a", 3)]
    for _ in range(2):
        storage.delete_file(f"{root}/a")
    assert storage.files_in(root) == {}
    with pytest.raises(FileNotFoundError):
        storage.written_at(f"{root}/a")


def test_new_name_is_taken_once(root: str) -> None:
    first = conditional.write(f"{root}/one", b"first", None)
    assert first == conditional.load(f"{root}/one")
    assert conditional.write(f"{root}/one", b"second", None) is None
    assert conditional.write(f"{root}/one", b"second", first) is not None
    assert conditional.write(f"{root}/one", b"third", first) is None
    assert storage.list_names(root) == ["one"]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("ftp://host/file", "no filesystem is known for ftp://"),
        (
            "hdfs://host/file",
            r"needs (the extra hdfs: pip install '.\[hdfs\]'|Beam's option --hdfs_host)",
        ),
    ],
)
def test_what_is_missing_is_named(path: str, sentence: str) -> None:
    with pytest.raises(StoreUsageError, match=sentence):
        storage.read_bytes(path)


class HdfsError(Exception):
    """What HDFS's client raises by the class of this name."""

    __module__ = "hdfs.util"


@pytest.mark.parametrize(
    "error", [requests.ConnectionError("Connection reset by peer"), HdfsError("Standby")]
)
def test_a_connection_that_fails_is_no_damage(
    root: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a file would be taken for unreadable, and its rows be left out."""
    storage.write_bytes(f"{root}/a", b"whole")

    def fail(*_: object, **__: object) -> None:
        raise error

    for name, use in (("open", storage.read_bytes), ("exists", storage.exists)):
        with monkeypatch.context() as patch:
            patch.setattr(FolderFileSystem, name, fail)
            with pytest.raises(StoreError) as caught:
                use(f"{root}/a")
        assert str(caught.value) == f"{root}/a: {error}"
        with pytest.raises(StoreError):
            damage_of(caught.value)


def test_a_connection_that_breaks_off_is_begun_again(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.write_bytes(f"{root}/a", b"whole")
    tries: list[str] = []

    def fail_twice(files: FolderFileSystem, path: str, *given: object, **options: object) -> object:
        tries.append(path)
        if len(tries) < 3:
            raise requests.ConnectionError
        return plain(files, path, *given, **options)

    plain = FolderFileSystem.open
    monkeypatch.setattr(FolderFileSystem, "open", fail_twice)
    assert storage.read_bytes(f"{root}/a") == b"whole"


def test_a_fault_of_the_program_stays_one(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FolderFileSystem, "exists", lambda *_: {}["none"])
    with pytest.raises(KeyError):
        storage.exists(f"{root}/a")
