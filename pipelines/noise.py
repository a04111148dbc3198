"""Beam's own noise, kept from the user's terminal; and the cause of a failure, brought to the top."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from pipelines.errors import RunError, StoppedError, TamisError
from schemas.paths import Places
from transforms.steps import storage
from transforms.steps.stores.errors import first_line

_CAUSE = re.compile(r"^(?:[\w.]+\.)?(\w*(?:Error|Exception|Interrupt)): (.+)$", re.MULTILINE)
_LOST = re.compile(
    "Channel closed prematurely|Worker subprocess exited|SDK worker disconnected|Multiplexer hanging up"
    "|CANCELLED: client cancelled|UNAVAILABLE: Network closed|SDK Harness .*disconnected"
    "|Process died with exit code|SparkContext was shut down|Socket closed"
)
"""How engines say that a worker process was there no more; in-memory, Prism, Flink and Spark in turn."""
_WHILE = re.compile(r" \[while running.*", re.DOTALL)


def cause_of(error: BaseException) -> str:
    """The one line that says why a worker failed.

    >>> lines = ["Traceback ...", "ValueError: bad row [while running 'Judge']", "", "more"]
    >>> cause_of(RuntimeError(chr(10).join(lines)))
    'ValueError: bad row'
    >>> cause_of(RuntimeError("Channel closed prematurely."))
    'a worker process ended before its work was done: killed, or out of memory (Channel closed prematurely.)'
    """
    found = [cause for cause in _CAUSE.findall(str(error)) if not _LOST.search(cause[1])]
    lost = _LOST.search(str(error))
    if lost is not None and not found:
        line = str(error)[lost.start() :].split("\n")[0]
        return f"a worker process ended before its work was done: killed, or out of memory ({line})"
    kind, sentence = found[-1] if found else (type(error).__name__, first_line(error))
    return f"{kind}: {_WHILE.sub('', sentence)}"


def log_path(places: Places) -> Path:
    """Where a run's noise goes: beside the release or, where that is elsewhere, among the user's logs.

    A user without a home of its own, as a container may have, has them in the temporary folder.
    """
    if storage.is_local(places.root):
        return Path(places.runs) / "run.log"
    log = Path(re.sub(r"[^\w.-]+", "-", places.root), places.release, "run.log")
    among = platformdirs.user_log_path("tamis") / log
    try:
        among.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir()) / f"tamis-{os.getuid()}" / log
    return among


@contextmanager
def hushed(places: Places, *, verbose: bool) -> Iterator[None]:
    """Send what Beam and its workers print to the run's log, and turn a failure into its cause."""
    log = log_path(places)
    try:
        if verbose:
            yield
            return
        log.parent.mkdir(parents=True, exist_ok=True)
        with _stderr_to(log):
            yield
    except TamisError:
        raise
    except (Exception, KeyboardInterrupt) as error:
        stopped = isinstance(error, KeyboardInterrupt) or cause_of(error).endswith("KeyboardInterrupt")
        made = storage.exists(places.manifest)
        if stopped and not made:
            raise StoppedError("stopped; nothing was published") from error
        if verbose and not stopped:
            raise
        told = "the run failed and nothing was published"
        if made:
            how = "was stopped" if stopped else "failed"
            told = f"release {places.release} was made, but the run {how} then"
        raise RunError(f"{told}: {cause_of(error)}; the workers' log is {log}") from error


@contextmanager
def _stderr_to(path: Path) -> Iterator[None]:
    """Redirect the process's standard error, and that of processes it starts, to a file."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with path.open("ab") as file:
            os.dup2(file.fileno(), 2)
            yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
