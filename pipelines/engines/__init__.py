"""The engines that a run may be on, one file each; what they have in common is in `engine`."""

from __future__ import annotations

from pipelines.engines.dataflow import DATAFLOW
from pipelines.engines.engine import Asked, Engine
from pipelines.engines.flink import FLINK
from pipelines.engines.in_memory import IN_MEMORY
from pipelines.engines.prism import PRISM
from pipelines.engines.spark import SPARK
from pipelines.errors import UsageError

__all__ = ["ENGINES", "Asked", "Engine", "choose_engine"]

ENGINES: dict[str, Engine] = {engine.label: engine for engine in (IN_MEMORY, PRISM, SPARK, FLINK, DATAFLOW)}
"""Engines by the names that `--runner` takes, beside Beam's own."""

_ALIASES = {"direct": "in-memory", IN_MEMORY.name.lower().removesuffix("runner"): "in-memory"}


def choose_engine(runner: str | None, asked: Asked) -> Engine:
    """The engine that a runner's name stands for, ours or Beam's; the in-memory one where none is named.

    Raises:
        UsageError: Beam knows no such runner, or options of another engine were given.
    """
    engine = _find(runner or "in-memory")
    if type(engine) is Engine:
        return engine
    for label, other in ENGINES.items():
        foreign = [option for option in asked.given if option.startswith(other.prefixes)]
        if foreign and other is not engine:
            raise UsageError(f"--{foreign[0]} is for --runner {label}; this run is on {engine.label}")
    return engine


def _find(runner: str) -> Engine:
    name = runner.lower().removesuffix("runner")
    known = ENGINES.get(_ALIASES.get(name, name))
    return known if known is not None else Engine(_check_runner(runner))


def _check_runner(runner: str) -> str:
    """The runner's name, if Beam knows it."""
    from apache_beam.runners.runner import create_runner

    try:
        create_runner(runner)
    except (ValueError, ImportError, AttributeError):
        raise UsageError(
            f"--runner takes {', '.join(ENGINES)} or the name of a runner of Beam's, found {runner!r}"
        ) from None
    return runner
