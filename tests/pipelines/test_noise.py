"""Beam's noise goes to the log, and the cause of a failure to the top."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.errors import RunError, StoppedError, UsageError
from pipelines.noise import cause_of, hushed, log_path
from schemas.paths import Places
from tests.releases import Curate
from tests.rows import ask_all, write_rows
from transforms.steps import parquet
from transforms.steps.job import Job


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(root=str(tmp_path), release="0001", cache=str(tmp_path / "cache"))


def shout(*words: str) -> None:
    """Write to standard error, from here and from another process."""
    os.write(2, words[0].encode())
    subprocess.run([sys.executable, "-c", f"import sys; sys.stderr.write({words[1]!r})"], check=True)


def test_noise_goes_to_the_log(places: Places, capfd: pytest.CaptureFixture[str]) -> None:
    with hushed(places, verbose=False):
        shout("one", "two")
    os.write(2, b"three")
    assert capfd.readouterr().err == "three"
    log = log_path(places)
    assert log.read_text("utf-8") == "onetwo"


def test_noise_is_shown_when_verbose(places: Places, capfd: pytest.CaptureFixture[str]) -> None:
    with hushed(places, verbose=True):
        shout("one", "two")
    assert capfd.readouterr().err == "onetwo"


@pytest.mark.parametrize("home", ["home", "nobody/home"])
def test_log_is_the_users_where_the_output_is_elsewhere(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the temporary folder where the user has no home that could be made."""
    (tmp_path / "nobody").write_text("no folder", "utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / home))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    places = Places(root="gs://bucket/out", release="0001", cache="gs://bucket/cache")
    with hushed(places, verbose=False):
        shout("one", "two")
    path = log_path(places)
    assert path.read_text("utf-8") == "onetwo"
    assert path.parts[-3:] == ("gs-bucket-out", "0001", "run.log")
    assert path.is_relative_to(tmp_path / ("home" if home == "home" else "temporary"))


def test_sentences_pass_as_they_are(places: Places) -> None:
    with pytest.raises(UsageError, match=r"^mend this$"), hushed(places, verbose=False):
        raise UsageError("mend this")


def test_failures_are_told_by_their_cause(places: Places) -> None:
    with pytest.raises(RunError) as caught, hushed(places, verbose=False):
        raise RuntimeError("Traceback\n  File ...\nOSError: [Errno 28] No space left [while running 'Write']")
    assert str(caught.value) == (
        "the run failed and nothing was published: OSError: [Errno 28] No space left; "
        f"the workers' log is {log_path(places)}"
    )


def test_failures_are_raised_whole_when_verbose(places: Places) -> None:
    with pytest.raises(KeyError), hushed(places, verbose=True):
        raise KeyError("x")


def test_interrupt_of_a_worker_is_one(places: Places) -> None:
    with (
        pytest.raises(StoppedError, match=r"^stopped; nothing was published$"),
        hushed(places, verbose=False),
    ):
        raise RuntimeError("KeyboardInterrupt [while running 'Judge']")


@pytest.mark.parametrize(
    ("error", "ended"), [(OSError("no"), "failed"), (KeyboardInterrupt(), "was stopped")]
)
def test_what_was_made_by_then_is_told(places: Places, error: BaseException, ended: str) -> None:
    Path(places.release_folder).mkdir(parents=True)
    Path(places.manifest).write_text("{}", "utf-8")
    told = rf"^release 0001 was made, but the run {ended} then: {type(error).__name__}: "
    with pytest.raises(RunError, match=told), hushed(places, verbose=False):
        raise error


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("pyarrow.lib.ArrowInvalid: bad\nsecond line", "RuntimeError: pyarrow.lib.ArrowInvalid: bad"),
        ("a.b.SomeError: bad [while running 'X-ptransform-12']", "SomeError: bad"),
        ("ValueError: first\n\nduring which\n\nTypeError: last", "TypeError: last"),
        ("", "RuntimeError: "),
    ],
)
def test_cause_is_one_line(text: str, cause: str) -> None:
    assert cause_of(RuntimeError(text)) == cause


def test_input_that_changes_meanwhile_fails_the_run(
    curate: Curate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_rows(tmp_path / "in.parquet", ask_all(3))
    digests = parquet.UnitReader.digests

    def late(reader: parquet.UnitReader, group: int) -> tuple[str, str]:
        write_rows(path, ask_all(400))
        return digests(reader, group)

    monkeypatch.setattr(parquet.UnitReader, "digests", late)
    with pytest.raises(RunError, match=r"ChangedError: .*in\.parquet has changed .* bytes, it has \d+"):
        curate(str(path))
    assert not (tmp_path / "output" / "LATEST").exists()


@pytest.mark.parametrize(("kind", "told"), [("parquet", "another footer"), ("jsonl", "other rows")])
def test_input_that_changes_to_another_of_its_size_fails_the_run(
    curate: Curate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, told: str
) -> None:
    """What was judged would not be what is written."""
    path, mark_done = tmp_path / f"in.{kind}", Job.mark_done
    said = [f"Say {letter} to all who are here." for letter in "abcdefghi"]

    def write(order: list[str]) -> None:
        table = pa.table({"instruction": said, "output": order})
        if kind == "parquet":
            pq.write_table(table, path, compression="none", use_dictionary=False)
        else:
            path.write_text("".join(f"{json.dumps(row)}\n" for row in table.to_pylist()), "utf-8")

    write(said)
    size = path.stat().st_size

    def late(job: Job, step: str, *of: int) -> None:
        mark_done(job, step, *of)
        if step == "judge":
            write([said[0].replace("a", "z"), *said[1:]])
            assert path.stat().st_size == size

    monkeypatch.setattr(Job, "mark_done", late)
    with pytest.raises(RunError, match=rf"ChangedError: .*in\.{kind} has changed .* {told}"):
        curate(str(path))
    assert not (tmp_path / "output" / "LATEST").exists()


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("Channel closed prematurely.", "(Channel closed prematurely.)"),
        (
            "Pipeline job-1 failed in state FAILED: bundle 3 failed:SDK worker disconnected: worker[1]",
            "(SDK worker disconnected: worker[1])",
        ),
        (
            "Pipeline x failed in state FAILED: a.b.StatusRuntimeException: CANCELLED: client cancelled",
            "(CANCELLED: client cancelled)",
        ),
    ],
)
def test_lost_workers_are_told_as_such(said: str, cause: str) -> None:
    sentence = "a worker process ended before its work was done: killed, or out of memory"
    assert cause_of(RuntimeError(said)) == f"{sentence} {cause}"


def test_workers_own_error_outweighs_that_it_ended() -> None:
    said = "SDK worker disconnected: worker[1]\nValueError: bad row\n"
    assert cause_of(RuntimeError(said)) == "ValueError: bad row"
