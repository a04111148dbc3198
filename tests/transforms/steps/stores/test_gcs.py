"""Objects in Google Cloud Storage, on an emulator that `go install` builds once."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from threading import Barrier
from typing import Any

import platformdirs
import pytest
from requests import Response, Session

from pipelines import lease
from pipelines.errors import UsageError
from pipelines.run import Request, run
from schemas.release import Manifest
from tests.commands import wait_for
from tests.releases import make_release, recipe_for
from tests.rows import crowd, write_files
from transforms.steps import conditional, storage
from transforms.steps.stores.errors import StoreUsageError
from transforms.steps.stores.gcs import GCSStore
from transforms.steps.stores.registry import configure

pytest.importorskip("google.cloud.storage", reason="needs the extra gcs")

SERVER = "github.com/fsouza/fake-gcs-server@v1.56.1"
ROOT = "gs://bucket/folder"
FLAGS = ["--no_auth"]
SINCE = datetime(2026, 1, 1, tzinfo=timezone.utc).timestamp()
"""A moment that any file of today was written after."""


@pytest.fixture(scope="module")
def program() -> Path:
    """The emulator, built into the user's cache."""
    folder = platformdirs.user_cache_path("tamis-tests") / "bin"
    found = folder / "fake-gcs-server"
    if not found.exists():
        go = shutil.which("go")
        if go is None:
            pytest.skip("needs Go to build the emulator")
        there = {**os.environ, "GOBIN": str(folder)}
        built = subprocess.run([go, "install", SERVER], env=there, capture_output=True, check=False)
        if built.returncode:
            pytest.skip(f"the emulator cannot be built: {built.stderr.decode()[-300:]}")
    return found


@pytest.fixture
def gcs(program: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An emulator with an empty bucket, which this process is led to."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    flags = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory"]
    with subprocess.Popen([program, *flags, "-public-host", address], stderr=subprocess.DEVNULL) as server:
        try:
            monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://{address}")
            monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "test")
            url = f"http://{address}/storage/v1/b?project=test"
            assert wait_for(lambda: answers(port))
            request = urllib.request.Request(url, b'{"name": "bucket"}', {"Content-Type": "application/json"})
            urllib.request.urlopen(request).close()  # noqa: S310 — as above
            configure([*FLAGS, f"--job_name=test-{port}"])
            yield
        finally:
            configure([])
            server.kill()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.usefixtures("gcs")
def test_files_are_written_read_listed_and_deleted() -> None:
    for name in ("a", "b/c", "b/d/e"):
        storage.write_bytes(f"{ROOT}/{name}", name.encode() * 3)
    assert storage.list_names(ROOT) == ["a", "b"]
    assert storage.find(f"{ROOT}/**/?") == [(f"{ROOT}/a", 3), (f"{ROOT}/b/c", 9), (f"{ROOT}/b/d/e", 15)]
    assert storage.read_bytes(f"{ROOT}/b/c") == b"b/c" * 3
    with storage.open_input(f"{ROOT}/b/c") as file:
        file.seek(2)
        assert (file.read(3), file.size()) == (b"cb/", 9)
    assert storage.files_in(ROOT) == {"a": 3, "b/c": 9, "b/d/e": 15}
    storage.write_bytes(f"{ROOT}/later", b"")
    assert SINCE < storage.written_at(f"{ROOT}/a") <= storage.written_at(f"{ROOT}/later")
    dates = {name: written for name, (_, written) in storage.dated_files_in(ROOT).items()}
    assert dates == {name: storage.written_at(f"{ROOT}/{name}") for name in storage.files_in(ROOT)}
    for _ in range(2):
        storage.delete_file(f"{ROOT}/later")
    with pytest.raises(FileNotFoundError):
        storage.written_at(f"{ROOT}/later")
    storage.delete_folder(f"{ROOT}/b")
    assert storage.list_names(ROOT) == ["a"]
    assert not storage.exists(f"{ROOT}/b/c")
    with pytest.raises(FileNotFoundError):
        storage.read_bytes(f"{ROOT}/b/c")
    with pytest.raises(StoreUsageError, match="there is no bucket nowhere"):
        storage.list_names("gs://nowhere/folder")


class Blobs:
    """A client of which each deletion waits until others have begun."""

    def __init__(self) -> None:
        self.together = Barrier(4)

    def bucket(self, _: str) -> Blobs:
        return self

    def blob(self, _: str) -> Blobs:
        return self

    def delete(self) -> None:
        self.together.wait(60)


def test_many_files_are_deleted_at_once() -> None:
    GCSStore(Blobs()).delete([f"{ROOT}/{number}" for number in range(8)])


@pytest.mark.usefixtures("gcs")
def test_of_many_who_write_at_once_one_does() -> None:
    path = f"{ROOT}/one"
    for turn in range(10):
        before = conditional.load(path)
        with ThreadPoolExecutor(8) as pool:
            names = [f"{turn}-{number}".encode() for number in range(8)]
            wrote = list(pool.map(conditional.write, [path] * 8, names, [before] * 8))
        (winner,) = [found for found in wrote if found is not None]
        assert conditional.load(path) == winner


@pytest.mark.usefixtures("gcs")
def test_answer_to_a_conditional_write_is_not_waited_for_as_long_as_a_lease_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []

    def request(session: Session, *args: Any, **given: Any) -> Response:
        waits.append(given["timeout"])
        return plain(session, *args, **given)

    plain = Session.request
    monkeypatch.setattr(Session, "request", request)
    first = conditional.write(f"{ROOT}/one", b"first", None)
    assert conditional.load(f"{ROOT}/one") == first
    assert max(waits) < lease.PACE.dead / 2


@pytest.mark.usefixtures("gcs")
def test_release_is_that_on_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local = make_release(tmp_path / "out", recipe_for(write_files(tmp_path / "in", crowd(3), [150], 40)))
    for path in (tmp_path / "in").iterdir():
        storage.write_bytes(f"gs://bucket/in/{path.name}", path.read_bytes())
    asked = {"output": ROOT, "quiet": True, "workers": 2, "unit_bytes": 20_000, "beam": FLAGS}
    run(Request(recipe=recipe_for("gs://bucket/in/*.parquet"), **asked))
    found = Manifest.model_validate_json(storage.read_bytes(f"{ROOT}/releases/0001/manifest.json"))
    assert found.digest == local.manifest.digest
    assert [file.sha256 for file in found.files] == [file.sha256 for file in local.manifest.files]
    assert storage.read_bytes(f"{ROOT}/LATEST") == b"0001\n"
    assert storage.list_names(ROOT) == [".cache", ".lock", "LATEST", "releases", "runs"]
    monkeypatch.setattr(lease, "PACE", lease.Pace(beat=0.05, dead=0.5, look=0.05))
    with lease.leased(ROOT), pytest.raises(UsageError, match="is writing there"):
        lease.take(ROOT)
