"""Prism, Beam's engine on one machine."""

from __future__ import annotations

from typing import Any

from pipelines.engines.engine import Asked, Engine
from pipelines.engines.parts import cached_part


class Prism(Engine):
    """Prism as Beam runs it: it has one SDK worker, which is the launcher's own process."""

    prefixes = ("prism_",)

    def defaults(self, _asked: Asked) -> dict[str, Any]:
        """The cached binary, if there is one."""
        binary = cached_part("prism")
        return {} if binary is None else {"prism_location": binary}


PRISM = Prism("PrismRunner", "prism")
