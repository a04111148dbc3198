"""Beam's in-memory runner, with all cores: the engine where none is named."""

from __future__ import annotations

from typing import Any

from pipelines.engines.engine import Asked, Engine


class InMemory(Engine):
    """The engine that needs nothing.

    It is named by its class: Beam's DirectRunner would look for Prism first, and download it.
    """

    prefixes = ("direct_",)
    at_hand = True

    def defaults(self, asked: Asked) -> dict[str, Any]:
        """A process for each worker; threads would corrupt Beam's streams now and then.

        Types are not checked again as the graph is built: mypy and the other engines do, and small jobs
        feel it.
        """
        options: dict[str, Any] = {"no_pipeline_type_check": True}
        if asked.cores > 1:
            options |= {"direct_num_workers": asked.cores, "direct_running_mode": "multi_processing"}
        return options


IN_MEMORY = InMemory("apache_beam.runners.portability.fn_api_runner.FnApiRunner", "in-memory")
