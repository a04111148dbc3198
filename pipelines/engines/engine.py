"""What an engine is: a runner of Beam's, the options it is best run with, and what it cannot do."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.detached import WRITTEN
from pipelines.errors import UsageError
from pipelines.processes import cores

CACHE_MILLISECONDS = 600_000
"""How long an engine keeps an idle SDK worker for the job's next stage; Beam's own choice is not at all."""
_PATIENCE_SECONDS = 5.0
SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""For a Java process that moves bytes for minutes at most, on cores that Python needs: a fifth less CPU."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a run asks of its engine: where it reads and writes, with how many workers, and Beam's options.

    `inputs` are the globs that its workers read, and `cache` (the root's own where it is empty) a folder
    that they write to as well; `flags` are those options as they were given, `given` their values by
    name; there is work for `most` workers, and as much as pays for `worth` of them.
    """

    root: str
    cache: str = ""
    inputs: Sequence[str] = ()
    workers: int | None = None
    most: int = sys.maxsize
    worth: int = sys.maxsize
    flags: Sequence[str] = ()
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def written_down(self) -> bool:
        """Whether the job is only written down, for a cluster that is not known here."""
        return any(self.given.get(option) for option in WRITTEN)

    @property
    def cores(self) -> int:
        """The workers asked for, or as many as pay and there are cores here; no more than have work."""
        return max(1, min(self.workers or min(cores(), self.worth), self.most))


class Engine:
    """A runner of Beam's by its name, run as Beam would run it."""

    prefixes: tuple[str, ...] = ()
    """How the names of those Beam options begin that are of this engine alone."""

    at_hand = False
    """Whether it works in this process and its children, so that it need not be asked for little things."""

    def __init__(self, name: str, label: str | None = None) -> None:
        """Name the runner as Beam does, and as people do."""
        self.name, self.label = name, label or name

    def defaults(self, _asked: Asked) -> dict[str, Any]:
        """Beam options that the user need not give; those that are given win."""
        return {}

    def problems(self, _asked: Asked) -> Iterator[str]:
        """Sentences on what was asked for and cannot work here."""
        yield from ()

    def check(self, asked: Asked) -> None:
        """Refuse what cannot work.

        Raises:
            UsageError: the first problem.
        """
        problem = next(self.problems(asked), None)
        if problem is not None:
            raise UsageError(problem)

    def arguments(self, asked: Asked) -> list[str]:
        """Beam's arguments for a run: what was given, and defaults for what was not."""
        chosen = {"runner": self.name, **self.defaults(asked)}
        left = {name: value for name, value in chosen.items() if name not in asked.given}
        return [*to_flags(left), *asked.flags]


def to_flags(options: Mapping[str, Any]) -> list[str]:
    """Beam options as arguments.

    >>> to_flags({"runner": "SparkRunner", "experiments": ["a", "b"], "no_auth": True, "streaming": False})
    ['--runner=SparkRunner', '--experiments=a', '--experiments=b', '--no_auth']
    """
    flags = []
    for name, value in options.items():
        if isinstance(value, bool):
            flags += [f"--{name}"] if value else []
        else:
            values: Sequence[Any] = value if isinstance(value, list) else [value]
            flags += [f"--{name}={one}" for one in values]
    return flags


def unreachable(addresses: str, port: int) -> str | None:
    """Why none of some masters answers, as `host:port,host:port` behind any scheme; None where one does."""
    reason = ""
    for address in addresses.rpartition("://")[2].split(","):
        host, _, given = address.partition("/")[0].partition(":")
        try:
            socket.create_connection((host, int(given or port)), _PATIENCE_SECONDS).close()
        except (OSError, ValueError) as error:
            reason = str(getattr(error, "strerror", None) or error)
        else:
            return None
    return f"nothing answers at {addresses}: {reason}"


def worker_processes(asked: Asked, processes: int) -> dict[str, Any]:
    """Options for SDK workers that last, so many on each machine (0: by its cores).

    Unless the user says in what environment they run, they are processes of `tamis-worker`, which has to
    stand at the same path on all machines.
    """
    lasting: dict[str, Any] = {
        "sdk_worker_parallelism": processes,
        "environment_cache_millis": CACHE_MILLISECONDS,
    }
    if asked.given.keys() & {"environment_type", "environment_config", "sdk_container_image"}:
        return lasting
    command = Path(sys.executable).with_name("tamis-worker")
    if not command.exists():
        raise UsageError(
            f"{command} is not there, and the engine's workers are started by it; install Tamis with pip, "
            "or say how else they are to be started (--environment_type, --environment_config)"
        )
    config = json.dumps({"command": str(command)})
    return {"environment_type": "PROCESS", "environment_config": config, **lasting}
