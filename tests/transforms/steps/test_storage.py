"""Files are written whole or not at all."""

from __future__ import annotations

import hashlib
import io
import os
import resource
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pytest

from transforms.steps import storage
from transforms.steps.stores.errors import StoreUsageError


def test_file_is_there_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "file"
    with storage.create(str(path)) as file:
        file.write(b"one")
        assert not path.exists()
        assert not storage.exists(str(path))
    assert storage.read_bytes(str(path)) == b"one"
    storage.write_bytes(str(path), b"two")
    assert storage.read_bytes(str(path)) == b"two"
    assert [child.name for child in path.parent.iterdir()] == ["file"]


def test_file_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail() -> None:
        with storage.create(str(path)) as file:
            file.write(b"ne")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert {child.name: child.read_bytes() for child in tmp_path.iterdir()} == {"file": b"old"}


def test_globs_are_found_in_order_with_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("b", 2), ("a", 1), ("c/d", 3)):
        storage.write_bytes(str(tmp_path / f"{name}.x"), b"." * size)
    assert storage.find(f"{tmp_path}/*.x") == [(f"{tmp_path}/a.x", 1), (f"{tmp_path}/b.x", 2)]
    assert storage.find(f"{tmp_path}/*.y") == []
    monkeypatch.chdir(tmp_path / "c")
    for pattern in ("../*.x", "./../?.x", "../c/../[ab].x"):
        assert storage.find(pattern) == storage.find(f"{tmp_path}/*.x")
    assert storage.find("*.x") == [(f"{tmp_path}/c/d.x", 3)]


def test_folders_are_listed_and_deleted(tmp_path: Path) -> None:
    for name in ("b/x", "a"):
        storage.write_bytes(str(tmp_path / "in" / name), b"")
    assert storage.list_names(str(tmp_path / "in")) == ["a", "b"]
    storage.delete_folder(str(tmp_path / "in"))
    assert storage.list_names(str(tmp_path / "in")) == []
    storage.delete_folder(str(tmp_path / "in"))


def test_partial_files_alone_are_deleted(tmp_path: Path) -> None:
    kept = [
        tmp_path / "a" / name for name in (".lock", ".hidden.file", "part.0123456789abcdef0123456789abcdef")
    ]
    for path in [
        *kept,
        storage.partial_beside(tmp_path / "a" / "part.parquet"),
        storage.partial_beside(tmp_path / "b"),
    ]:
        storage.write_bytes(str(path), b"")
    storage.delete_partials(str(tmp_path))
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)


def test_paths_elsewhere_are_left_as_they_are() -> None:
    assert not storage.is_local("gs://bucket/file")
    assert storage.absolute("hdfs://a/../b") == "hdfs://a/../b"


@pytest.mark.parametrize("path", ["s3://", "s3:///a", "gs://"])
def test_a_bucket_has_a_name(path: str) -> None:
    with pytest.raises(StoreUsageError, match=f"{path}: it names no bucket"):
        storage.exists(path)


def test_hash_and_size_of_what_was_written() -> None:
    sink = io.BytesIO()
    hashed = storage.Hashed(sink)
    for piece in (b"ab", bytearray(b"c"), pa.py_buffer(b"de")):
        assert hashed.write(piece) == memoryview(piece).nbytes
    hashed.flush()
    hashed.close()
    assert (sink.getvalue(), hashed.bytes, hashed.closed) == (b"abcde", 5, True)
    assert hashed.sha256.hexdigest() == hashlib.sha256(b"abcde").hexdigest()


def test_every_file_of_a_folder_is_listed_and_can_be_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    for name, size in (("b/c", 2), (".hidden", 1), ("a", 3)):
        storage.write_bytes(f"{folder}/{name}", b"." * size)
    assert storage.files_in(str(folder)) == {".hidden": 1, "a": 3, "b/c": 2}
    os.utime(folder / "a", (5, 7))
    assert storage.written_at(f"{folder}/a") == 7
    storage.delete_file(f"{folder}/a")
    assert [*storage.files_in(str(folder))] == [".hidden", "b/c"]
    assert storage.files_in(f"{folder}/nowhere") == {}


def test_a_pipe_is_written_to_as_it_stands(tmp_path: Path) -> None:
    path, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(path)
    reader = Thread(target=lambda: read.append(path.read_bytes()), daemon=True)
    reader.start()
    storage.write_bytes(str(path), b"said")
    reader.join(10)
    assert read == [b"said"]
    assert [found.name for found in tmp_path.iterdir() if found.is_fifo()] == ["pipe"]


def test_a_full_disk_is_told_with_the_file(tmp_path: Path) -> None:
    path = str(tmp_path / "file")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            storage.write_bytes(path, bytes(2 << 20))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.filename == path
    assert list(tmp_path.iterdir()) == []
