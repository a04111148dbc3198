"""The store of a path, made once in a process for each set of options."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from functools import cache, lru_cache

from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import (
    GoogleCloudOptions,
    HadoopFileSystemOptions,
    PipelineOptions,
    S3Options,
)
from apache_beam.options.value_provider import RuntimeValueProvider

from transforms.steps.stores import gcs, other, s3
from transforms.steps.stores.errors import StoreUsageError
from transforms.steps.stores.store import Store

_MAKERS: dict[str, Callable[[PipelineOptions], Store]] = {"s3": s3.make, "gs": gcs.make}
_NONE = PipelineOptions([])
_OPTIONS = (S3Options, GoogleCloudOptions, HadoopFileSystemOptions)


def option_parser() -> argparse.ArgumentParser:
    """A parser that knows Beam's options for stores."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, conflict_handler="resolve")
    for options in _OPTIONS:
        options._add_argparse_args(parser)  # noqa: SLF001 — Beam's hook for its options
    return parser


@cache
def _names() -> frozenset[str]:
    return frozenset(action.dest for action in option_parser()._actions)  # noqa: SLF001 — no public list


def configure(arguments: Sequence[str]) -> None:
    """Reach stores as Beam's options say, from here on in this process."""
    FileSystems.set_options(PipelineOptions(list(arguments)))


def configured() -> str:
    """The options for stores that this process has been given, as JSON for another."""
    return _given(_options())


@lru_cache(maxsize=4)
def _given(options: PipelineOptions) -> str:
    given = options.get_all_options(drop_default=True)
    return json.dumps({name: value for name, value in sorted(given.items()) if name in _names()}, default=str)


def adopt(options: str) -> None:
    """Reach stores as another process does: Beam's in-memory workers are told nothing of its options."""
    if configured() != options:
        ours = _options().get_all_options(drop_default=True)
        FileSystems.set_options(PipelineOptions.from_dictionary({**ours, **json.loads(options)}))


def _options() -> PipelineOptions:
    options = FileSystems._pipeline_options or RuntimeValueProvider.runtime_options  # noqa: SLF001 — no public way to read them
    return options if isinstance(options, PipelineOptions) else _NONE


def store_of(path: str) -> Store:
    """The store that a path is in."""
    scheme, _, place = path.partition("://")
    if scheme in _MAKERS and not place.partition("/")[0]:
        raise StoreUsageError(path, "it names no bucket")
    return _make(scheme, configured())


@lru_cache(maxsize=16)
def _make(scheme: str, options: str) -> Store:
    return _MAKERS.get(scheme, other.make)(PipelineOptions.from_dictionary(json.loads(options)))
