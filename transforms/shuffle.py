"""The only shuffles of Tamis: tables by an int key, packed and counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.metrics import Metrics

from transforms.steps import tables

COUNTER = "shuffled_bytes"
_NAMED = tuple[int, tuple[str, Any]]


def _pack(element: tuple[int, pa.Table]) -> tuple[int, bytes]:
    key, table = element
    data = tables.pack(table)
    Metrics.counter("tamis", COUNTER).inc(len(data))
    return key, data


def _unpack(pieces: Iterable[bytes]) -> pa.Table | None:
    """One table of all pieces, in an order that does not depend on their arrival; None of none."""
    held = [tables.unpack(piece) for piece in sorted(pieces)]
    return pa.concat_tables(held).combine_chunks() if held else None


def _unpack_pair(element: tuple[int, Iterable[bytes]]) -> tuple[int, pa.Table | None]:
    return element[0], _unpack(element[1])


@dataclass(eq=False)
class GroupTables(beam.PTransform):
    """All tables of a key as one."""

    def expand(self, keyed: beam.PCollection[tuple[int, pa.Table]]) -> beam.PCollection[tuple[int, pa.Table]]:
        """Pack, group and unpack."""
        return (
            keyed
            | "Pack" >> beam.Map(_pack).with_output_types(tuple[int, bytes])
            | "Group" >> beam.GroupByKey()
            | "Unpack" >> beam.Map(_unpack_pair)
        )


@dataclass(eq=False)
class JoinByUnit(beam.PTransform):
    """Each unit's own value beside what tables were sent to it: `(unit, value, {name: table or None})`."""

    names: tuple[str, ...]

    def expand(self, inputs: dict[str, Any]) -> beam.PCollection[Any]:
        """Join the values under "unit" with the tables under each name, of one collection or several.

        Tables are packed before collections are put together: between two stages a table that is a slice
        of another would travel with all of it.
        """
        units = inputs["unit"] | "Name units" >> beam.Map(_name, "unit").with_output_types(_NAMED)
        sent = [
            tables | f"Pack {name} {at}" >> beam.Map(_pack_as, name).with_output_types(_NAMED)
            for name in self.names
            for at, tables in enumerate(_several(inputs[name]))
        ]
        return (
            [units, *sent]
            | "Units and tables" >> beam.Flatten()
            | "Join" >> beam.GroupByKey()
            | "Open" >> beam.FlatMap(self._open)
        )

    def _open(self, element: tuple[int, Iterable[tuple[str, Any]]]) -> Iterator[Any]:
        unit, named = element
        found: dict[str, list[Any]] = {name: [] for name in ("unit", *self.names)}
        for name, value in named:
            found[name].append(value)
        held = {name: _unpack(found[name]) for name in self.names}
        for value in found["unit"]:
            yield unit, value, held


def _several(found: Any) -> tuple[Any, ...]:
    return found if isinstance(found, tuple) else (found,)


def _name(element: tuple[int, Any], name: str) -> tuple[int, tuple[str, Any]]:
    unit, value = element
    return unit, (name, value)


def _pack_as(element: tuple[int, pa.Table], name: str) -> tuple[int, tuple[str, bytes]]:
    return _name(_pack(element), name)
