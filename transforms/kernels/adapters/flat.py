"""Rows with a column for the instruction, and one for the output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.example import ASSISTANT, FIELDS, INPUT, INSTRUCTION, OUTPUT, SYSTEM, TURN, USER
from transforms.kernels.adapters.adapter import (
    Asked,
    cast_or_nulls,
    choose,
    column_or_nulls,
    is_text,
    text_of,
)
from transforms.kernels.rows import record_ids
from transforms.kernels.texts import Texts
from transforms.kernels.turns import Spoken, prompted

_ORDER = (SYSTEM, *FIELDS)


@dataclass(frozen=True)
class Flat:
    """Reads a user turn and an assistant turn, after a system prompt where there is one."""

    name: str
    rank: int
    known: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, str] = field(default_factory=dict)

    def bind(self, schema: pa.Schema, named: Mapping[str, str]) -> Flat | None:
        """The same adapter for the columns of a schema; None where it has no instruction or output.

        A recipe that names turns or tools means another adapter.
        """
        if named.keys() - set(_ORDER):
            return None
        found = {}
        for role in _ORDER:
            free = [name for name in self.known.get(role, ()) if name not in named.values()]
            column = choose(schema, named.get(role), free)
            if column is not None and is_text(schema.field(column).type):
                found[role] = column
        return replace(self, columns=found) if {INSTRUCTION, OUTPUT} <= found.keys() else None

    def misfit(self, schema: pa.Schema, named: Mapping[str, str]) -> str | None:
        """The first of its columns that is no text, where an instruction and an output are there by name."""
        found = {
            role: choose(schema, named.get(role), self.known.get(role, ()))
            for role in (INSTRUCTION, OUTPUT, INPUT, SYSTEM)
        }
        if found[INSTRUCTION] is None or found[OUTPUT] is None:
            return None
        kinds = ((role, name, schema.field(name).type) for role, name in found.items() if name is not None)
        wrong = (
            f"column {name!r} for the {role} is {kind}, not text"
            for role, name, kind in kinds
            if not is_text(kind)
        )
        return next(wrong, None)

    def reading(self, columns: Mapping[str, str]) -> Flat:
        """The same adapter for columns that were found before."""
        return replace(self, columns=dict(columns))

    @property
    def hashed(self) -> frozenset[str]:
        """All columns that it reads: they are text, and a record id covers text."""
        return frozenset(self.columns.values())

    def spoken(self, batch: pa.RecordBatch) -> Spoken | None:
        """The turns of rows with a system prompt; of others there is nothing to say, and no turn."""
        if SYSTEM not in self.columns:
            return None
        rows, (asked, _, answered) = len(batch), self.texts(batch)
        prompts = text_of(self._column(SYSTEM, batch))
        there = pc.greater(pc.binary_length(prompts), 0).to_numpy(zero_copy_only=False)
        order = pa.array(np.arange(2 * rows).reshape(2, rows).T[there].ravel())
        roles = pa.array([USER, ASSISTANT] * int(there.sum()), pa.string())
        said = pa.concat_arrays([asked, answered]).take(order)
        return prompted(Spoken(np.append(0, np.cumsum(2 * there)), roles, said), prompts)

    def _column(self, role: str, batch: pa.RecordBatch) -> pa.Array:
        return column_or_nulls(batch, self.columns.get(role))

    def turns(self, batch: pa.RecordBatch) -> pa.ListArray:
        """A user and an assistant turn of each row, after its system prompt."""
        texts = {role: self._column(role, batch).cast(pa.string()) for role in _ORDER}
        rows, absent = len(batch), pa.nulls(len(batch), pa.string())
        turns = [
            (SYSTEM, texts[SYSTEM], absent),
            (USER, texts[INSTRUCTION], texts[INPUT]),
            (ASSISTANT, texts[OUTPUT], absent),
        ]
        content = [pa.concat_arrays([turn[at] for turn in turns]) for at in (1, 2)]
        roles = pa.array(np.repeat([role for role, _, _ in turns], rows), pa.string())
        nothing = pa.nulls(3 * rows, pa.string())
        flat = pa.StructArray.from_arrays([roles, *content, nothing, nothing], fields=list(TURN))
        prompted = texts[SYSTEM].is_valid().to_numpy(zero_copy_only=False)
        there = np.column_stack([prompted, np.ones((rows, 2), bool)])
        order = np.arange(3 * rows).reshape(3, rows).T[there]
        offsets = np.append(0, np.cumsum(there.sum(1))).astype(np.int32)
        return pa.ListArray.from_arrays(offsets, flat.take(pa.array(order)))

    def tools(self, batch: pa.RecordBatch) -> pa.StringArray:
        """Nulls: flat rows have no tools."""
        return pa.nulls(len(batch), pa.string())

    def texts(self, batch: pa.RecordBatch, asked: Asked = "first") -> Texts:  # noqa: ARG002 — there is but one
        """Instruction, input and output as they stand."""
        return Texts(*(text_of(self._column(role, batch)) for role in FIELDS))

    def record_ids(self, batch: pa.RecordBatch) -> pa.FixedSizeBinaryArray:
        """Hash of each row's fields by their roles, whatever the columns are called."""
        there = [role for role in _ORDER if self.columns.get(role) in batch.schema.names]
        return record_ids({role: self._column(role, batch) for role in there})

    def rows(self, examples: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
        """The columns that the turns were read from."""
        flat = examples["turns"].flatten()
        role = flat.field("role")
        user = flat.filter(pc.equal(role, USER))
        fields = {
            SYSTEM: _prompts(examples["turns"]),
            INSTRUCTION: user.field("content"),
            INPUT: user.field("input"),
            OUTPUT: flat.filter(pc.equal(role, ASSISTANT)).field("content"),
        }
        columns = [
            cast_or_nulls(fields[role], schema.field(name).type) for role, name in self.columns.items()
        ]
        return pa.record_batch(columns, names=list(self.columns.values()))


def _prompts(turns: pa.ListArray) -> pa.StringArray:
    """The system prompt of each row, null where it has none."""
    first = pc.list_element(turns, 0) if len(turns) else pa.array([], TURN)
    return pc.if_else(pc.equal(first.field("role"), SYSTEM), first.field("content"), None)
