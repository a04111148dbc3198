"""Objects in a bucket, on a server that speaks S3."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from tests.stores import BUCKET, CONFLICT, S3, Refusal
from transforms.steps import conditional, storage
from transforms.steps.stores.errors import StoreError, StoreUsageError
from transforms.steps.stores.registry import configure, store_of

ROOT = f"s3://{BUCKET}/folder"
LARGE = 70 << 20


def test_file_is_there_once_it_is_whole(s3: S3) -> None:
    with storage.create(f"{ROOT}/file") as file:
        file.write(b"one")
        assert not storage.exists(f"{ROOT}/file")
    assert storage.read_bytes(f"{ROOT}/file") == b"one"
    storage.write_bytes(f"{ROOT}/file", b"")
    assert storage.read_bytes(f"{ROOT}/file") == b""
    assert s3.objects() == ["folder/file"]


def test_when_a_file_was_written_is_told(s3: S3) -> None:
    for name in ("first", ".hidden/second"):
        storage.write_bytes(f"{ROOT}/{name}", name.encode())
    assert storage.files_in(ROOT) == {".hidden/second": 14, "first": 5}
    told = s3.client.head_object(Bucket=BUCKET, Key="folder/first")["LastModified"].timestamp()
    assert storage.written_at(f"{ROOT}/first") == told <= storage.written_at(f"{ROOT}/.hidden/second")
    dates = {name: written for name, (_, written) in storage.dated_files_in(ROOT).items()}
    assert dates == {name: storage.written_at(f"{ROOT}/{name}") for name in storage.files_in(ROOT)}
    for _ in range(2):
        storage.delete_file(f"{ROOT}/first")
    assert storage.files_in(ROOT) == {".hidden/second": 14}
    with pytest.raises(FileNotFoundError):
        storage.written_at(f"{ROOT}/first")


@pytest.mark.parametrize("size", [3, LARGE])
def test_file_that_fails_leaves_what_was_there(s3: S3, size: int) -> None:
    storage.write_bytes(f"{ROOT}/file", b"old")

    def fail() -> None:
        with storage.create(f"{ROOT}/file") as file:
            file.write(bytes(size))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert storage.read_bytes(f"{ROOT}/file") == b"old"
    assert "Uploads" not in s3.client.list_multipart_uploads(Bucket=BUCKET)


def test_large_file_goes_up_in_parts_and_comes_down_by_ranges(s3: S3) -> None:
    content = bytes(range(256)) * (LARGE // 256)
    storage.write_bytes(f"{ROOT}/large", content)
    assert s3.asked["PUT"] == 3
    s3.asked.clear()
    with storage.open_input(f"{ROOT}/large") as file:
        file.seek(LARGE - 300)
        assert file.read(1000) == content[-300:]
        assert file.size() == LARGE
    assert s3.asked == {"HEAD": 1, "GET": 1}
    assert storage.read_bytes(f"{ROOT}/large") == content


def test_file_is_digested_and_copied_in_few_requests(s3: S3) -> None:
    content = bytes(range(256)) * (20 << 12)
    storage.write_bytes(f"{ROOT}/file", content)
    s3.asked.clear()
    digest = storage.digest_file(f"{ROOT}/file")
    assert digest == hashlib.sha256(content).hexdigest()
    assert s3.asked == {"HEAD": 1, "GET": 3}
    assert storage.take_over(f"{ROOT}/file", f"{ROOT}/copy") == digest
    assert s3.asked == {"HEAD": 2, "GET": 6, "PUT": 1}
    assert s3.read("folder/copy") == content


def break_off(s3: S3, times: int) -> None:
    """Send but half of the next objects that are asked for."""
    left = [times]

    def halve(request: dict[str, Any], body: bytes) -> bytes:
        if request["REQUEST_METHOD"] != "GET" or not left[0]:
            return body
        left[0] -= 1
        return body[: len(body) // 2]

    s3.sent.append(halve)


def test_download_that_breaks_off_is_begun_again(s3: S3) -> None:
    content = bytes(range(256)) * 100
    storage.write_bytes(f"{ROOT}/file", content)
    break_off(s3, 4)
    assert storage.read_bytes(f"{ROOT}/file") == content
    break_off(s3, 1)
    assert storage.open_ranges(f"{ROOT}/file").read(999) == content[:999]
    break_off(s3, 1)
    assert conditional.load(f"{ROOT}/file") is not None
    break_off(s3, 5)
    with pytest.raises(StoreError, match=f"{ROOT}/file: ResponseStreamingError") as caught:
        storage.read_bytes(f"{ROOT}/file")
    assert caught.value.exit_code == 1


def test_upload_that_breaks_off_leaves_nothing(s3: S3) -> None:
    def refuse(request: dict[str, str]) -> None:
        if "partNumber=2" in request["QUERY_STRING"]:
            raise ConnectionError

    s3.before.append(refuse)
    with pytest.raises(StoreError), storage.create(f"{ROOT}/large") as file:
        file.write(bytes(LARGE))
    assert s3.objects() == []
    assert "Uploads" not in s3.client.list_multipart_uploads(Bucket=BUCKET)


def test_globs_are_found_as_on_a_disk(s3: S3) -> None:
    for name in ("b.x", "a.x", "c/d.x", "c/e/f.x", "c/.hidden/g.x", ".h.x", "a.y", "c/"):
        s3.client.put_object(Bucket=BUCKET, Key=f"folder/{name}", Body=b"12")

    def found(pattern: str) -> list[str]:
        return [path.removeprefix(f"{ROOT}/") for path, size in storage.find(pattern) if size == 2]

    assert found(f"{ROOT}/*.x") == ["a.x", "b.x"]
    assert found(f"{ROOT}/**/*.x") == ["a.x", "b.x", "c/d.x", "c/e/f.x"]
    assert found(f"{ROOT}/*/?.x") == ["c/d.x"]
    assert found(f"{ROOT}/[ab].x") == ["a.x", "b.x"]
    assert found(f"{ROOT}/a.x") == ["a.x"]
    assert found(f"{ROOT}/none") == found(f"{ROOT}/none*") == []


def test_folders_are_listed_one_level_deep_a_page_at_a_time(s3: S3) -> None:
    for number in range(1001):
        s3.client.put_object(Bucket=BUCKET, Key=f"folder/many/{number:04d}", Body=b"")
    s3.client.put_object(Bucket=BUCKET, Key="folder/one", Body=b"")
    s3.client.put_object(Bucket=BUCKET, Key="folderless/one", Body=b"")
    s3.asked.clear()
    assert storage.list_names(ROOT) == ["many", "one"]
    assert s3.asked == {"LIST": 1}
    assert len(storage.list_names(f"{ROOT}/many")) == 1001
    assert s3.asked == {"LIST": 3}
    assert storage.list_names(f"{ROOT}/none") == []
    storage.delete_folder(ROOT)
    assert s3.objects() == ["folderless/one"]
    storage.delete_folder(ROOT)


def at_once(step: Callable[[int], object], count: int = 8) -> list[object]:
    """What some threads find that begin together."""
    start = Barrier(count)

    def begin(number: int) -> object:
        start.wait()
        return step(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def test_of_many_who_write_at_once_one_does(s3: S3) -> None:
    path = f"{ROOT}/one"
    for turn in range(10):
        before = conditional.load(path)
        assert (before is None) == (turn == 0)
        wrote = at_once(lambda number: conditional.write(path, f"{turn}-{number}".encode(), before))  # noqa: B023 — called in this turn
        (winner,) = [number for number, found in enumerate(wrote) if found is not None]
        assert s3.read("folder/one") == f"{turn}-{winner}".encode()
    assert conditional.write(f"{ROOT}/none", b"", conditional.load(path)) is None


@pytest.mark.usefixtures("s3")
def test_who_wrote_but_was_not_told_so_finds_out() -> None:
    first = conditional.write(f"{ROOT}/one", b"first", None)
    assert conditional.write(f"{ROOT}/one", b"first", None) == first
    second = conditional.write(f"{ROOT}/one", b"second", first)
    assert second is not None
    assert conditional.write(f"{ROOT}/one", b"second", first) == second
    assert conditional.write(f"{ROOT}/one", b"third", first) is None


def test_write_that_crosses_another_is_tried_again(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditional, "_WAITS", (0.0,) * 3)
    refusals = [2]

    def cross(request: dict[str, Any]) -> None:
        if request["REQUEST_METHOD"] == "PUT" and refusals[0]:
            refusals[0] -= 1
            raise Refusal(*CONFLICT)

    s3.before.append(cross)
    first = conditional.write(f"{ROOT}/one", b"first", None)
    assert first == conditional.load(f"{ROOT}/one")
    refusals[0] = 2
    second = conditional.write(f"{ROOT}/one", b"second", first)
    assert second == conditional.load(f"{ROOT}/one")
    refusals[0] = 1
    assert conditional.write(f"{ROOT}/one", b"third", first) is None
    refusals[0] = 9
    with pytest.raises(StoreError, match="keeps refusing to write it, though nobody else has"):
        conditional.write(f"{ROOT}/one", b"third", second)


@pytest.mark.usefixtures("s3")
def test_missing_bucket_is_named() -> None:
    for ask in (storage.list_names, storage.read_bytes, storage.delete_folder):
        with pytest.raises(StoreUsageError, match="there is no bucket nowhere") as caught:
            ask("s3://nowhere/folder")
        assert caught.value.exit_code == 2
    with pytest.raises(StoreUsageError, match="there is no bucket nowhere"):
        storage.write_bytes("s3://nowhere/file", b"")
    with pytest.raises(FileNotFoundError):
        storage.read_bytes(f"{ROOT}/none")
    assert not storage.exists("s3://nowhere/folder")


def test_store_that_does_not_answer_is_named(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    configure([*s3.secrets, "--s3_endpoint_url=http://127.0.0.1:9"])
    with pytest.raises(StoreError, match="the store cannot be reached") as caught:
        storage.list_names(ROOT)
    assert caught.value.exit_code == 1
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 — our own


def test_want_of_credentials_is_named(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    configure([f"--s3_endpoint_url={s3.url}"])
    with pytest.raises(StoreUsageError, match="no credentials for S3") as caught:
        storage.list_names(ROOT)
    assert caught.value.exit_code == 2


def test_same_options_share_a_client(s3: S3) -> None:
    configure(s3.flags)
    first = store_of(ROOT)
    configure(s3.flags)
    assert store_of(ROOT) is first
    configure([*s3.flags, "--s3_api_version=2006-03-01"])
    assert store_of(ROOT) is not first


def test_failing_store_is_no_damage(s3: S3) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    pa = pytest.importorskip("pyarrow")
    sink = io.BytesIO()
    pq.write_table(pa.table({"a": list(range(10))}), sink)
    storage.write_bytes(f"{ROOT}/a.parquet", sink.getvalue())
    with storage.open_input(f"{ROOT}/a.parquet") as file:
        parquet = pq.ParquetFile(file)
        s3.client.delete_object(Bucket=BUCKET, Key="folder/a.parquet")
        with pytest.raises(OSError, match="there is no such file") as caught:
            parquet.read()
    assert caught.value.errno is not None
