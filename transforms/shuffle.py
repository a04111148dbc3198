"""What Tamis shuffles: named values by an int key; tables are packed where they are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import apache_beam as beam
import pyarrow as pa
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput

from transforms.steps import tables
from transforms.steps.keyed import Keyed

COUNTER = "shuffled_bytes"
UNIT = "unit"
"""Name of a unit's own value."""

Sent = tuple[int, tuple[str, Any]]
"""What goes into a shuffle: a key, and a name with a table, packed, or with a unit's own value."""
Met: TypeAlias = tuple[int, Iterable[tuple[str, Any]]]
"""All that was sent to a key."""
Tables: TypeAlias = "beam.PCollection[Sent]"
Several: TypeAlias = tuple[Tables, ...]
"""Collections of tables of one name."""


def send(name: str, keyed: Iterable[Keyed]) -> Iterator[Sent]:
    """Tables on their way to their keys.

    They are packed before anything else is done with them: between two stages a table that is a slice of
    another would travel with all of it.
    """
    for key, table in keyed:
        yield key, (name, tables.pack(table))


def send_by_name(found: Iterable[tuple[str, Keyed]]) -> Iterator[TaggedOutput]:
    """Tables on their way to their keys, each under its name in the output of that name."""
    for name, keyed in found:
        for sent in send(name, [keyed]):
            yield TaggedOutput(name, sent)


def receive(met: Met, *, again: bool = False) -> Keyed:
    """All tables of a key as one; `again` where another step counts their bytes, too."""
    key, named = met
    return key, _open([piece for _, piece in named], counted=not again)


def receive_in_order(met: Met) -> tuple[pa.Table, dict[int, int]]:
    """All tables of a key as one, in the order of the units that are their names, and the rows of each."""
    named = sorted((int(name), piece) for name, piece in met[1])
    _count([piece for _, piece in named])
    found = [tables.unpack(piece) for _, piece in named]
    rows = {unit: len(table) for (unit, _), table in zip(named, found, strict=True)}
    return pa.concat_tables(found).combine_chunks(), rows


def receive_unit(met: Met, *, again: bool = False) -> Iterator[tuple[int, Any, Mapping[str, pa.Table]]]:
    """A unit's own value, and what tables were sent to it by name; nothing for a key that is no unit.

    `again` where another step counts their bytes, too.
    """
    key, named = met
    found: dict[str, list[Any]] = {UNIT: []}
    for name, value in named:
        found.setdefault(name, []).append(value)
    values = found.pop(UNIT)
    held = {name: _open(pieces, counted=not again) for name, pieces in found.items()}
    for value in values:
        yield key, value, held


def _open(pieces: list[bytes], *, counted: bool) -> pa.Table:
    """One table of all pieces, in an order that does not depend on their arrival."""
    if counted:
        _count(pieces)
    return pa.concat_tables(map(tables.unpack, sorted(pieces))).combine_chunks()


def _count(pieces: list[bytes]) -> None:
    Metrics.counter("tamis", COUNTER).inc(sum(map(len, pieces)))


@dataclass(eq=False)
class JoinByUnit(beam.PTransform):
    """What each unit is sent, beside its own value, for `receive_unit`.

    The names of the inputs say what is sent in; `send` has given each table its own.
    """

    def expand(self, inputs: dict[str, Tables | Several]) -> beam.PCollection[Met]:
        """Group a collection or several under each name."""
        several = [found if isinstance(found, tuple) else (found,) for found in inputs.values()]
        return sum(several, ()) | "Units and tables" >> beam.Flatten() | "Join" >> beam.GroupByKey()
