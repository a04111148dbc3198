"""The store of a path, made once in a process for each set of options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.options.value_provider import RuntimeValueProvider

from transforms.steps.stores import gcs, other, s3
from transforms.steps.stores.store import Store

_MAKERS: dict[str, Callable[[PipelineOptions], Store]] = {"s3": s3.make, "gs": gcs.make}


def configure(arguments: Sequence[str]) -> None:
    """Reach stores as Beam's options say: from here on in this process, workers being told by Beam."""
    FileSystems.set_options(PipelineOptions(list(arguments)))


def store_of(path: str) -> Store:
    """The store that a path is in."""
    scheme = path.partition("://")[0]
    options = FileSystems._pipeline_options or RuntimeValueProvider.runtime_options  # noqa: SLF001 — no public way to read them
    if not isinstance(options, PipelineOptions):
        options = PipelineOptions.from_dictionary(options or {})
    given = options.get_all_options(drop_default=True)
    return _make(scheme, tuple(sorted((name, repr(value)) for name, value in given.items())), _Kept(options))


class _Kept:
    """Options that do not count as part of a key."""

    def __init__(self, options: Any) -> None:
        self.options = options

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=16)
def _make(scheme: str, _: tuple[tuple[str, str], ...], kept: _Kept) -> Store:
    return _MAKERS.get(scheme, other.make)(kept.options)
