"""Rows with a list of turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.example import ASSISTANT, SYSTEM, TURN, USER
from transforms.kernels.adapters.adapter import (
    Asked,
    cast_or_nulls,
    choose,
    column_or_nulls,
    is_text,
    text_of,
)
from transforms.kernels.adapters.parts import parts_among, text_of_parts, without_parts
from transforms.kernels.adapters.rest import (
    canonical_values,
    holds_json,
    json_column,
    read_json,
    read_rest,
    write_rest,
)
from transforms.kernels.rows import record_ids_of_turns
from transforms.kernels.text import join_present
from transforms.kernels.texts import Texts
from transforms.kernels.turns import (
    Spoken,
    canonical_roles,
    first_of_each,
    join_marked,
    offsets_of,
    prompted,
)

_TURNS, _TOOLS, _ABSENT = "turns", "tools", "null"
_CALLS = ("tool_calls", "function_call")
COLUMNS = {
    _TURNS: ("messages", "conversations", "conversation"),
    SYSTEM: ("system", "system_prompt"),
    _TOOLS: ("tools", "functions"),
}
"""Columns that hold the turns, a system prompt beside them, and the tools."""


@dataclass(frozen=True)
class Chat:
    """Reads lists of turns whose fields `speaker` and `content` say who says what."""

    name: str
    rank: int
    known: Mapping[str, tuple[str, ...]]
    speaker: str
    content: str
    columns: Mapping[str, str] = field(default_factory=dict)

    def bind(self, schema: pa.Schema, named: Mapping[str, str]) -> Chat | None:
        """The same adapter for the columns of a schema; None where none of them holds such turns.

        A recipe that names an instruction, an input or an output means another adapter.
        """
        if named.keys() - self.known.keys():
            return None
        known = {**self.known, **{role: (name,) for role, name in named.items()}}
        turns = [
            name for name in known[_TURNS] if name in schema.names and self._fits(schema.field(name).type)
        ]
        if not turns:
            return None
        found = {_TURNS: turns[0]}
        prompt, tools = (choose(schema, named.get(role), known[role]) for role in (SYSTEM, _TOOLS))
        if prompt is not None and is_text(schema.field(prompt).type):
            found[SYSTEM] = prompt
        if tools is not None and holds_json(schema.field(tools).type):
            found[_TOOLS] = tools
        return replace(self, columns=found)

    def misfit(self, schema: pa.Schema, named: Mapping[str, str]) -> str | None:
        """What is wrong with the column that is named like one of turns; None where it has such turns."""
        names = (named[_TURNS],) if _TURNS in named else self.known[_TURNS]
        name = choose(schema, None, names)
        if name is None or self._fits(schema.field(name).type):
            return None
        return (
            f"column {name!r} for the turns is {schema.field(name).type}, not lists of objects whose fields "
            f"{self.speaker} (text) and {self.content} say who says what, and which JSON can hold"
        )

    def reading(self, columns: Mapping[str, str]) -> Chat:
        """The same adapter for columns that were found before."""
        return replace(self, columns=dict(columns))

    @property
    def hashed(self) -> frozenset[str]:
        """No columns: turns hold more than role and text."""
        return frozenset()

    def _fits(self, kind: pa.DataType) -> bool:
        if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)) or not pa.types.is_struct(
            kind.value_type
        ):
            return False
        turn = kind.value_type
        if not {self.speaker, self.content} <= {one.name for one in turn} or not holds_json(turn):
            return False
        return is_text(turn.field(self.speaker).type)

    def _flat(self, batch: pa.RecordBatch) -> pa.StructArray:
        """The turns of all rows, one after another, the fields of a turn that is null being null."""
        return batch.column(self.columns[_TURNS]).flatten()

    def turns(self, batch: pa.RecordBatch) -> pa.ListArray:
        """The turns as they stand, after the system prompt that a column has."""
        lists, flat = batch.column(self.columns[_TURNS]), _fields(self._flat(batch))
        said = flat.field(self.content)
        beside = [one.name for one in flat.type if one.name not in {self.speaker, self.content}]
        typed = not is_text(said.type)
        speaker = flat.field(self.speaker).cast(pa.string())
        texts = said.cast(pa.large_string()) if not typed else text_of_parts(said)
        parts = {} if typed else parts_among(said)
        content = without_parts(texts, parts).cast(pa.string())
        rest = write_rest(flat, [*beside, self.content] if typed else beside, {self.content: parts})
        columns = [canonical_roles(speaker), content, pa.nulls(len(flat), pa.string()), speaker, rest]
        turns = pa.StructArray.from_arrays(columns, fields=list(TURN), mask=flat.is_null())
        return self._prompted(batch, lists, turns)

    def _prompted(self, batch: pa.RecordBatch, lists: pa.Array, turns: pa.StructArray) -> pa.ListArray:
        """The turns of each row, a column's system prompt before them."""
        offsets, rows = offsets_of(lists), len(batch)
        prompts = self._prompts(batch).cast(pa.string())
        prompted = prompts.is_valid().to_numpy(zero_copy_only=False)
        missing = lists.is_null()
        role = pa.array([SYSTEM] * rows, pa.string())
        nothing = pa.nulls(rows, pa.string())
        rest = pc.if_else(missing, pa.scalar(_ABSENT), pa.scalar(None, pa.string()))
        before = pa.StructArray.from_arrays([role, prompts, nothing, nothing, rest], fields=list(TURN))
        place = np.concatenate([np.flatnonzero(prompted), np.repeat(np.arange(rows), np.diff(offsets))])
        order = np.argsort(place, kind="stable")
        whole = pa.concat_arrays([before.filter(pa.array(prompted)), turns]).take(pa.array(order))
        starts = offsets + np.append(0, np.cumsum(prompted))
        none = pc.and_(missing, pa.array(~prompted))
        return pa.ListArray.from_arrays(starts.astype(np.int32), whole, mask=none)

    def _prompts(self, batch: pa.RecordBatch) -> pa.Array:
        return column_or_nulls(batch, self.columns.get(SYSTEM))

    def tools(self, batch: pa.RecordBatch) -> pa.StringArray:
        """The tools as they stand, or as their JSON where they are no text."""
        column = column_or_nulls(batch, self.columns.get(_TOOLS))
        if is_text(column.type):
            return column.cast(pa.string())
        return json_column(canonical_values(column), pa.string())

    def spoken(self, batch: pa.RecordBatch) -> Spoken:
        """The turns, after a column's system prompts."""
        return prompted(self._listed(batch), text_of(self._prompts(batch)))

    def _listed(self, batch: pa.RecordBatch) -> Spoken:
        """Role and text of every turn of the lists; an assistant's calls are part of what it says."""
        flat = _fields(self._flat(batch))
        said = flat.field(self.content)
        content = text_of(said if is_text(said.type) else text_of_parts(said))
        content = without_parts(content, parts_among(said) if is_text(said.type) else {})
        for name in _CALLS:
            if name in flat.type.names:
                content = join_present([content, write_rest(flat, [name], alike=True)])
        speaker = flat.field(self.speaker).cast(pa.string())
        return Spoken(offsets_of(batch.column(self.columns[_TURNS])), canonical_roles(speaker), content)

    def texts(self, batch: pa.RecordBatch, asked: Asked = "first") -> Texts:
        """Instruction (first user turn, or all), input (user turns after it), output (assistant turns)."""
        spoken = self._listed(batch)
        user = spoken.of(USER)
        instruction = user if asked == "all" else first_of_each(spoken, user)
        marked = (instruction, user & ~instruction, spoken.of(ASSISTANT))
        return Texts(*(join_marked(spoken, turns) for turns in marked))

    def record_ids(self, batch: pa.RecordBatch) -> pa.FixedSizeBinaryArray:
        """Hash of each row's turns; that of a flat row with the same texts is the same."""
        return record_ids_of_turns(self._prompts(batch), *self._listed(batch))

    def rows(self, examples: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
        """The columns that the turns and the tools were read from."""
        lists = examples["turns"]
        flat, offsets = lists.flatten(), offsets_of(lists)
        first = np.zeros(len(flat), bool)
        first[offsets[:-1][np.diff(offsets) > 0]] = True
        beside = (
            first & _bools(pc.equal(flat.field("role"), SYSTEM)) & _bools(flat.field("speaker").is_null())
        )
        beside &= SYSTEM in self.columns
        at = np.repeat(np.arange(len(lists)), np.diff(offsets))[beside]
        prompts = np.full(len(lists), -1)
        prompts[at] = np.flatnonzero(beside)
        whose = pa.array(prompts, mask=prompts < 0)
        absent = _bools(pc.equal(flat.field("rest").take(whose), _ABSENT)) | _bools(lists.is_null())
        kind = schema.field(self.columns[_TURNS]).type
        turns = self._turns_back(flat.filter(pa.array(~beside)), kind.value_type)
        starts = offsets - np.append(0, np.cumsum(beside))[offsets]
        made = (pa.LargeListArray if pa.types.is_large_list(kind) else pa.ListArray).from_arrays(
            pa.array(starts, pa.int64() if pa.types.is_large_list(kind) else pa.int32()),
            turns,
            type=kind,
            mask=pa.array(absent),
        )
        columns = {self.columns[_TURNS]: made}
        if SYSTEM in self.columns:
            name = self.columns[SYSTEM]
            columns[name] = cast_or_nulls(flat.field("content").take(whose), schema.field(name).type)
        if _TOOLS in self.columns:
            name = self.columns[_TOOLS]
            columns[name] = _tools_back(examples["tools"], schema.field(name).type)
        return pa.record_batch(columns)

    def _turns_back(self, flat: pa.StructArray, kind: pa.StructType) -> pa.StructArray:
        beside = [one for one in kind if one.name not in {self.speaker, self.content}]
        said = kind.field(self.content)
        typed = not is_text(said.type)
        found = dict(zip([one.name for one in beside], read_rest(flat.field("rest"), beside), strict=True))
        found[self.speaker] = cast_or_nulls(flat.field("speaker"), kind.field(self.speaker).type)
        if typed:
            found[self.content] = read_rest(flat.field("rest"), [said])[0]
        else:
            texts = pc.coalesce(read_json(flat.field("rest"), self.content), flat.field("content"))
            found[self.content] = cast_or_nulls(texts, said.type)
        columns = [found[one.name] for one in kind]
        return pa.StructArray.from_arrays(columns, fields=list(kind), mask=flat.is_null())


def _bools(mask: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(mask, False).to_numpy(zero_copy_only=False))  # noqa: FBT003 — the value to fill in


def _fields(turns: pa.StructArray) -> pa.StructArray:
    """The turns with the fields of those that are null null too."""
    if turns.null_count == 0:
        return turns
    return pa.StructArray.from_arrays(turns.flatten(), fields=list(turns.type), mask=turns.is_null())


def _tools_back(tools: pa.StringArray, kind: pa.DataType) -> pa.Array:
    if is_text(kind):
        return cast_or_nulls(tools, kind)
    wrapped = pa.array([None if one is None else f'{{"it":{one}}}' for one in tools.to_pylist()], pa.string())
    return read_rest(wrapped, [pa.field("it", kind)])[0]
