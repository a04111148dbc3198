"""A command run and watched: wall clock, CPU and memory of all its processes together."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

SECONDS_BETWEEN = 0.05
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGESIZE")
_FIELDS = ("Pss", "Pss_Anon", "Pss_File", "Pss_Shmem")


@dataclass(frozen=True)
class Memory:
    """Bytes of one process; shared pages are split between those that share them, where Linux says so."""

    command: str
    total: int
    anonymous: int = 0
    file: int = 0
    shared: int = 0


@dataclass
class Usage:
    """What a command used, and the CPU seconds that watching it and the machine's other processes took.

    `processes` has the CPU seconds last seen of each process, a check on `cpu`.
    """

    wall: float = 0.0
    cpu: float = 0.0
    watching: float = 0.0
    others: float = 0.0
    peak: int = 0
    at_peak: list[Memory] = field(default_factory=list)
    processes: dict[int, float] = field(default_factory=dict)


def watch(command: Sequence[str]) -> Usage:
    """Run a command; give what it and its descendants used.

    CPU is what the kernel put down to the command and the children it waited for.

    Raises:
        SystemExit: the command failed, and said why on standard error.
    """
    usage, stop = Usage(), threading.Event()
    before, busy, started = _reaped(), _busy(), time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    sampler = threading.Thread(target=_sample_until, args=(stop, process.pid, usage))
    sampler.start()
    code = process.wait()
    usage.wall, usage.cpu = time.monotonic() - started, _reaped() - before
    stop.set()
    sampler.join()
    usage.others = max(0.0, _busy() - busy - usage.cpu - usage.watching)
    if code != 0:
        raise SystemExit(f"{command[0]} ended with {code}")
    return usage


def _reaped() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _busy() -> float:
    """CPU seconds that the machine has spent on anything since it started."""
    user, nice, system, _, _, *interrupts = Path("/proc/stat").read_text().split("\n")[0].split()[1:9]
    return sum(map(int, (user, nice, system, *interrupts))) / _TICKS


def _sample_until(stop: threading.Event, session: int, usage: Usage) -> None:
    """Keep the peak. What is resident bounds the proportional count, which is dear, so it is asked first."""
    while not stop.wait(SECONDS_BETWEEN):
        alive = _session(session, usage)
        if sum(map(_resident, alive)) > usage.peak:
            found = [memory for pid in alive if (memory := _memory(pid)) is not None]
            total = sum(memory.total for memory in found)
            if total > usage.peak:
                usage.peak, usage.at_peak = total, found
    usage.watching = time.thread_time()


def _session(session: int, usage: Usage) -> list[int]:
    """Processes of a session, orphans too; their CPU seconds are noted."""
    found = []
    for pid in (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            found.append(pid)
            usage.processes[pid] = (int(fields[11]) + int(fields[12])) / _TICKS
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0


def _memory(pid: int) -> Memory | None:
    """Memory of a process: its proportional share, or all that is resident where there is no such count."""
    folder = Path(f"/proc/{pid}")
    try:
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:120]
    except OSError:
        return None
    try:
        return Memory(command, *_proportional((folder / "smaps_rollup").read_text()))
    except OSError:
        return Memory(command, _resident(pid))


def _proportional(rollup: str) -> list[int]:
    lines = dict(line.split(":", 1) for line in rollup.splitlines()[1:])
    return [int(lines.get(name, "0 kB").split()[0]) * 1024 for name in _FIELDS]
