"""Flink: on this machine, on a cluster by its address, or written down as a jar for `flink run`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.engines.engine import SHORT_LIVED, Asked, Engine, unreachable, worker_processes
from pipelines.engines.parts import cached_part

_PORT = 8081
_CACHED_VERSION = "1.19"
"""Of the cached job server, which `deploy/flink/job-server` builds."""


class Flink(Engine):
    """Flink by Beam's job server."""

    prefixes = ("flink_",)

    def defaults(self, asked: Asked) -> dict[str, Any]:
        """All cores of this machine unless a master is named, and SDK workers that last."""
        jar = cached_part("flink-job-server")
        options: dict[str, Any] = {}
        if jar is not None and asked.given.get("flink_version", _CACHED_VERSION) == _CACHED_VERSION:
            options = {"flink_job_server_jar": jar, "flink_version": _CACHED_VERSION}
        if self._is_local(asked):
            options |= {"flink_master": "[local]", "parallelism": asked.cores}
            options["job_server_jvm_properties"] = list(SHORT_LIVED)
            return options | worker_processes(asked, asked.cores)
        return options | worker_processes(asked, asked.workers or 0)

    def problems(self, asked: Asked) -> Iterator[str]:
        """A master that cannot be reached."""
        if not self._is_local(asked) and not asked.written_down:
            silence = unreachable(asked.given["flink_master"], _PORT)
            if silence is not None:
                yield f"--flink-master: {silence}"

    def _is_local(self, asked: Asked) -> bool:
        master = asked.given.get("flink_master", "[local]")
        return master in {"[local]", "[auto]"} and not asked.written_down


FLINK = Flink("FlinkRunner", "flink")
