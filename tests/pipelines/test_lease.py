"""Leases: held while renewed, taken over once seen to be dead, and a fence for those that lost theirs."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipelines import claims, holding, lease, output_folder
from pipelines.cli import main
from pipelines.errors import GateError, RunError, UsageError
from tests.buckets import INPUT, ROOT, check_whole, curate, manifests, upload
from tests.releases import recipe_for
from tests.rows import ask_all, write_rows
from tests.stores import BUCKET, S3

QUICK = lease.Pace(beat=0.05, dead=0.5, look=0.05)
STILL = lease.Pace(beat=3600, dead=0.2, look=0.05)
"""A launcher that does not beat, and others that do not wait long."""


@pytest.fixture
def filled(s3: S3, tmp_path: Path) -> S3:
    """The bucket with a few rows in it."""
    write_rows(tmp_path / "in" / "a.parquet", ask_all(10))
    upload(s3, tmp_path / "in")
    return s3


def pace(monkeypatch: pytest.MonkeyPatch, wanted: lease.Pace) -> None:
    monkeypatch.setattr(lease, "PACE", wanted)


def lock_of(s3: S3) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(s3.read("out/.lock"))
    return found


def write_lock(s3: S3, **changes: object) -> None:
    content = json.dumps(lock_of(s3) | changes).encode()
    s3.client.put_object(Bucket=BUCKET, Key="out/.lock", Body=content)


def test_folder_is_held_while_its_run_beats(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    pace(monkeypatch, QUICK)
    with holding.lock(ROOT) as hold:
        hold.name("0001")
        with pytest.raises(UsageError, match=r"a run \(of release 0001, process \d+ on .+, since .+ UTC\)"):
            lease.take(ROOT)
        with pytest.raises(UsageError, match="is alive on this machine; end it first"):
            holding.unlock(ROOT)
        assert lease.loss(ROOT, hold.owner) is None
    assert lock_of(s3)["free"]
    assert lease.loss(ROOT, hold.owner) == f"{ROOT}: the run no longer holds it"
    assert holding.unlock(ROOT) is None


def test_beats_outlast_a_store_that_does_not_answer(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    pace(monkeypatch, QUICK)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    refused: list[str] = []

    def refuse(request: dict[str, Any]) -> None:
        if request["REQUEST_METHOD"] == "PUT" and len(refused) < 3:
            refused.append(request["PATH_INFO"])
            raise ConnectionError

    with holding.lock(ROOT):
        s3.before.append(refuse)
        beat = lock_of(s3)["beat"]
        deadline = time.monotonic() + 60
        while lock_of(s3)["beat"] < beat + 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert lock_of(s3)["beat"] >= beat + 3


def test_beat_whose_answer_got_lost_is_no_loss(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands in the lock, and the run knows of none."""
    pace(monkeypatch, STILL)
    held = lease.take(ROOT)
    write_lock(s3, beat=1)
    assert held.renew(release="0001")
    assert (lock_of(s3)["beat"], lock_of(s3)["release"]) == (2, "0001")
    write_lock(s3, free=True)
    assert not held.renew()


def test_dead_lease_is_taken_over_and_lost_for_good(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    pace(monkeypatch, STILL)
    first = lease.take(ROOT)
    second = lease.take(ROOT)
    assert not first.renew()
    assert lock_of(s3)["owner"] == second.holder.owner
    lost = lease.loss(ROOT, first.holder.owner)
    assert lost is not None
    assert "the run was taken for dead, and a run (process" in lost
    lease.free(ROOT, first.holder.owner)
    assert not lock_of(s3)["free"]


def test_job_that_ends_by_itself_holds_for_a_day(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    pace(monkeypatch, STILL)
    first = lease.take(ROOT)
    assert first.renew(detached=True, release="0001")
    sentence = f"holds the folder for 24 hours at most; if the job will never run, tamis unlock {ROOT}"
    with pytest.raises(UsageError, match=sentence):
        lease.take(ROOT)
    write_lock(s3, since=time.time() - lease.DETACHED_SECONDS - 1)
    assert lease.take(ROOT).holder.owner != first.holder.owner


def test_command_frees_what_will_not_end(
    s3: S3, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pace(monkeypatch, STILL)
    held = lease.take(ROOT)
    assert claims.claim(ROOT, "0001", held.holder.owner)
    assert held.renew(detached=True, release="0001")
    assert main(["unlock", ROOT, *s3.flags]) == 0
    assert main(["unlock", f"{ROOT}/", *s3.flags]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{ROOT}: freed; release 0001 will not be published",
        f"{ROOT}: nobody holds it",
    ]
    assert not claims.commit(ROOT, "0001", held.holder.owner)
    lease.take(ROOT)
    assert main(["unlock", ROOT, *s3.flags]) == 2
    assert "is alive on this machine" in capsys.readouterr().err
    write_lock(s3, host="elsewhere")
    assert main(["unlock", ROOT, *s3.flags]) == 0


def test_folder_of_this_machine_is_unlocked_by_the_end_of_its_run(tmp_path: Path) -> None:
    root = str(tmp_path)
    assert holding.unlock(root) is None
    with (
        holding.lock(root),
        pytest.raises(UsageError, match=rf"a run \(process {os.getpid()} on .*\) is writing there"),
    ):
        holding.unlock(root)
    assert holding.unlock(root) is None
    assert main(["unlock", f"{tmp_path}/nowhere"]) == 2


def test_name_is_claimed_by_one_run_for_good(s3: S3) -> None:
    assert output_folder.choose_name(ROOT, None, "first") == "0001"
    assert output_folder.choose_name(ROOT, None, "second") == "0002"
    assert output_folder.choose_name(ROOT, "v1", "first") == "v1"
    with pytest.raises(UsageError, match="the name v1 is that of a run that published nothing"):
        output_folder.choose_name(ROOT, "v1", "second")
    assert not claims.commit(ROOT, "v1", "second")
    assert claims.commit(ROOT, "v1", "first")
    assert claims.commit(ROOT, "v1", "first")
    assert not claims.abandon(ROOT, "v1")
    assert claims.abandon(ROOT, "0001")
    assert not claims.commit(ROOT, "0001", "first")
    assert not claims.let_go(ROOT, "0001")
    assert claims.drop(ROOT, "v1", claims.COMMITTED)
    assert not claims.commit(ROOT, "v1", "first")
    assert len(s3.objects("out/runs")) == 3


def test_release_that_was_committed_and_never_ended_is_pruned(
    filled: S3, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its run was killed, or its store failed, just before the manifest; later that day it may still end."""
    assert curate(filled) == ("0001", "")
    assert curate(filled) == ("0002", "")
    filled.client.delete_object(Bucket=BUCKET, Key="out/releases/0001/manifest.json")
    prune = ["prune", ROOT, "--keep", "1", *filled.flags]
    assert main(prune) == 0
    assert filled.objects("out/releases/0001")
    later = time.time() + 1 + lease.DETACHED_SECONDS
    monkeypatch.setattr(output_folder.time, "time", lambda: later)
    assert main(prune) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "deleted 0001; left are 0002"
    assert not filled.objects("out/releases/0001")
    assert check_whole(filled) == ["0002"]
    assert main(prune) == 0


def test_held_release_is_published_or_dropped_for_good(s3: S3) -> None:
    for name, chosen in (("kept", claims.let_go), ("gone", partial(claims.drop, state=claims.HELD))):
        output_folder.choose_name(ROOT, name, "first")
        assert not chosen(ROOT, name)
        assert claims.commit(ROOT, name, "first", claims.HELD)
        assert claims.commit(ROOT, name, "first", claims.HELD)
        assert claims.is_committed(ROOT, name, "first")
        assert not claims.abandon(ROOT, name)
        assert chosen(ROOT, name)
        assert chosen(ROOT, name)
        assert not claims.commit(ROOT, name, "first", claims.HELD)
    assert not claims.drop(ROOT, "kept", claims.HELD)
    assert not claims.let_go(ROOT, "gone")
    assert len(s3.objects("out/runs")) == 2


def at(s3: S3, method: str, path: str, act: Callable[[], object]) -> None:
    """Do something once, just before a request is answered."""
    done: list[str] = []

    def look(request: dict[str, Any]) -> None:
        if not done and request["REQUEST_METHOD"] == method and request["PATH_INFO"].endswith(path):
            done.append(path)
            act()

    s3.before.append(look)


def take_over() -> None:
    """What the next run does first."""
    lease.take(ROOT)
    output_folder.clear_leftovers(ROOT)


def test_run_that_lost_its_lease_publishes_nothing(filled: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    pace(monkeypatch, STILL)
    at(filled, "PUT", "/progress/write-000000-10", lambda: lease.take(ROOT))
    with pytest.raises(RunError, match=r"taken for dead, and a run .+ holds it now; nothing was published"):
        curate(filled)
    assert check_whole(filled) == []
    assert "out/LATEST" not in filled.objects()
    assert curate(filled) == ("0002", "")
    assert check_whole(filled) == ["0002"]


def test_run_that_is_taken_for_dead_while_it_publishes_is_stopped(
    filled: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace(monkeypatch, STILL)
    at(filled, "PUT", "/report/report.json", take_over)
    with pytest.raises(RunError, match="its release 0001 given up; nothing was published"):
        curate(filled)
    assert check_whole(filled) == []
    assert curate(filled) == ("0002", "")
    assert check_whole(filled) == ["0002"]
    assert curate(filled) == ("0003", "")
    assert not filled.objects("out/releases/0001/")


def test_run_that_has_committed_is_not_stopped_but_moves_nothing(
    filled: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace(monkeypatch, STILL)
    at(filled, "PUT", "/0001/manifest.json", take_over)
    name, message = curate(filled)
    assert name == "0001"
    assert "LATEST was left as it is" in message
    assert check_whole(filled) == ["0001"]
    assert "out/LATEST" not in filled.objects()
    assert curate(filled) == ("0002", "")
    assert filled.read("out/LATEST") == b"0002\n"


def test_run_that_a_gate_holds_is_fenced_off_as_any(filled: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    pace(monkeypatch, STILL)
    recipe = recipe_for(INPUT, gate__min_rows=11)
    at(filled, "PUT", "/0001/report/report.json", take_over)
    with pytest.raises(RunError, match="its release 0001 given up; nothing was published"):
        curate(filled, recipe=recipe)
    assert output_folder.held(ROOT) == []
    at(filled, "PUT", "/0002/held.json", take_over)
    with pytest.raises(GateError):
        curate(filled, recipe=recipe)
    assert output_folder.held(ROOT) == ["0002"]
    assert curate(filled) == ("0003", "")
    assert {key.split("/")[2] for key in filled.objects("out/releases/")} == {"0003"}


def test_pointer_that_a_later_run_has_moved_stays(filled: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    pace(monkeypatch, STILL)
    later: list[tuple[str, str]] = []
    at(filled, "PUT", "/out/LATEST", lambda: later.append(curate(filled)))
    name, message = curate(filled)
    assert later == [("0002", "")]
    assert name == "0001"
    assert "LATEST was left as it is" in message
    assert filled.read("out/LATEST") == b"0002\n"
    assert check_whole(filled) == ["0001", "0002"]
    assert len({manifest.digest for manifest in manifests(filled).values()}) == 1
