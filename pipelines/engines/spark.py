"""Spark: on this machine, on a standalone cluster, or written down for `spark-submit`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.engines.engine import SHORT_LIVED, Asked, Engine, unreachable, worker_processes
from pipelines.engines.parts import cached_part

_PORT = 7077
_TRIES = 4
"""Attempts at a task on this machine, as clusters have; Spark's local master gives up at the first."""


class Spark(Engine):
    """Spark by Beam's job server."""

    prefixes = ("spark_",)

    def defaults(self, asked: Asked) -> dict[str, Any]:
        """All cores of this machine unless a master is named, and SDK workers that last."""
        jar = cached_part("spark-job-server")
        options: dict[str, Any] = {} if jar is None else {"spark_job_server_jar": jar}
        if self._is_local(asked):
            options["spark_master_url"] = f"local[{asked.cores},{_TRIES}]"
            options["job_server_jvm_properties"] = [*SHORT_LIVED, "-Dspark.ui.enabled=false"]
            return options | worker_processes(asked, asked.cores)
        return options | worker_processes(asked, asked.workers or 0)

    def problems(self, asked: Asked) -> Iterator[str]:
        """Masters that the job server cannot reach by itself."""
        master = asked.given.get("spark_master_url", "")
        if master.startswith(("yarn", "k8s://")) and not asked.written_down:
            yield (
                f"--spark-master {master} takes a job that spark-submit hands in: write it down with "
                "--output_executable_path job.jar, then spark-submit it (see deploy/spark)"
            )
        elif master.startswith("spark://") and not asked.written_down:
            silence = unreachable(master, _PORT)
            if silence is not None:
                yield f"--spark-master: {silence}"

    def _is_local(self, asked: Asked) -> bool:
        master = asked.given.get("spark_master_url", "local")
        return master.startswith("local") and not asked.written_down


SPARK = Spark("SparkRunner", "spark")
