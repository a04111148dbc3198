"""Google Cloud Dataflow: submitted from here, or written down by a Flex Template's launcher."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from pipelines.engines.engine import Asked, Engine
from transforms.steps import storage
from transforms.steps.stores.errors import lacking

IMAGE_VARIABLE = "TAMIS_IMAGE"
"""Names the image that a process runs in, so that workers run in the same; deploy/image sets it."""

_MACHINE, _MOST_MACHINES = "n2-standard-4", 64
_UNITS = 128
"""Units for which it pays to start a machine: some five minutes of its four cores."""

_NEEDED = (("project",), ("region",), ("temp_location", "staging_location"))
_CARRIERS = {"sdk_container_image", "setup_file", "extra_packages"}
"""Options that bring Tamis to the workers."""


class Dataflow(Engine):
    """Dataflow with its shuffle service, Runner v2 and a worker image that has Tamis in it."""

    prefixes = ("dataflow_", "flexrs_")

    def defaults(self, asked: Asked) -> dict[str, Any]:
        """Machines of 4 GB a core, as many as have some minutes of work each, and this image on them.

        The rest is as the service would have it: its shuffle, an SDK worker for each core, and a disk of
        25 GB, since neither documents nor shuffles ever lie on it. The main session, which Beam would
        pickle and stage, holds nothing that steps need.
        """
        worth = min(_MOST_MACHINES, math.ceil(asked.most / _UNITS))
        options = {
            "autoscaling_algorithm": "THROUGHPUT_BASED",
            "max_num_workers": max(1, worth, asked.given.get("num_workers") or 1),
            "machine_type": _MACHINE,
            "no_save_main_session": True,
        }
        image = os.environ.get(IMAGE_VARIABLE)
        return options | ({"sdk_container_image": image} if image else {})

    def problems(self, asked: Asked) -> Iterator[str]:
        """What Dataflow would say after minutes, or not at all."""
        if not _has_client():
            yield lacking("--runner dataflow", "dataflow")
        for names in _NEEDED:
            if not asked.given.keys() & set(names):
                yield f"--runner dataflow needs --{names[0]} as well"
        yield from _local_paths(asked)
        if not (asked.given.keys() & _CARRIERS or os.environ.get(IMAGE_VARIABLE)):
            yield (
                "Dataflow's workers need Tamis: name an image that has it with --sdk_container_image "
                "(deploy/image builds one)"
            )
        if asked.workers is not None:
            yield (
                f"--workers {asked.workers} cannot be had on Dataflow, which starts one for each core; "
                "choose --worker_machine_type and --max_num_workers"
            )


def _local_paths(asked: Asked) -> Iterator[str]:
    """Sentences on what workers cannot reach."""
    for flag, path in (("output", asked.root), ("cache", asked.cache or asked.root)):
        if storage.is_local(path):
            yield (
                f"--{flag} {path} is on this machine, where Dataflow's workers cannot write; "
                "name a folder in a bucket, such as gs://bucket/releases"
            )
    for path in asked.inputs:
        if storage.is_local(path):
            yield (
                f"{path} is on this machine, where Dataflow's workers cannot read; copy it to a bucket "
                "and name it there, such as gs://bucket/data/*.parquet"
            )


def _has_client() -> bool:
    """Whether the client that Beam submits jobs with is installed."""
    try:
        return find_spec("google.cloud.dataflow_v1beta3") is not None
    except ModuleNotFoundError:
        return False


DATAFLOW = Dataflow("DataflowRunner", "dataflow")
