"""How each schema of instruction data is read: a file for each, which is discovered when it is put here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

import pyarrow as pa

from transforms.kernels.adapters.adapter import Adapter

__all__ = ["BY_NAME", "Adapter", "detect"]


def _found() -> dict[str, Adapter]:
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    adapters = [module.ADAPTER for module in modules if hasattr(module, "ADAPTER")]
    return {adapter.name: adapter for adapter in sorted(adapters, key=lambda one: (one.rank, one.name))}


BY_NAME: dict[str, Adapter] = _found()
"""The adapters that there are, in the order in which they are tried."""


def detect(schema: pa.Schema, named: Mapping[str, str] | None = None) -> Adapter | None:
    """The adapter for files of a schema, bound to the columns it reads; None where none fits.

    >>> text = pa.string()
    >>> detect(pa.schema({"instruction": text, "response": text})).name
    'alpaca'
    >>> turn = pa.struct({"role": text, "content": text})
    >>> detect(pa.schema({"prompt": text, "messages": pa.list_(turn)})).columns
    {'turns': 'messages'}
    """
    found = (adapter.bind(schema, named or {}) for adapter in BY_NAME.values())
    return next((adapter for adapter in found if adapter is not None), None)
