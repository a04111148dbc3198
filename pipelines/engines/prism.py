"""Prism, Beam's engine on one machine."""

from __future__ import annotations

from typing import Any

from pipelines.engines.engine import Asked, Engine, worker_processes
from pipelines.engines.parts import cached_part


class Prism(Engine):
    """Prism with SDK workers as processes, so that Python's lock does not hold them to one core."""

    prefixes = ("prism_",)

    def defaults(self, asked: Asked) -> dict[str, Any]:
        """The cached binary, if there is one, and workers as processes."""
        binary = cached_part("prism")
        options: dict[str, Any] = {} if binary is None else {"prism_location": binary}
        return options | worker_processes(asked, asked.cores)


PRISM = Prism("PrismRunner", "prism")
