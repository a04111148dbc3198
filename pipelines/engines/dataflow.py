"""Google Cloud Dataflow: submitted from here, or as a Flex Template."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from pipelines.engines.engine import Asked, Engine

_NEEDED = ("project", "region", "temp_location")


class Dataflow(Engine):
    """Dataflow with its shuffle service, Runner v2 and a worker image that has Tamis in it."""

    prefixes = ("dataflow_", "flexrs_")

    def defaults(self, _asked: Asked) -> dict[str, Any]:
        """Autoscaling by throughput, and disks and a shuffle that fit keys rather than documents."""
        return {
            "autoscaling_algorithm": "THROUGHPUT_BASED",
            "experiments": ["use_runner_v2"],
            "disk_size_gb": 50,
        }

    def problems(self, asked: Asked) -> Iterator[str]:
        """What Dataflow would say after minutes, or not at all."""
        if find_spec("apitools") is None:
            yield "--runner dataflow needs Beam's parts for Google Cloud: pip install 'tamis[dataflow]'"
        for name in _NEEDED:
            if name not in asked.given:
                yield f"--runner dataflow needs --{name} as well"
        if not asked.root.startswith("gs://"):
            yield (
                f"--output {asked.root} is on this machine, where Dataflow's workers cannot write; "
                "name a folder in a bucket, such as gs://bucket/releases"
            )
        if not asked.given.keys() & {"sdk_container_image", "setup_file", "extra_packages"}:
            yield (
                "Dataflow's workers need Tamis: name an image that has it with --sdk_container_image "
                "(deploy/image builds one)"
            )


DATAFLOW = Dataflow("DataflowRunner", "dataflow")
