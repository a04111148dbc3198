"""What is to become of an engine's process when the SDK worker that it started is killed.

Beam's engines in Java keep a worker for the job's next stage, and go on asking one that is dead: its task
hangs, or fails as often as it is tried on that machine. A second process, which outlives the worker, tells
its death from its end by a pipe, and ends the executor too, which the cluster then replaces.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

EXECUTORS = ("CoarseGrainedExecutorBackend", "TaskManagerRunner", "TaskExecutorRunner")
"""Processes of Spark and Flink whose clusters replace them: they are killed, before they try again."""
_PATIENCE_SECONDS = 10.0
"""How long any other process of Java's has to tell of the death by itself, before it is asked to end."""


def watch_over_parent() -> None:
    """Start the watch. From then on only a signal to end, or Python's own end, is no death."""
    engine = os.getppid()
    command = _command(engine)
    if not command.startswith("java") and "/java" not in command.split("\0")[0]:
        return
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(writer)
        _wait(reader, engine, command)
    os.close(reader)
    os.set_blocking(writer, False)
    # The signal's number goes into the pipe as it arrives, whatever Python is doing at that moment.
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(128 + signal.SIGTERM))
    _Farewell.pipe = writer


class _Farewell:
    """Where a worker says that it ends."""

    pipe: int | None = None


def say_farewell() -> None:
    """Say that this worker ends, and has not died."""
    if _Farewell.pipe is not None:
        os.write(_Farewell.pipe, b"\0")


def _wait(reader: int, engine: int, command: str) -> None:
    """Wait for the worker's last word, then end this process."""
    try:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        if not os.read(reader, 1) and _command(engine) == command:
            _end(engine, command)
    finally:
        os._exit(0)


def _end(engine: int, command: str) -> None:
    if any(name in command for name in EXECUTORS):
        os.kill(engine, signal.SIGKILL)
        return
    time.sleep(_PATIENCE_SECONDS)
    if _command(engine) == command:
        os.kill(engine, signal.SIGTERM)


def _command(process: int) -> str:
    """The command line of a process, its words ended by NUL; empty where there is none."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""
